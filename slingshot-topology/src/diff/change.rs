//! One change, and how bad it is.

use std::fmt;

use crate::source::Span;

/// What is not as it was.
#[derive(Clone, Debug)]
pub struct Change {
    /// How bad it is.
    pub class: Class,
    /// What happened to it.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// The service that it belongs to.
    pub service: Option<String>,
    /// The name of what it is about.
    pub name: String,
    /// What changes, with the names.
    pub message: String,
    /// Why it is as bad as that.
    pub reason: &'static str,
    /// What to do about the messages on their way.
    pub in_flight: Option<String>,
    /// Where it was written.
    pub before: Option<Span>,
    /// Where it is written.
    pub after: Option<Span>,
}

/// How bad a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Deployed in any order, nothing is lost.
    Safe,
    /// Right in the right order, or if somebody has thought of it.
    Caution,
    /// Messages are stranded, or fail, unless something is done about it.
    Breaking,
}

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A service.
    Service,
    /// A queue: the one that a service reads, or any that is named.
    Queue,
    /// A queue that is fed from outside.
    Source,
    /// A queue that is drained from outside.
    Sink,
    /// A case of a service.
    Case,
    /// A queue of a case.
    Route,
    /// A bucket behind a key.
    Bucket,
    /// The broker, the database or the object store.
    Endpoint,
    /// Any other field.
    Setting,
}

impl Change {
    pub(super) fn new(
        class: Class,
        kind: Kind,
        subject: Subject,
        name: impl Into<String>,
        message: impl Into<String>,
        reason: &'static str,
    ) -> Self {
        Self {
            class,
            kind,
            subject,
            service: None,
            name: name.into(),
            message: message.into(),
            reason,
            in_flight: None,
            before: None,
            after: None,
        }
    }

    pub(super) fn of_service(self, name: &str) -> Self {
        Self {
            service: Some(name.to_owned()),
            ..self
        }
    }

    pub(super) fn in_flight(self, advice: impl Into<String>) -> Self {
        Self {
            in_flight: Some(advice.into()),
            ..self
        }
    }

    pub(super) fn was_at(self, span: &Span) -> Self {
        Self {
            before: Some(span.clone()),
            ..self
        }
    }

    pub(super) fn now_at(self, span: &Span) -> Self {
        Self {
            after: Some(span.clone()),
            ..self
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Safe => "safe",
            Self::Caution => "caution",
            Self::Breaking => "breaking",
        })
    }
}

impl Kind {
    /// As the JSON form has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl Subject {
    /// As the JSON form has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Queue => "queue",
            Self::Source => "source",
            Self::Sink => "sink",
            Self::Case => "case",
            Self::Route => "route",
            Self::Bucket => "bucket",
            Self::Endpoint => "endpoint",
            Self::Setting => "setting",
        }
    }
}
