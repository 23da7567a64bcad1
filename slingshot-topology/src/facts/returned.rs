//! The cases that the code returns beside those that the system routes.

use crate::{
    CaseValue,
    code::{Cases, CodeService},
    diagnostic::did_you_mean,
    hashing::HashSet,
    rules::case_lookalike::appearance,
    source::{Span, Spanned},
    system::{Route, Service},
};

/// One service, both sides.
pub(crate) struct Returned<'s> {
    pub(crate) service: &'s Service,
    /// The function.
    pub(crate) at: &'s Span,
    cases: Vec<&'s Spanned<CaseValue>>,
    values: HashSet<&'s CaseValue>,
    routed: HashSet<&'s CaseValue>,
    /// Those that a build may be without.
    uncertain: HashSet<&'s CaseValue>,
}

impl<'s> Returned<'s> {
    /// `None` when a function of the service may return anything.
    pub(super) fn of(service: &'s Service, functions: &[&'s CodeService]) -> Option<Self> {
        let mut cases = Vec::new();
        let mut values = HashSet::default();
        let mut certain = HashSet::default();
        for function in functions {
            let Cases::Closed(closed) = &function.cases else {
                return None;
            };
            let is_certain =
                |case: &&CaseValue| !function.is_conditional && !function.uncertain.contains(case);
            certain.extend(closed.iter().map(|case| &case.value).filter(is_certain));
            cases.extend(closed.iter().filter(|case| values.insert(&case.value)));
        }
        Some(Self {
            service,
            at: &functions.first()?.at,
            cases,
            uncertain: values.difference(&certain).copied().collect(),
            values,
            routed: service
                .routes
                .iter()
                .map(|route| &route.case.value)
                .collect(),
        })
    }

    /// Where a case is declared, if it is among them.
    pub(crate) fn case(&self, value: &CaseValue) -> Option<&'s Spanned<CaseValue>> {
        let mut cases = self.cases.iter().copied();
        cases.find(|case| case.value == *value)
    }

    /// Cases that have no route.
    pub(crate) fn unrouted(&self) -> impl Iterator<Item = &'s Spanned<CaseValue>> {
        let cases = self.cases.iter().copied();
        cases.filter(|case| !self.routed.contains(&case.value))
    }

    /// Whether a build may be without a case.
    pub(crate) fn is_uncertain(&self, case: &Spanned<CaseValue>) -> bool {
        self.uncertain.contains(&case.value)
    }

    /// Routes whose case is never returned.
    pub(crate) fn untaken(&self) -> impl Iterator<Item = &'s Route> {
        let routes = self.service.routes.iter();
        routes.filter(|route| !self.values.contains(&route.case.value))
    }

    /// The untaken route that is the same as a case but for its type.
    pub(crate) fn mistyped(&self, case: &Spanned<CaseValue>) -> Option<&'s Route> {
        let look = appearance(&case.value)?;
        let mut untaken = self.untaken();
        untaken.find(|route| {
            route.case.value.kind() != case.value.kind()
                && appearance(&route.case.value).is_some_and(|other| other == look)
        })
    }

    /// The untaken route that is the same as a case but for a slip of the pen.
    pub(crate) fn misspelt(&self, case: &Spanned<CaseValue>) -> Option<&'s Route> {
        let CaseValue::Text(text) = &case.value else {
            return None;
        };
        let texts = self.untaken().filter_map(|route| match &route.case.value {
            CaseValue::Text(text) => Some(&**text),
            _ => None,
        });
        let meant = did_you_mean(text, texts)?;
        self.untaken()
            .find(|route| matches!(&route.case.value, CaseValue::Text(text) if text == meant))
    }
}
