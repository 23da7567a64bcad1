//! A parsed TOML or JSON text with the place of every key and value: what was declared, before
//! anything is said about its meaning.

mod json;
mod mend;
mod toml;

use std::{borrow::Cow, ops::Range};

pub(crate) use self::{json::parse as parse_json, toml::parse as parse_toml};

/// A value and the bytes that it was written in.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) range: Range<usize>,
    pub(crate) value: Value<'t>,
}

#[derive(Debug)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    /// Integers past `i128` are cut to its ends, which lie outside every range we take. They are boxed, for they are
    /// rare and would make every node larger.
    Integer(Box<i128>),
    /// A number that is no integer, as it was written.
    Float(Cow<'t, str>),
    Text(Cow<'t, str>),
    /// A date or a time, as it was written.
    Date(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Table(Vec<Entry<'t>>),
}

/// A key with its value. Keys stand in the order of the text and may repeat.
#[derive(Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_range: Range<usize>,
    pub(crate) node: Node<'t>,
}

/// A text as far as it could be understood.
#[derive(Debug)]
pub(crate) struct Parsed<'t> {
    pub(crate) root: Node<'t>,
    pub(crate) errors: Vec<SyntaxError>,
    /// Values that a mistake is in, and their keys: what else there is to find fault with there follows
    /// from it.
    pub(crate) damaged: Vec<Range<usize>>,
}

/// A mistake in the text's grammar.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) range: Range<usize>,
    /// What is wrong; the key of one that repeats.
    pub(crate) message: String,
    pub(crate) mistake: Mistake,
}

/// Which kind of mistake it is.
#[derive(Debug)]
pub(crate) enum Mistake {
    /// The text does not go on as it must.
    Grammar {
        /// The bracket that it is about, if that is elsewhere.
        opened: Option<Range<usize>>,
    },
    /// A key is written twice; the second is left out.
    DuplicateKey {
        /// Where it was written first, if the parser knows.
        first: Option<Range<usize>>,
    },
}

impl Value<'_> {
    /// What it is, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number with a fraction or exponent",
            Self::Text(_) => "a string",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Decimal, hexadecimal, octal or binary digits to a number, cut to the ends of `i128`.
fn integer(digits: &str, radix: u32) -> i128 {
    i128::from_str_radix(digits, radix).unwrap_or(if digits.starts_with('-') {
        i128::MIN
    } else {
        i128::MAX
    })
}
