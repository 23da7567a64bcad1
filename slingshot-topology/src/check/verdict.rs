//! What becomes of findings: reported, accepted, or held against whoever accepted them.

use super::{Baseline, Inputs, Policy, Wanted, run};
use crate::{
    diagnostic::{Diagnostic, Explanations, Findings, Subject, sort},
    hashing::HashMap,
    rule::{Family, Persona},
    rules::{self, baseline_prunable::BaselinePrunable, suppression_unused::SuppressionUnused},
    source::Span,
    system::Ignore,
};

/// What is reported, and what would have been.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// Those that somebody has accepted.
    pub suppressed: Vec<Suppressed>,
    /// Those that will be gone when others are mended, and are not reported beside them.
    pub following: Vec<Diagnostic>,
}

/// A finding that is not reported, and why.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// Who accepted it.
    pub by: Suppression,
}

/// What accepts a finding.
#[derive(Clone, Debug)]
pub enum Suppression {
    /// An ignore, in the `slingshot.toml` or the sys-map.
    Ignore {
        /// Where it names the rule.
        at: Span,
        /// Its reason.
        reason: Option<String>,
    },
    /// A file of findings that were there before.
    Baseline,
}

/// What was found before and is accepted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accepted<'b> {
    /// The findings of an earlier day.
    pub baseline: Option<&'b Baseline>,
}

impl Report {
    /// Accepts whatever is reported, as a baseline that is written from it will.
    pub fn accept_all(&mut self) {
        let accepted = self.diagnostics.drain(..).map(|diagnostic| Suppressed {
            diagnostic,
            by: Suppression::Baseline,
        });
        self.suppressed.extend(accepted);
    }
}

impl Policy {
    /// Runs the rules over a system, adds what its reading found, and decides what becomes of each finding.
    pub fn report(
        &self,
        inputs: &Inputs<'_>,
        mut found: Vec<Diagnostic>,
        accepted: Accepted<'_>,
    ) -> Report {
        let policy = self.over(inputs.system);
        let baseline = accepted.baseline.filter(|_| self.accepts);
        let ignores: &[Ignore] = if self.accepts {
            &inputs.system.ignores
        } else {
            &[]
        };
        let named = policy.levels.iter().map(|(rule, _)| rule.clone());
        let ignored = ignores.iter().map(|ignore| ignore.rule.value.clone());
        let known = baseline.into_iter().flat_map(Baseline::rules);
        let wanted = Wanted::by(&policy, named.chain(ignored).chain(known).collect());
        found.extend(run(inputs, &wanted));
        sort(&mut found);
        number(&mut found);
        let mut sieve = Sieve {
            inputs,
            ignores,
            used: vec![false; ignores.len()],
            baseline,
            met: Vec::new(),
        };
        let mut report = Report::default();
        for mut diagnostic in found {
            let by = sieve.accepts(&diagnostic);
            if !policy.judge(&mut diagnostic) {
                continue;
            }
            match by {
                Some(by) => report.suppressed.push(Suppressed { diagnostic, by }),
                None => report.diagnostics.push(diagnostic),
            }
        }
        let mut own = sieve.leftovers(wanted);
        own.retain_mut(|diagnostic| policy.judge(diagnostic));
        report.diagnostics.extend(own);
        if policy.persona < Persona::Auditor {
            policy.hold_back(&mut report);
        }
        sort(&mut report.diagnostics);
        report
    }
}

impl Policy {
    /// Takes out what only follows from other findings, unless somebody has named its rule.
    fn hold_back(&self, report: &mut Report) {
        let suppressed = report.suppressed.iter();
        let accepted: Explanations = suppressed.map(|one| &one.diagnostic).collect();
        let all: Explanations = report.diagnostics.iter().collect();
        let follows = |one: &Diagnostic, from: &Explanations| {
            from.cover(&one.causality, one.severity) && !self.names(one.rule)
        };
        let found = std::mem::take(&mut report.diagnostics);
        let (mut waiting, mut shown): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|one| follows(one, &all) || follows(one, &accepted));
        // What follows from something that itself follows is told by the first of them. Of what would go round, all
        // is told.
        let mut known: Explanations = shown.iter().collect();
        while !waiting.is_empty() {
            let (held, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|one| follows(one, &known) || follows(one, &accepted));
            waiting = rest;
            if held.is_empty() {
                shown.append(&mut waiting);
            }
            known = held.iter().collect();
            report.following.extend(held);
        }
        sort(&mut shown);
        report.diagnostics = shown;
    }
}

/// Findings that read alike are told apart by their order.
fn number(found: &mut [Diagnostic]) {
    let mut seen = HashMap::default();
    for diagnostic in found {
        let count: &mut u64 = seen.entry(diagnostic.fingerprint).or_default();
        diagnostic.fingerprint = diagnostic.fingerprint.wrapping_add(*count);
        *count += 1;
    }
}

/// What holds findings back.
struct Sieve<'s> {
    inputs: &'s Inputs<'s>,
    ignores: &'s [Ignore],
    used: Vec<bool>,
    baseline: Option<&'s Baseline>,
    /// The fingerprints that the baseline knew.
    met: Vec<u64>,
}

impl Sieve<'_> {
    fn accepts(&mut self, diagnostic: &Diagnostic) -> Option<Suppression> {
        let mut by = None;
        for (ignore, used) in self.ignores.iter().zip(&mut self.used) {
            if covers(ignore, diagnostic) {
                *used = true;
                by.get_or_insert_with(|| Suppression::Ignore {
                    at: ignore.rule.span.clone(),
                    reason: ignore.reason.clone(),
                });
            }
        }
        let is_known = self
            .baseline
            .is_some_and(|baseline| baseline.contains(diagnostic.fingerprint));
        if is_known {
            self.met.push(diagnostic.fingerprint);
            by.get_or_insert(Suppression::Baseline);
        }
        by
    }

    /// What accepts nothing any more.
    fn leftovers(&self, wanted: Wanted) -> Vec<Diagnostic> {
        let mut findings = Findings::wanted_by(wanted);
        for (ignore, used) in self.ignores.iter().zip(&self.used) {
            if !used && self.has_run(&ignore.rule.value) {
                findings.push(SuppressionUnused {
                    ignore,
                    earlier: None,
                });
            }
        }
        for (index, ignore) in self.ignores.iter().enumerate() {
            let mut earlier = self.ignores[..index].iter();
            let earlier = earlier.find(|earlier| accepts_the_same(earlier, ignore));
            if earlier.is_some() && self.used[index] {
                findings.push(SuppressionUnused { ignore, earlier });
            }
        }
        for entry in self.baseline.into_iter().flat_map(Baseline::entries) {
            if !self.met.contains(&entry.fingerprint) && self.has_run(&entry.rule) {
                findings.push(BaselinePrunable { entry });
            }
        }
        findings.into_sorted()
    }

    /// Whether a rule had what it needs, so that its silence means something. A rule that does not exist is
    /// another finding.
    fn has_run(&self, name: &str) -> bool {
        let Some(rule) = rules::explain(name) else {
            return false;
        };
        match rule.family {
            Family::Code | Family::Buckets | Family::Handlers => self.inputs.code.is_some(),
            Family::Change => self.inputs.previous.is_some(),
            _ => true,
        }
    }
}

fn accepts_the_same(one: &Ignore, other: &Ignore) -> bool {
    let subject = |ignore: &Ignore| ignore.subject.as_ref().map(|it| it.value.clone());
    one.rule.value == other.rule.value && subject(one) == subject(other) && one.scope == other.scope
}

fn covers(ignore: &Ignore, diagnostic: &Diagnostic) -> bool {
    let subject = ignore.subject.as_ref();
    ignore.rule.value == diagnostic.rule.name
        && subject.is_none_or(|subject| Subject::of(diagnostic).is(&subject.value))
        && ignore.scope.as_ref().is_none_or(|scope| {
            let mut labels = diagnostic.labels.iter();
            labels.any(|label| scope.contains(&label.span))
        })
}
