//! A JSON answer's fields, read strictly.
//!
//! What an answer holds is not repeated in an error: somebody may have put a password where the
//! reference to one belongs.

use serde_json::{Map, Value};

use super::AnswerError;
use crate::SecretReference;

/// A JSON object and where it is in the answer.
pub(super) struct Fields {
    values: Map<String, Value>,
    place: String,
}

impl Fields {
    /// Reads a body that must be one JSON object.
    pub(super) fn of_body(body: &str) -> Result<Self, AnswerError> {
        if body.trim_start().starts_with('<') {
            return Err(AnswerError::WebPage);
        }
        Self::of_value(serde_json::from_str(body)?, "").ok_or(AnswerError::NotAnObject)
    }

    fn of_value(value: Value, place: &str) -> Option<Self> {
        let Value::Object(values) = value else {
            return None;
        };
        Some(Self {
            values,
            place: place.to_owned(),
        })
    }

    fn named(&self, field: &str) -> String {
        match self.place.as_str() {
            "" => field.to_owned(),
            place => format!("{place}.{field}"),
        }
    }

    /// A field, if it is there.
    pub(super) fn optional<T>(
        &self,
        field: &str,
        kind: &Kind<T>,
    ) -> Result<Option<T>, AnswerError> {
        let Some(value) = self.values.get(field) else {
            return Ok(None);
        };
        match (kind.read)(value) {
            Some(value) => Ok(Some(value)),
            None => Err(AnswerError::WrongType {
                field: self.named(field),
                expected: kind.name,
            }),
        }
    }

    /// A field that must be there.
    pub(super) fn required<T>(&self, field: &str, kind: &Kind<T>) -> Result<T, AnswerError> {
        self.optional(field, kind)?
            .ok_or_else(|| AnswerError::Missing {
                field: self.named(field),
            })
    }

    /// A list of objects.
    pub(super) fn objects(&self, field: &str) -> Result<Vec<Self>, AnswerError> {
        let values = self.required(field, LIST)?.into_iter().enumerate();
        let objects = values.map(|(index, value)| {
            let place = format!("{}[{index}]", self.named(field));
            Self::of_value(value, &place).ok_or(AnswerError::WrongType {
                field: place,
                expected: "an object",
            })
        });
        objects.collect()
    }

    /// An object, if it is there.
    pub(super) fn object(&self, field: &str) -> Result<Option<Self>, AnswerError> {
        let Some(value) = self.values.get(field) else {
            return Ok(None);
        };
        let place = self.named(field);
        match Self::of_value(value.clone(), &place) {
            Some(fields) => Ok(Some(fields)),
            None => Err(AnswerError::WrongType {
                field: place,
                expected: "an object",
            }),
        }
    }

    /// A mistake in a field's value that the value alone does not show.
    pub(super) fn wrong(&self, field: &str, expected: &'static str) -> AnswerError {
        AnswerError::WrongType {
            field: self.named(field),
            expected,
        }
    }

    /// The one value of a list, if the list is there.
    pub(super) fn optional_single<T>(
        &self,
        field: &str,
        kind: &Kind<T>,
    ) -> Result<Option<T>, AnswerError> {
        let Some(values) = self.optional(field, LIST)? else {
            return Ok(None);
        };
        let [value] = values.as_slice() else {
            return Err(AnswerError::NotSingle {
                field: self.named(field),
                found: values.len(),
            });
        };
        match (kind.read)(value) {
            Some(value) => Ok(Some(value)),
            None => Err(AnswerError::WrongType {
                field: format!("{}[0]", self.named(field)),
                expected: kind.name,
            }),
        }
    }

    /// The one value of a list that must be there.
    pub(super) fn single<T>(&self, field: &str, kind: &Kind<T>) -> Result<T, AnswerError> {
        self.optional_single(field, kind)?
            .ok_or_else(|| AnswerError::Missing {
                field: self.named(field),
            })
    }

    /// Our own field, with a scheme, wins over the predecessor's bare `pass` entry.
    pub(super) fn secret(&self, pass: &str, other: &str) -> Result<SecretReference, AnswerError> {
        let wrong = |field: &str| {
            let field = self.named(field);
            move |source| AnswerError::Secret { field, source }
        };
        if let Some(reference) = self.optional_single(other, TEXT)? {
            return reference.parse().map_err(wrong(other));
        }
        SecretReference::pass(&self.single(pass, TEXT)?).map_err(wrong(pass))
    }
}

/// What a value must be, in words and in code.
pub(super) struct Kind<T> {
    pub(super) name: &'static str,
    pub(super) read: fn(&Value) -> Option<T>,
}

/// An empty name would not be missed before the broker makes one up.
pub(super) const TEXT: &Kind<String> = &Kind {
    name: "a text that is not empty",
    read: |value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    },
};

pub(super) const PORT: &Kind<u16> = &Kind {
    name: "a port, 1 to 65535",
    read: |value| u16::try_from(value.as_u64()?).ok().filter(|port| *port > 0),
};

pub(super) const FLAG: &Kind<bool> = &Kind {
    name: "true or false",
    read: Value::as_bool,
};

pub(super) const LIST: &Kind<Vec<Value>> = &Kind {
    name: "a list",
    read: |value| value.as_array().cloned(),
};
