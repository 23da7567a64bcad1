//! Tests of the routes: what a result or a request must reach, from a file beside the map.
//!
//! Reading the file is in `system/read/assertions.rs`.

mod render;
mod run;
#[cfg(test)]
mod tests;

pub use self::{
    render::{tests_json, tests_junit, tests_text},
    run::run_tests,
};

use crate::{
    CaseValue, Diagnostic,
    rule::{Confidence, Example, Family, Persona, Rule, Severity},
    source::{Span, Spanned},
};

/// What the findings of tests are called. It is no rule of `topology check`, and so is not among the others: its
/// findings are told, one by one, by whoever wrote the tests.
pub(crate) const RULE: Rule = Rule {
    name: "topology-test",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Graph,
    check: None,
    what: "A test of the routes does not hold.",
    why: "",
    before: Example::Toml(""),
    after: Example::Toml(""),
};

/// The tests of one file.
#[derive(Clone, Debug, Default)]
pub struct RouteTests {
    /// In the order of the file.
    pub tests: Vec<RouteTest>,
}

/// One `[[test]]`.
#[derive(Clone, Debug)]
pub struct RouteTest {
    /// What it is called.
    pub name: Spanned<String>,
    /// Where it begins.
    pub start: Start,
    /// The queues that the case goes to, exactly.
    pub direct: Option<Spanned<Vec<Spanned<String>>>>,
    /// The queues and services that must be reached.
    pub reaches: Vec<Spanned<String>>,
    /// Those that must not.
    pub not_reaches: Vec<Spanned<String>>,
    /// Services that feed each other in this order.
    pub path: Vec<Spanned<String>>,
    /// Whether whatever is reached can come to an end.
    pub ends: Option<Spanned<bool>>,
}

/// Where a test begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// A service has a result.
    Emit {
        /// The service.
        service: Spanned<String>,
        /// The result's case.
        case: Spanned<CaseValue>,
    },
    /// A request comes from outside.
    Send {
        /// The queue that it is sent to.
        queue: Spanned<String>,
    },
}

/// What became of a test.
#[derive(Clone, Debug)]
pub struct TestOutcome {
    /// The test.
    pub name: String,
    /// Where it stands.
    pub at: Span,
    /// What does not hold. None: it passed.
    pub failures: Vec<Diagnostic>,
}

impl TestOutcome {
    /// Whether all of it holds.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}
