//! Which findings are reported, and how bad they are.

use std::collections::BTreeSet;

use crate::{
    diagnostic::Diagnostic,
    rule::{Confidence, Persona, Rule, Severity},
    rules::code_unseen,
    system::{Level, System},
};

/// Which findings are reported. The default reports everybody's errors and warnings.
#[derive(Clone, Debug)]
pub struct Policy {
    /// For whom.
    pub persona: Persona,
    /// From which severity on.
    pub minimum: Severity,
    /// From which confidence on.
    pub confidence: Confidence,
    /// Whether everyone hears what the scan could not see, a remark or not: silence would look like proof.
    pub tells_unseen: bool,
    /// How bad the findings of some rules are, the last word last; over what the system says.
    pub levels: Vec<(String, Level)>,
    /// Whether what the system or a baseline accepts is left out.
    pub accepts: bool,
}

/// Which findings have to be put into words: those that may be shown, and those that somebody speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    persona: Persona,
    minimum: Severity,
    tells_unseen: bool,
    /// Rules that run whatever is shown.
    named: BTreeSet<String>,
}

impl Wanted {
    /// Whatever there is.
    pub(crate) fn everything() -> Self {
        Self::by(&Policy::everything(), BTreeSet::new())
    }

    pub(super) fn by(policy: &Policy, named: BTreeSet<String>) -> Self {
        Self {
            persona: policy.persona,
            minimum: policy.minimum,
            tells_unseen: policy.tells_unseen,
            named,
        }
    }

    /// Whether a rule's findings of a severity have to be put into words.
    pub(crate) fn takes(&self, rule: &Rule, severity: Severity) -> bool {
        let is_bad_enough = severity >= self.minimum || (self.tells_unseen && is_unseen(rule));
        self.named.contains(rule.name) || (rule.persona <= self.persona && is_bad_enough)
    }
}

fn is_unseen(rule: &Rule) -> bool {
    rule.name == code_unseen::RULE.name
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            persona: Persona::Regular,
            minimum: Severity::Warning,
            confidence: Confidence::Low,
            tells_unseen: true,
            levels: Vec::new(),
            accepts: true,
        }
    }
}

impl Policy {
    /// Whatever there is.
    pub fn everything() -> Self {
        Self {
            persona: Persona::Auditor,
            minimum: Severity::Info,
            ..Self::default()
        }
    }

    /// The policy with the system's own words below those of the command line.
    pub(crate) fn over(&self, system: &System) -> Self {
        let of_system = system.levels.iter();
        let of_system = of_system.map(|level| (level.rule.value.clone(), level.level));
        let levels: Vec<_> = of_system.chain(self.levels.iter().cloned()).collect();
        Self {
            levels,
            ..self.clone()
        }
    }

    /// Whether somebody has said what to make of a rule: who names one wants to hear of it.
    pub(super) fn names(&self, rule: &Rule) -> bool {
        self.levels.iter().any(|(name, _)| name == rule.name)
    }

    /// Whether a finding is reported, with the severity that it has here.
    pub(super) fn judge(&self, diagnostic: &mut Diagnostic) -> bool {
        let rule = diagnostic.rule;
        let mut levels = self.levels.iter().rev();
        let level = levels
            .find(|(name, _)| name == rule.name)
            .map(|(_, level)| level);
        diagnostic.severity = match level {
            Some(Level::Off) => return false,
            Some(Level::Error) => Severity::Error,
            Some(Level::Warning) => Severity::Warning,
            Some(Level::Info) => Severity::Info,
            None => diagnostic.severity,
        };
        // Who names a rule wants to hear of it.
        (level.is_some() || rule.persona <= self.persona)
            && (diagnostic.severity >= self.minimum || (self.tells_unseen && is_unseen(rule)))
            && diagnostic.confidence >= self.confidence
    }
}
