//! Running the rules over a system, and deciding what of their findings is shown.

use crate::{
    code::Code,
    diagnostic::{Diagnostic, Findings, sort},
    facts::Facts,
    rule::{Persona, Rule, Severity},
    rules,
    system::System,
};

/// Runs every rule over a system that was read, for every persona. Without `code`, the rules that hold
/// the source against the map have nothing to say.
pub fn check(system: &System, code: Option<&Code>) -> Vec<Diagnostic> {
    Policy::EVERYTHING.check(system, code)
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
    /// Whatever there is.
    pub const EVERYTHING: Self = Self {
        persona: Persona::Auditor,
        minimum: Severity::Info,
    };

    /// Runs the rules like [`check`], and leaves out what the policy does not show before it costs
    /// anything.
    pub fn check(self, system: &System, code: Option<&Code>) -> Vec<Diagnostic> {
        let facts = Facts::of(system, code);
        let mut findings = Findings::shown_by(self);
        for (rule, check) in rules::CHECKS {
            if self.shows(rule, rule.severity) {
                check(&facts, &mut findings);
            }
        }
        findings.into_sorted()
    }

    /// Keeps what the policy shows, in order of file and place.
    pub fn apply(self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diagnostics.retain(|diagnostic| self.shows(diagnostic.rule, diagnostic.severity));
        sort(&mut diagnostics);
        diagnostics
    }

    pub(crate) fn shows(self, rule: &Rule, severity: Severity) -> bool {
        rule.persona <= self.persona && severity >= self.minimum
    }
}

#[cfg(test)]
mod tests;
