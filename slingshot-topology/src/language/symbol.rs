//! What names in a map and its code stand for.

use crate::CaseValue;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbol {
    /// A queue.
    Queue(String),
    /// A service.
    Service(String),
    /// A case of a service.
    Case {
        /// The service.
        service: String,
        /// The case.
        case: CaseValue,
    },
    /// A service's key of a bucket.
    Key {
        /// The service.
        service: String,
        /// What its code says.
        key: String,
    },
    /// A bucket, by its name in the object store.
    Bucket(String),
    /// A function that answers requests.
    Handler(String),
    /// A rule of the check.
    Rule(String),
}

impl Symbol {
    /// The name itself; a case as the map writes it.
    pub fn name(&self) -> String {
        match self {
            Self::Queue(name)
            | Self::Service(name)
            | Self::Bucket(name)
            | Self::Handler(name)
            | Self::Rule(name)
            | Self::Key { key: name, .. } => name.clone(),
            Self::Case { case, .. } => case.to_string(),
        }
    }

    /// What it is, in a word or two.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Queue(_) => "queue",
            Self::Service(_) => "service",
            Self::Case { .. } => "case",
            Self::Key { .. } => "bucket key",
            Self::Bucket(_) => "bucket",
            Self::Handler(_) => "handler",
            Self::Rule(_) => "rule",
        }
    }
}
