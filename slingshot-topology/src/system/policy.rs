//! What a system says about its own checking: which edges may not be, which findings are accepted.

use super::Date;
use crate::source::{Span, Spanned};

/// One `[[topology.deny]]`: no route leads straight from the one to the other.
#[derive(Clone, Debug)]
pub struct DeniedEdge {
    /// The services that may not publish.
    pub from: Spanned<Group>,
    /// The services that may not be fed.
    pub to: Spanned<Group>,
    /// Why, for whoever breaks it.
    pub reason: Option<String>,
}

/// One `[[topology.require]]`: every way from the one to the other passes through a third.
#[derive(Clone, Debug)]
pub struct RequiredHop {
    /// Where the ways begin.
    pub from: Spanned<Group>,
    /// Where they end.
    pub to: Spanned<Group>,
    /// What all of them pass.
    pub through: Spanned<Group>,
    /// Why, for whoever breaks it.
    pub reason: Option<String>,
}

/// Services that a policy speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// The one of this name.
    Service(String),
    /// All that have this tag, written `tag:NAME`.
    Tag(String),
}

impl Group {
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix("tag:") {
            Some(tag) => Self::Tag(tag.to_owned()),
            None => Self::Service(text.to_owned()),
        }
    }
}

/// One line of `[rules]`: how bad a rule's findings are here.
#[derive(Clone, Debug)]
pub struct RuleLevel {
    /// The rule.
    pub rule: Spanned<String>,
    /// What the system makes of it.
    pub level: Level,
}

/// How bad a finding is by the word of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Fails a check.
    Error,
    /// Fails a check too, in yellow.
    Warning,
    /// Told to those who ask.
    Info,
    /// Not reported.
    Off,
}

impl Level {
    /// Every level with the word for it.
    pub const ALL: [(&'static str, Self); 4] = [
        ("error", Self::Error),
        ("warning", Self::Warning),
        ("info", Self::Info),
        ("off", Self::Off),
    ];
}

/// A finding that is accepted: an `[[ignore]]` of a `slingshot.toml`, or an item of `x-slingshot-ignore`
/// in a sys-map.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The rule whose findings are accepted.
    pub rule: Spanned<String>,
    /// The service, queue, case or bucket that the finding must be about; any if absent.
    pub subject: Option<Spanned<String>>,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Spanned<Date>>,
    /// What the finding must touch: the object that the note stands in. Anything if absent.
    pub scope: Option<Span>,
}
