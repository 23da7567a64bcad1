//! What analysis reports, and how a rule's finding becomes it.

use crate::{
    check::Policy,
    rule::{Rule, Severity},
    source::Span,
};

/// One finding, ready to be shown.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Every place that takes part; the first is the primary one.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
}

/// A place that takes part in a finding.
#[derive(Clone, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub text: String,
    /// Whether this is where the mistake is to be mended.
    pub primary: bool,
    /// Whether the text there may be a secret: renderers blank it out.
    pub secret: bool,
}

impl Label {
    /// Where the mistake is.
    pub fn primary(span: &Span, text: impl Into<String>) -> Self {
        Self {
            span: span.clone(),
            text: text.into(),
            primary: true,
            secret: false,
        }
    }

    /// A place that explains the mistake.
    pub fn secondary(span: &Span, text: impl Into<String>) -> Self {
        Self {
            primary: false,
            ..Self::primary(span, text)
        }
    }

    /// The same, over text that must not be shown.
    pub(crate) fn hidden(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }
}

impl Diagnostic {
    /// The primary label's span; a finding about nothing in particular has none.
    pub fn span(&self) -> Option<&Span> {
        self.labels.first().map(|label| &label.span)
    }
}

/// What one rule found at one place. Its text lives here, its severity in the rule, unless a single
/// finding is less sure.
pub(crate) trait Finding {
    /// The rule that this is a finding of.
    const RULE: &'static Rule;

    /// What is wrong.
    fn message(&self) -> String;

    /// The places that take part, the primary one first.
    fn labels(&self) -> Vec<Label>;

    /// What to do.
    fn help(&self) -> Option<String> {
        None
    }

    /// How bad it is: never worse than the rule says.
    fn severity(&self) -> Severity {
        Self::RULE.severity
    }
}

/// Findings in the order in which they were met. What the policy does not show is not put into
/// words.
#[derive(Debug)]
pub(crate) struct Findings {
    policy: Policy,
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    pub(crate) fn shown_by(policy: Policy) -> Self {
        Self {
            policy,
            diagnostics: Vec::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a finding is reported once: it is made here and given away"
    )]
    pub(crate) fn push<F: Finding>(&mut self, finding: F) {
        let severity = finding.severity();
        if !self.policy.shows(F::RULE, severity) {
            return;
        }
        self.diagnostics.push(Diagnostic {
            rule: F::RULE,
            severity,
            message: finding.message(),
            labels: finding.labels(),
            help: finding.help(),
        });
    }

    /// By file, place and rule, so that the same input gives the same report.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        sort(&mut self.diagnostics);
        self.diagnostics
    }
}

/// By file, place, rule and message.
pub(crate) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|left, right| {
        let key = |d: &'_ Diagnostic| (d.rule.name, d.message.clone());
        let places = left
            .span()
            .map(Span::order)
            .cmp(&right.span().map(Span::order));
        places.then_with(|| key(left).cmp(&key(right)))
    });
}

/// The nearest of the candidates, if it is near enough to be a slip of the hand.
pub fn did_you_mean<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // A third of the letters may differ, as in rustc's own suggestions.
    let limit = (written.chars().count() / 3).max(1);
    let close = |candidate: &&str| candidate.len().abs_diff(written.len()) <= 4 * limit;
    candidates
        .into_iter()
        .filter(close)
        .map(|candidate| (strsim::damerau_levenshtein(written, candidate), candidate))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min()
        .map(|(_, candidate)| candidate)
}
