//! The routes of a service in two systems.

use crate::{
    CaseValue,
    hashing::{HashMap, HashSet},
    rules::case_lookalike::appearance,
    system::{Route, Service},
};

/// What became of a service's routes.
#[derive(Debug, Default)]
pub(crate) struct Routes<'s> {
    /// The routes of both, old and new.
    pub(crate) kept: Vec<(&'s Route, &'s Route)>,
    /// Those whose case has another type now, and looks the same: `true` and `"true"`.
    pub(crate) retyped: Vec<(&'s Route, &'s Route)>,
    pub(crate) removed: Vec<&'s Route>,
    pub(crate) added: Vec<&'s Route>,
}

impl<'s> Routes<'s> {
    pub(super) fn of(before: &'s Service, after: &'s Service) -> Self {
        let mut routes = Self::default();
        // Most services of most changes are as they were.
        let (old, new) = (before.routes.iter(), after.routes.iter());
        if old
            .clone()
            .map(|route| &route.case.value)
            .eq(new.clone().map(|route| &route.case.value))
        {
            routes.kept = old.zip(new).collect();
            return routes;
        }
        let by_case = |service: &'s Service| -> HashMap<&'s CaseValue, &'s Route> {
            let routes = service.routes.iter();
            routes.map(|route| (&route.case.value, route)).collect()
        };
        let (old, new) = (by_case(before), by_case(after));
        for route in &after.routes {
            match old.get(&route.case.value) {
                Some(before) => routes.kept.push((before, route)),
                None => routes.added.push(route),
            }
        }
        let gone = before.routes.iter();
        routes.removed = gone
            .filter(|route| !new.contains_key(&route.case.value))
            .collect();
        routes.pair_retyped();
        routes
    }

    fn pair_retyped(&mut self) {
        if self.removed.is_empty() || self.added.is_empty() {
            return;
        }
        let added = self.added.iter().enumerate();
        let mut by_look: HashMap<String, usize> = added
            .filter_map(|(index, route)| Some((appearance(&route.case.value)?, index)))
            .collect();
        let mut partners = HashSet::default();
        let Self {
            removed,
            added,
            retyped,
            ..
        } = self;
        removed.retain(|route| {
            let look = appearance(&route.case.value);
            let partner = look.and_then(|look| by_look.remove(&look));
            if let Some(partner) = partner {
                partners.insert(partner);
                retyped.push((*route, added[partner]));
            }
            partner.is_none()
        });
        let mut index = 0;
        added.retain(|_| {
            index += 1;
            !partners.contains(&(index - 1))
        });
    }
}
