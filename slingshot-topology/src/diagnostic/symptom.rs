//! What a mistake brings about elsewhere, so that it is told once.

use super::Diagnostic;
use crate::{hashing::HashMap, rule::Severity};

/// What is seen of a mistake at another place, and is gone when the mistake is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Symptom {
    /// Nothing feeds a queue.
    Unfed(String),
    /// Nobody reads a queue.
    Unread(String),
    /// A bucket is only read, or only written.
    Bucket(String),
    /// A service never ends what it takes.
    Endless,
    /// Two queues are one character apart, the first of them unread.
    NearMiss(String),
    /// A service that is sent to is none of the system's.
    Unknown(String),
    /// No result takes a route of a service.
    Untaken(String),
    /// A case of a service has no route.
    Unrouted(String),
    /// The code of a service asks for a key that it does not have.
    UnknownKey(String),
    /// A service is not what it was when the system was deployed.
    Changed(String),
    /// An ignore, by its file and its byte, accepts nothing.
    Unneeded(String, usize),
    /// A place in the map lacks a field.
    Missing {
        /// The map's path.
        path: String,
        /// What messages call the place.
        place: String,
        field: &'static str,
    },
    /// A name in the code, by its file and its byte, is none in the map.
    Unmapped(String, usize),
    /// The code of a service does not use a key of it.
    UnusedKey(String),
}

/// Which symptoms.
type Kind = fn(&Symptom) -> bool;

/// What a finding is the cause of.
#[derive(Clone, Debug)]
pub(crate) enum Explained {
    /// A symptom.
    This(Symptom),
    /// All symptoms of a kind, because what is wrong could bring about any.
    Every(Kind),
    /// That the fields which a line of a map names are missing.
    FieldsOf {
        /// The map's path.
        path: String,
        line: String,
    },
}

impl Explained {
    /// Any queue that nothing feeds may be the one.
    pub(crate) const EVERY_UNFED: Self =
        Self::Every(|symptom| matches!(symptom, Symptom::Unfed(_)));
    /// Any bucket that is used in one way only may be.
    pub(crate) const EVERY_BUCKET: Self =
        Self::Every(|symptom| matches!(symptom, Symptom::Bucket(_)));
}

/// How a finding hangs together with others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Causality {
    /// What it is, if something else may be its cause.
    pub(crate) symptom: Option<Symptom>,
    /// What it is the cause of.
    pub(crate) explains: Vec<Explained>,
}

/// What some findings are the cause of.
#[derive(Debug, Default)]
pub(crate) struct Explanations {
    these: HashMap<Symptom, Severity>,
    every: Vec<(Kind, Severity)>,
    /// Lines by the paths of their maps.
    lines: Vec<(String, String, Severity)>,
}

impl<'d> FromIterator<&'d Diagnostic> for Explanations {
    fn from_iter<I: IntoIterator<Item = &'d Diagnostic>>(found: I) -> Self {
        let mut explanations = Self::default();
        for one in found {
            explanations.add(&one.causality, one.severity);
        }
        explanations
    }
}

impl Explanations {
    /// Adds those of a finding.
    fn add(&mut self, causality: &Causality, severity: Severity) {
        for explained in &causality.explains {
            match explained {
                Explained::This(symptom) => {
                    let known = self.these.entry(symptom.clone()).or_insert(severity);
                    *known = severity.max(*known);
                }
                Explained::Every(of_kind) => self.every.push((*of_kind, severity)),
                Explained::FieldsOf { path, line } => {
                    self.lines.push((path.clone(), line.clone(), severity));
                }
            }
        }
    }

    /// Whether a finding goes when others do. None hides behind a milder one.
    pub(crate) fn cover(&self, causality: &Causality, severity: Severity) -> bool {
        let Some(symptom) = &causality.symptom else {
            return false;
        };
        let mut every = self.every.iter();
        let mut lines = self.lines.iter();
        self.these.get(symptom).is_some_and(|it| *it >= severity)
            || every.any(|(of_kind, worst)| *worst >= severity && of_kind(symptom))
            || lines.any(|(path, line, worst)| *worst >= severity && symptom.is_on(path, line))
    }
}

impl Symptom {
    /// Whether it is a field that is missing where a line names it.
    fn is_on(&self, path: &str, line: &str) -> bool {
        let Self::Missing {
            path: of, field, ..
        } = self
        else {
            return false;
        };
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        of == path && line.split(|c| !is_part(c)).any(|word| word == *field)
    }
}
