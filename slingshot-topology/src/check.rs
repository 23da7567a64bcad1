//! Running the rules over a system, and deciding what of their findings is reported.

mod baseline;
mod policy;
mod verdict;

pub(crate) use self::{baseline::Entry, policy::Wanted};
pub use self::{
    baseline::{Baseline, BaselineError},
    policy::Policy,
    verdict::{Accepted, Report, Suppressed, Suppression},
};

use crate::{
    code::Code,
    definitions::Definitions,
    diagnostic::{Diagnostic, Findings},
    facts::Facts,
    rules,
    source::Spanned,
    system::{Date, System},
};

/// What is checked: a system, and what else is known. A rule whose input is missing has nothing to say.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'s> {
    /// The system.
    pub system: &'s System,
    /// What the sources beside it say.
    pub code: Option<&'s Code>,
    /// The system that is deployed.
    pub previous: Option<&'s System>,
    /// What the broker holds.
    pub definitions: Option<&'s Definitions>,
    /// What the sys-map serves.
    pub served: Option<&'s System>,
    /// The files that the system names and that are not there.
    pub missing: &'s [Spanned<String>],
    /// The day of the check.
    pub today: Option<Date>,
}

impl<'s> Inputs<'s> {
    /// A system of which nothing else is known.
    pub fn of(system: &'s System) -> Self {
        Self {
            system,
            code: None,
            previous: None,
            definitions: None,
            served: None,
            missing: &[],
            today: None,
        }
    }

    /// With what a scan of the sources saw.
    #[must_use]
    pub fn with_code(self, code: Option<&'s Code>) -> Self {
        Self { code, ..self }
    }
}

/// Runs every rule, for every persona, and accepts nothing.
pub fn check(inputs: &Inputs<'_>) -> Vec<Diagnostic> {
    run(inputs, &Wanted::everything())
}

/// Runs the rules that the policy, or anything that is accepted, asks for. What is not asked for costs nothing.
fn run(inputs: &Inputs<'_>, wanted: &Wanted) -> Vec<Diagnostic> {
    let facts = Facts::of(inputs);
    let mut findings = Findings::wanted_by(wanted.clone());
    for rule in rules::RULES {
        if let Some(check) = rule.check
            && wanted.takes(rule, rule.severity)
        {
            check(&facts, &mut findings);
        }
    }
    findings.into_sorted()
}

#[cfg(test)]
mod tests;
