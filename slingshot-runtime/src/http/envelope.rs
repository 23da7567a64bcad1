//! What a request's body says: an envelope with data in it, or the data itself.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::handler::{Form, Payload, Source};

/// `{"type": "request", "src": "client", "data": …}`; what else is in it is nobody's.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    src: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

/// `null` is data too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The data of a request, and who sends it.
///
/// A body that is a JSON object with `data` is an envelope; any other is the data, as it is. One that says it is JSON
/// and is an object that cannot be read is an error: it was meant to be an envelope, or will not be understood
/// either.
pub(super) fn open(body: &Bytes, says_json: bool) -> Result<(Payload, Source), String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let verbatim = || (Payload(Form::Bytes(body.clone())), Source::default());
    match first {
        None => return Ok((Payload::default(), Source::default())),
        Some(b'{') => {}
        Some(_) => return Ok(verbatim()),
    }
    let envelope: Envelope<'_> = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(error) if says_json => return Err(format!("the body is no JSON: {error}")),
        Err(_) => return Ok(verbatim()),
    };
    let Some(data) = envelope.data else {
        return Ok(verbatim());
    };
    let source = Source::from(envelope.src.as_deref().unwrap_or_default());
    Ok((payload(body, data.get())?, source))
}

fn payload(body: &Bytes, data: &str) -> Result<Payload, String> {
    let Some(text) = data
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    else {
        return Ok(Payload(Form::Json(body.slice_ref(data.as_bytes()))));
    };
    // Most texts stand for themselves.
    if !text.contains('\\') {
        return Ok(Payload::text(text));
    }
    let text: String = serde_json::from_str(data).map_err(|error| format!("`data`: {error}"))?;
    Ok(Payload::text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, (expected, from): (Payload, &str)) {
        let (payload, source) = open(&Bytes::from(body.to_owned()), true).expect("a body");
        assert_eq!((payload, source.as_str()), (expected, from), "{body}");
    }

    fn json(text: &str) -> Payload {
        Payload(Form::Json(Bytes::from(text.to_owned())))
    }

    #[test]
    fn an_object_with_data_is_an_envelope() {
        let envelope = r#"{"type": "request", "src": "client", "data": "hello"}"#;
        check(envelope, (Payload::text("hello"), "client"));
        check(
            r#"{"data": "a\nb \"c\""}"#,
            (Payload::text("a\nb \"c\""), ""),
        );
        check(
            r#" {"data": {"n": [1]}, "x": 1}"#,
            (json(r#"{"n": [1]}"#), ""),
        );
        check(r#"{"data": null}"#, (json("null"), ""));
        check(r#"{"src": "\u0061", "data": 7}"#, (json("7"), "a"));
    }

    #[test]
    fn any_other_body_is_the_data() {
        for body in [
            r#"{"n": 1}"#,
            "hello",
            "[1, 2]",
            "{not json",
            "\"text\"",
            "\u{feff}{}",
        ] {
            let bytes = Bytes::from(body.to_owned());
            let (payload, source) = open(&bytes, false).expect("a body");
            assert_eq!((payload, source.as_str()), (Payload::bytes(bytes), ""));
        }
        check("", (Payload::default(), ""));
    }

    #[test]
    fn what_says_it_is_json_and_is_not_is_an_error() {
        let check = |body: &str, expected: &str| {
            let error = open(&Bytes::from(body.to_owned()), true).expect_err("no JSON");
            assert!(error.starts_with(expected), "{error}");
        };
        check(r#"{"data": "hel"#, "the body is no JSON: EOF while parsing");
        check(
            r#"{"data": 1, "data": 2}"#,
            "the body is no JSON: duplicate field `data`",
        );
        check(
            r#"{"data": 1, "src": 2}"#,
            "the body is no JSON: invalid type",
        );
        check(
            r#"{"data": 1} {"#,
            "the body is no JSON: trailing characters",
        );
    }
}
