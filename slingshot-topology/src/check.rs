//! Running the rules over a system, and deciding what of their findings is shown.

use crate::{
    code::Code,
    diagnostic::{Diagnostic, Findings, sort},
    facts::Facts,
    rule::{Persona, Severity},
    rules,
    system::System,
};

/// Runs every rule over a system that was read, for every persona; [`Policy::apply`] picks what is
/// shown. Without `code`, the rules that hold the source against the map have nothing to say.
pub fn check(system: &System, code: Option<&Code>) -> Vec<Diagnostic> {
    let facts = Facts::of(system, code);
    let mut findings = Findings::default();
    for check in rules::CHECKS {
        check(&facts, &mut findings);
    }
    findings.into_sorted()
}

/// Which findings are shown. The default shows everybody's errors and warnings.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// For whom.
    pub persona: Persona,
    /// From which severity on.
    pub minimum: Severity,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            persona: Persona::Regular,
            minimum: Severity::Warning,
        }
    }
}

impl Policy {
    /// Keeps what the policy shows, in order of file and place.
    pub fn apply(self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diagnostics.retain(|diagnostic| {
            diagnostic.rule.persona <= self.persona && diagnostic.severity >= self.minimum
        });
        sort(&mut diagnostics);
        diagnostics
    }
}
