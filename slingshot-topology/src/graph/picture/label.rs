//! What is written beside an arrow.

use std::collections::BTreeSet;

use super::{Arrow, Way};
use crate::CaseValue;

/// How many cases an arrow names before it counts the rest.
const CASES_ON_AN_ARROW: usize = 3;

impl Arrow<'_> {
    /// The different cases, in their order.
    pub(in crate::graph) fn cases(&self) -> Vec<&CaseValue> {
        cases(&self.ways)
    }
}

fn cases<'w>(ways: &'w [Way<'_>]) -> Vec<&'w CaseValue> {
    let mut known = BTreeSet::new();
    let cases = ways.iter().map(|way| &way.route.case.value);
    cases.filter(|&case| known.insert(case)).collect()
}

/// `text, image +2`.
pub(super) fn label(ways: &[Way<'_>]) -> String {
    let cases = cases(ways);
    let shown: Vec<_> = cases
        .iter()
        .take(CASES_ON_AN_ARROW)
        .map(|case| bare(case))
        .collect();
    let rest = cases.len().saturating_sub(CASES_ON_AN_ARROW);
    if rest == 0 {
        shown.join(", ")
    } else {
        format!("{} +{rest}", shown.join(", "))
    }
}

/// Without the quotes, where nothing but a string could look like this.
pub(super) fn bare(case: &CaseValue) -> String {
    match case {
        CaseValue::Text(text)
            if text.starts_with(|first: char| first.is_alphabetic())
                && !matches!(&**text, "true" | "false") =>
        {
            text.to_string()
        }
        other => other.to_string(),
    }
}
