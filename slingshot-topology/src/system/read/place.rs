//! What messages call the places of a map.

use std::fmt;

/// What messages call the file that declares a system.
pub(super) const SYSTEM_FILE: &str = "slingshot.toml";

/// What a message calls the place that it is about; put into words only where there is one.
#[derive(Clone, Copy)]
pub(super) enum Place<'n> {
    /// A section, or anything else that has one name only.
    Named(&'static str),
    Service(&'n str),
    Field(&'n str),
    ItemOf(&'n str),
    Bucket(&'n str),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Service(name) => write!(f, "service `{name}`"),
            Self::Field(name) => write!(f, "`{name}`"),
            Self::ItemOf(name) => write!(f, "an item of `{name}`"),
            Self::Bucket(key) => write!(f, "the bucket of `{key}`"),
        }
    }
}
