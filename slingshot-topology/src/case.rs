//! The value that routes a result.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A case: the value by which a result finds its queues.
///
/// `true`, `"true"` and `1` are three different cases.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseValue {
    /// `true` or `false`.
    Bool(bool),
    /// An integer from `i64::MIN` to `u64::MAX`.
    Integer(i128),
    /// A string, compared byte by byte.
    Text(CompactString),
}

impl CaseValue {
    /// A string case that needs no allocation.
    pub const fn text(text: &'static str) -> Self {
        Self::Text(CompactString::const_new(text))
    }

    /// What it is called beside cases of other types.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Text(_) => "string",
        }
    }
}

/// As it is written in TOML and JSON: `true`, `-3`, `"text"`.
impl fmt::Display for CaseValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

impl Serialize for CaseValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => Err(serde::ser::Error::custom(
                    "case integer out of the range of i64 and u64",
                )),
            },
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for CaseValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = CaseValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a boolean, an integer or a string")
            }

            fn visit_bool<E>(self, value: bool) -> Result<CaseValue, E> {
                Ok(CaseValue::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<CaseValue, E> {
                Ok(CaseValue::Integer(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<CaseValue, E> {
                Ok(CaseValue::Integer(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<CaseValue, E> {
                Ok(CaseValue::Text(value.into()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}
