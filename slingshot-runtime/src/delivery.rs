//! What the broker says of a message beside the id that it carries.

use std::collections::BTreeMap;

/// A message's envelope, for functions that want to look at it.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    pub(crate) message_id: Option<String>,
    pub(crate) attempt: u32,
    pub(crate) redelivered: bool,
    pub(crate) headers: BTreeMap<String, Header>,
}

/// The value of a header. Tables, arrays and the rarer types of AMQP are given as text.
#[derive(Clone, Debug, PartialEq)]
pub enum Header {
    /// A boolean.
    Bool(bool),
    /// An integer of any width.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// A string, or the text form of anything else.
    Text(String),
}

impl Delivery {
    /// The id that its producer gave the message; none from plain producers.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Which attempt at the message this is: 1 for the first.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether the broker handed the message out before, and did not learn what came of it.
    pub fn redelivered(&self) -> bool {
        self.redelivered
    }

    /// The message's headers, by name.
    pub fn headers(&self) -> &BTreeMap<String, Header> {
        &self.headers
    }
}

/// A header's number, if it is one. What we write ourselves is text.
pub(crate) fn number(headers: &BTreeMap<String, Header>, name: &str) -> Option<u32> {
    match headers.get(name)? {
        Header::Integer(number) => u32::try_from(*number).ok(),
        Header::Text(number) => number.parse().ok(),
        Header::Bool(_) | Header::Float(_) => None,
    }
}

/// A header's text, if it is one.
pub(crate) fn text<'a>(headers: &'a BTreeMap<String, Header>, name: &str) -> Option<&'a str> {
    match headers.get(name)? {
        Header::Text(text) => Some(text),
        Header::Bool(_) | Header::Integer(_) | Header::Float(_) => None,
    }
}
