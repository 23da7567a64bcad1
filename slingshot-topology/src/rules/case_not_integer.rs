//! A case with a fraction or an exponent.

use super::{
    Confidence, Edit, Example, Family, Finding, Fix, Label, Persona, Rule, Severity, Span,
};

/// The rule and its page.
pub(crate) const RULE: Rule = Rule {
    name: "case-not-integer",
    severity: Severity::Error,
    confidence: Confidence::High,
    persona: Persona::Regular,
    family: Family::Cases,
    check: None,
    what: "A case is a number with a fraction or an exponent, such as `1.0` or `1e3`.",
    why: "
Cases are compared for equality, which fractions are unfit for: services refuse them. In JSON, `-0` is
such a number too, because readers make it -0.0.",
    before: Example::Toml(
        r#"
[topology]
sources = ["grade"]

[services.grade]
in = "grade"
out = [{ case = 1.0, queues = [] }]
"#,
    ),
    after: Example::Toml(
        r#"
[topology]
sources = ["grade"]

[services.grade]
in = "grade"
out = [{ case = 1, queues = [] }]
"#,
    ),
};

/// The number as it was written.
pub(crate) struct CaseNotInteger {
    pub(crate) written: String,
    pub(crate) at: Span,
}

/// From here on, not every whole number has a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl CaseNotInteger {
    /// The integer of the same value, if there is one.
    fn whole(&self) -> Option<String> {
        let value: f64 = self.written.replace('_', "").parse().ok()?;
        // Adding nothing makes the zero of -0 positive.
        let value = value + 0.0;
        (value.fract() == 0.0 && value.abs() < EXACT).then(|| format!("{value:.0}"))
    }
}

impl Finding for CaseNotInteger {
    const RULE: &'static Rule = &RULE;

    fn message(&self) -> String {
        format!("the case {} is not an integer", self.written)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::primary(
            &self.at,
            "expected a boolean, an integer or a string",
        )]
    }

    fn help(&self) -> Option<String> {
        let whole = self.whole()?;
        Some(format!("write `{whole}`"))
    }

    fn fixes(&self) -> Vec<Fix> {
        let fix = |whole: String| {
            Fix::proposed(format!("write `{whole}`"), vec![Edit::new(&self.at, whole)])
        };
        self.whole().map(fix).into_iter().collect()
    }
}
