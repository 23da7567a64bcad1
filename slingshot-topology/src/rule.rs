//! What a rule is: a name, a severity, and its page.

mod example;

use std::fmt;

pub use self::example::Example;
#[cfg(test)]
pub(crate) use self::example::ExampleFiles;
use crate::{diagnostic::Findings, facts::Facts};

/// Looks at a system as a whole.
pub(crate) type Check = fn(&Facts<'_>, &mut Findings);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; shown on request.
    Info,
    /// Probably a mistake.
    Warning,
    /// The system will not work, or will lose or misroute results.
    Error,
}

/// How much noise the reader asked for. A rule runs for its own persona and for the stricter ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Persona {
    /// Everybody.
    #[default]
    Regular,
    /// Those who want style too.
    Pedantic,
    /// Those who look for anything that deserves a second look.
    Auditor,
}

/// How sure a rule is that what it found is a mistake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess by likeness.
    Low,
    /// Sound systems may look like this.
    Medium,
    /// It follows from what is written.
    #[default]
    High,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The text and its shape.
    Input,
    /// The names of services, queues and buckets.
    Names,
    /// The cases of a service.
    Cases,
    /// How services feed each other.
    Graph,
    /// Objects on their way.
    Buckets,
    /// How queues deliver.
    Queues,
    /// Secrets and how they travel.
    Secrets,
    /// The code beside the map.
    Code,
    /// What a change does to a system at work.
    Change,
    /// Whether the services keep up.
    Capacity,
    /// HTTP handlers and their bus.
    Handlers,
    /// What a broker really holds.
    Broker,
    /// The check's own settings.
    Hygiene,
}

impl Family {
    /// Every family, with the title of its part of `docs/rules.md`.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::Input, "Input and shape"),
        (Self::Names, "Names"),
        (Self::Cases, "Cases"),
        (Self::Graph, "The graph"),
        (Self::Buckets, "Buckets and objects"),
        (Self::Queues, "Queues"),
        (Self::Secrets, "Secrets and transport"),
        (Self::Code, "The code beside the map"),
        (Self::Change, "Changes to a system at work"),
        (Self::Capacity, "Capacity"),
        (Self::Handlers, "Handlers and the bus"),
        (Self::Broker, "A broker's definitions"),
        (Self::Hygiene, "The check's own settings"),
    ];
}

/// A rule and its page. The page's examples are the rule's fixtures: tests run them.
#[derive(Debug)]
pub struct Rule {
    /// The kebab-case name, which never changes.
    pub name: &'static str,
    /// How bad its findings are unless a policy says otherwise.
    pub severity: Severity,
    /// How sure it is, unless a single finding is less so.
    pub confidence: Confidence,
    /// Who gets to see it.
    pub persona: Persona,
    /// What it is about.
    pub family: Family,
    /// Looks at a system as a whole; the rules without one speak up while it is read, or afterwards.
    pub(crate) check: Option<Check>,
    /// What it catches, one sentence.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// A system with the fault.
    pub before: Example,
    /// The same system without it.
    pub after: Example,
}

impl Rule {
    /// The rule's page in Markdown, as `docs/rules` and `slingshot topology explain` show it.
    pub fn page(&self) -> String {
        let Self {
            name,
            severity,
            confidence,
            persona,
            family: _,
            check: _,
            what,
            why,
            before,
            after,
        } = self;
        let why = why.trim();
        format!(
            "# {name}\n\n| severity | confidence | persona |\n|---|---|---|\n| {severity} | {confidence} | {persona} |\n\n\
             {what}\n\n## Why\n\n{why}\n\n## Before\n\n{before}\n## After\n\n{after}"
        )
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

impl fmt::Display for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regular => "regular",
            Self::Pedantic => "pedantic",
            Self::Auditor => "auditor",
        })
    }
}
