//! What goes to a handler and what comes back: a text, JSON or bytes.

use bytes::Bytes;
use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer as _, value::Error as ValueError},
};
use thiserror::Error;

use crate::AnyError;

/// Data on its way to a handler or back. It is cheap to clone unless it is a long text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload(pub(crate) Form);

/// The forms of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Nothing; `null` in JSON.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// One JSON value, as it is written.
    Json(Bytes),
    /// Whatever it means.
    Bytes(Bytes),
}

/// A typed payload: `Json(value)` is what goes out, `Json(value): Json<T>` is what a function takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json<T>(pub T);

/// A payload that is not what was asked for.
#[derive(Debug, Error)]
pub enum PayloadError {
    /// The bytes are no text.
    #[error("the data is not UTF-8: invalid at byte {0}")]
    NotText(usize),
    /// The data is no JSON, or not of this type.
    #[error("the data does not fit: {0}")]
    Json(#[from] serde_json::Error),
}

impl Payload {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Form::Text(text.into()))
    }

    /// The JSON of a value.
    ///
    /// # Errors
    /// When the value has no JSON, as a map whose keys are no strings.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, PayloadError> {
        Ok(Self(Form::Json(serde_json::to_vec(value)?.into())))
    }

    /// Bytes, whatever they mean.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Form::Bytes(bytes.into()))
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::Empty => true,
            Form::Text(text) => text.is_empty(),
            Form::Json(bytes) | Form::Bytes(bytes) => bytes.is_empty(),
        }
    }

    /// How many bytes it takes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Empty => 0,
            Form::Text(text) => text.len(),
            Form::Json(bytes) | Form::Bytes(bytes) => bytes.len(),
        }
    }

    /// The text; of JSON that is a string, what it says, and of other JSON how it is written.
    ///
    /// # Errors
    /// When it holds bytes that are not UTF-8.
    pub fn into_text(self) -> Result<String, PayloadError> {
        match self.0 {
            Form::Empty => Ok(String::new()),
            Form::Text(text) => Ok(text),
            Form::Json(bytes) => text_of_json(bytes),
            Form::Bytes(bytes) => text_of(bytes),
        }
    }

    /// The value of this type. A text is taken as the JSON that it holds, unless the type is one of texts.
    ///
    /// # Errors
    /// When it is not JSON, or not of this type.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let value = match &self.0 {
            Form::Empty => serde_json::from_str("null"),
            Form::Json(bytes) | Form::Bytes(bytes) => serde_json::from_slice(bytes),
            Form::Text(text) => {
                let as_text: Result<T, ValueError> =
                    T::deserialize(text.as_str().into_deserializer());
                as_text.or_else(|_| serde_json::from_str(text))
            }
        };
        Ok(value?)
    }

    /// The bytes: of a text its UTF-8, of JSON how it is written.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Form::Empty => Bytes::new(),
            Form::Text(text) => text.into(),
            Form::Json(bytes) | Form::Bytes(bytes) => bytes,
        }
    }

    /// As a text in place, for who borrows it.
    pub(crate) fn as_text(&mut self) -> Result<&str, PayloadError> {
        if !matches!(self.0, Form::Text(_)) {
            self.0 = Form::Text(std::mem::take(self).into_text()?);
        }
        match &self.0 {
            Form::Text(text) => Ok(text),
            Form::Empty | Form::Json(_) | Form::Bytes(_) => Ok(""),
        }
    }
}

fn text_of(bytes: Bytes) -> Result<String, PayloadError> {
    String::from_utf8(bytes.into())
        .map_err(|error| PayloadError::NotText(error.utf8_error().valid_up_to()))
}

fn text_of_json(bytes: Bytes) -> Result<String, PayloadError> {
    match bytes.first() {
        Some(b'"') => Ok(serde_json::from_slice(&bytes)?),
        _ => text_of(bytes),
    }
}

/// What bytes there are; where they are no UTF-8, with `�` in the place of what is wrong.
impl From<Payload> for String {
    fn from(payload: Payload) -> Self {
        match payload.0 {
            Form::Bytes(bytes) => Self::from_utf8_lossy(&bytes).into_owned(),
            Form::Json(bytes) => {
                let written = || Self::from_utf8_lossy(&bytes).into_owned();
                text_of_json(bytes.clone()).unwrap_or_else(|_| written())
            }
            Form::Empty => Self::new(),
            Form::Text(text) => text,
        }
    }
}

/// What can be sent to a handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to a handler",
    note = "what can: `String`, `&str`, `Bytes`, `()`, `Json<T>` of any `T: Serialize`, and a `Payload`"
)]
pub trait IntoPayload {
    /// Makes a payload of it.
    ///
    /// # Errors
    /// When it has no JSON.
    fn into_payload(self) -> Result<Payload, AnyError>;
}

#[diagnostic::do_not_recommend]
impl IntoPayload for Payload {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoPayload for String {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(Payload(Form::Text(self)))
    }
}

#[diagnostic::do_not_recommend]
impl IntoPayload for &str {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(Payload::text(self))
    }
}

#[diagnostic::do_not_recommend]
impl IntoPayload for &String {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(Payload::text(self))
    }
}

#[diagnostic::do_not_recommend]
impl IntoPayload for Bytes {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(Payload(Form::Bytes(self)))
    }
}

#[diagnostic::do_not_recommend]
impl IntoPayload for () {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(Payload::default())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> IntoPayload for Json<T> {
    fn into_payload(self) -> Result<Payload, AnyError> {
        Ok(Payload::json(&self.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Payload {
        Payload(Form::Json(Bytes::from(text.to_owned())))
    }

    #[test]
    fn a_text_is_what_a_json_string_says_and_how_other_json_is_written() {
        let check = |payload: Payload, expected: &str| {
            assert_eq!(payload.clone().into_text().expect("text"), expected);
            assert_eq!(payload.clone().as_text().expect("text"), expected);
            assert_eq!(String::from(payload), expected);
        };
        check(json(r#""a \"b\" é""#), "a \"b\" é");
        check(json(r#"{"a": [1]}"#), r#"{"a": [1]}"#);
        check(json("12"), "12");
        check(Payload::text("x"), "x");
        check(Payload::bytes("x"), "x");
        check(Payload::default(), "");
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error_where_a_text_was_asked_for() {
        let broken = Payload::bytes(vec![b'a', 0xff]);
        let error = broken.clone().into_text().expect_err("no text");
        assert_eq!(
            error.to_string(),
            "the data is not UTF-8: invalid at byte 1"
        );
        assert_eq!(String::from(broken), "a\u{fffd}");
    }

    #[test]
    fn values_are_read_from_json_and_from_texts() {
        assert_eq!(json("[1, 2]").to::<Vec<u8>>().expect("numbers"), [1, 2]);
        assert_eq!(Payload::text("[1]").to::<Vec<u8>>().expect("numbers"), [1]);
        assert_eq!(Payload::text("a b").to::<String>().expect("a text"), "a b");
        assert_eq!(Payload::text("7").to::<String>().expect("a text"), "7");
        assert_eq!(Payload::default().to::<Option<u8>>().expect("null"), None);
        let error = json(r#"{"a": 1}"#).to::<Vec<u8>>().expect_err("no list");
        assert!(
            error
                .to_string()
                .starts_with("the data does not fit: invalid type: map")
        );
    }
}
