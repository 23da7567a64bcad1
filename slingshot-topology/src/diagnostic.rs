//! What analysis reports, and how a rule's finding becomes it.

mod edit;
mod symptom;

pub use self::edit::Edit;
pub(crate) use self::{
    edit::quoted,
    symptom::{Causality, Explained, Explanations, Symptom},
};
pub use crate::spelling::did_you_mean;

use crate::{
    check::Wanted,
    rule::{Confidence, Rule, Severity},
    source::Span,
};

/// One finding, ready to be shown.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is that this is a mistake.
    pub confidence: Confidence,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Every place that takes part; the first is the primary one.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// Whether the labels are the steps of a way, in their order.
    pub is_path: bool,
    /// Changes of the text that would mend it.
    pub fixes: Vec<Fix>,
    /// What the finding is known by from one day to the next: its rule, its file's name and its words, not
    /// its line.
    pub(crate) fingerprint: u64,
    /// What goes when it does, and with what it goes.
    pub(crate) causality: Causality,
}

/// A change of the text that mends a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, as a command: `remove the second`.
    pub title: String,
    /// Whether it can be made unseen.
    pub safety: Safety,
    /// The places and their new texts, which do not overlap.
    pub edits: Vec<Edit>,
}

/// Whether a fix changes what a system does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// It means the same, or what it certainly was to mean.
    Safe,
    /// It is likely what was meant, and somebody has to look.
    Unsafe,
}

impl Fix {
    /// One that can be made unseen.
    pub(crate) fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            title: title.into(),
            safety: Safety::Safe,
            edits,
        }
    }

    /// One that somebody has to look at.
    pub(crate) fn proposed(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            safety: Safety::Unsafe,
            ..Self::safe(title, edits)
        }
    }
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

    /// What the finding is known by from one day to the next, as 16 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", self.fingerprint)
    }
}

/// What a finding is about, in the words that it is written in.
pub(crate) struct Subject<'d>(&'d Diagnostic);

impl<'d> Subject<'d> {
    pub(crate) fn of(diagnostic: &'d Diagnostic) -> Self {
        Self(diagnostic)
    }

    /// Whether the message quotes the name, or a label lies over it.
    pub(crate) fn is(&self, name: &str) -> bool {
        let mut quoted = self.0.message.split('`').skip(1).step_by(2);
        let mut labels = self.0.labels.iter();
        quoted.any(|quoted| quoted == name)
            || labels.any(|label| label.span.text().trim_matches(['"', '\'']) == name)
    }
}

/// Of the 64-bit FNV-1a hash: <http://www.isthe.com/chongo/tech/comp/fnv/>.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// The same for the same finding on every machine and in every version.
fn fingerprint(rule: &Rule, message: &str, at: Option<&Span>) -> u64 {
    let path = at.map_or("", |span| &span.file.path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let parts = [rule.name, "\0", file, "\0", message];
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(FNV_OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    })
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

    /// Whether the labels are the steps of a way, in their order.
    fn is_path(&self) -> bool {
        false
    }

    /// Changes of the text that would mend it.
    fn fixes(&self) -> Vec<Fix> {
        Vec::new()
    }

    /// What it is, if it may be what is seen of another mistake.
    fn symptom(&self) -> Option<Symptom> {
        None
    }

    /// What is gone when it is mended.
    fn explains(&self) -> Vec<Explained> {
        Vec::new()
    }

    /// How bad it is: never worse than the rule says.
    fn severity(&self) -> Severity {
        Self::RULE.severity
    }

    /// How sure it is: never more than the rule says.
    fn confidence(&self) -> Confidence {
        Self::RULE.confidence
    }
}

/// Findings in the order in which they were met. What the policy does not show is not put into
/// words.
#[derive(Debug)]
pub(crate) struct Findings {
    wanted: Wanted,
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    pub(crate) fn wanted_by(wanted: Wanted) -> Self {
        Self {
            wanted,
            diagnostics: Vec::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a finding is reported once: it is made here and given away"
    )]
    pub(crate) fn push<F: Finding>(&mut self, finding: F) {
        let severity = finding.severity();
        if !self.wanted.takes(F::RULE, severity) {
            return;
        }
        let (message, labels) = (finding.message(), finding.labels());
        let at = labels.first().map(|label| &label.span);
        self.diagnostics.push(Diagnostic {
            rule: F::RULE,
            severity,
            confidence: finding.confidence(),
            fingerprint: fingerprint(F::RULE, &message, at),
            message,
            labels,
            help: finding.help(),
            is_path: finding.is_path(),
            fixes: finding.fixes(),
            causality: Causality {
                symptom: finding.symptom(),
                explains: finding.explains(),
            },
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
