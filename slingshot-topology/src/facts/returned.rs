//! The cases that the code returns beside those that the system routes.

use std::collections::HashSet;

use crate::{
    CaseValue,
    code::{Cases, CodeService},
    diagnostic::did_you_mean,
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
}

impl<'s> Returned<'s> {
    /// `None` when a function of the service may return anything.
    pub(super) fn of(service: &'s Service, functions: &[&'s CodeService]) -> Option<Self> {
        let mut cases = Vec::new();
        let mut values = HashSet::new();
        for function in functions {
            let Cases::Closed(closed) = &function.cases else {
                return None;
            };
            cases.extend(closed.iter().filter(|case| values.insert(&case.value)));
        }
        Some(Self {
            service,
            at: &functions.first()?.at,
            cases,
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

    /// Routes whose case is never returned.
    pub(crate) fn untaken(&self) -> impl Iterator<Item = &'s Route> {
        let routes = self.service.routes.iter();
        routes.filter(|route| !self.values.contains(&route.case.value))
    }

    /// The route that was most likely meant for a case: untaken, and the same but for its type or
    /// a slip of the pen.
    pub(crate) fn slip_of(&self, case: &Spanned<CaseValue>) -> Option<&'s Route> {
        let look = appearance(&case.value);
        let looks_alike = |route: &&Route| look.is_some() && appearance(&route.case.value) == look;
        if let Some(route) = self.untaken().find(looks_alike) {
            return Some(route);
        }
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
