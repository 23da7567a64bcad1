//! What two systems have in common, and what only one of them has.

mod names;
mod routes;
mod ways;

pub(crate) use self::{
    names::NewNames,
    routes::Routes,
    ways::{LostWay, lost_ways},
};
use crate::{
    CaseValue,
    hashing::{HashMap, HashSet},
    source::Spanned,
    system::{Name, Route, Service, System},
    wiring::{Queue, Wiring},
};

/// A system at work, held against the one that is to take its place. Both must have been understood as a
/// whole: what is missing in half a system is not gone.
pub(crate) struct Comparison<'s> {
    pub(crate) before: &'s System,
    pub(crate) after: &'s System,
    /// The graph of the system at work.
    pub(crate) old: Wiring<'s>,
    /// The services of both.
    pub(crate) kept: Vec<Kept<'s>>,
    /// Services that are no longer there, by their places in the old graph.
    pub(crate) removed: Vec<usize>,
    /// Services that are new, by their places in the new graph.
    pub(crate) added: Vec<usize>,
    /// For each new service, its place in the old graph.
    before_of: Vec<Option<usize>>,
    /// For each old service, its place in the new graph.
    after_of: Vec<Option<usize>>,
    retired: HashSet<&'s str>,
}

/// A service of both systems.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'s> {
    pub(crate) before: &'s Service,
    pub(crate) after: &'s Service,
    pub(crate) index_before: usize,
    pub(crate) index_after: usize,
}

impl<'s> Comparison<'s> {
    /// `None` unless both systems were understood as a whole.
    pub(crate) fn of(before: &'s System, after: &'s System) -> Option<Self> {
        (before.complete && after.complete).then(|| Self::between(before, after))
    }

    pub(super) fn between(before: &'s System, after: &'s System) -> Self {
        let names = before.services.iter().enumerate();
        let names: HashMap<&str, usize> = names
            .map(|(index, service)| (&*service.name.value, index))
            .collect();
        let mut comparison = Self {
            before,
            after,
            old: Wiring::of(before),
            kept: Vec::new(),
            removed: Vec::new(),
            added: Vec::new(),
            before_of: vec![None; after.services.len()],
            after_of: vec![None; before.services.len()],
            retired: after.retired.iter().map(|name| &*name.value).collect(),
        };
        for (index_after, service) in after.services.iter().enumerate() {
            let Some(&index_before) = names.get(&*service.name.value) else {
                comparison.added.push(index_after);
                continue;
            };
            comparison.before_of[index_after] = Some(index_before);
            comparison.after_of[index_before] = Some(index_after);
            comparison.kept.push(Kept {
                before: &before.services[index_before],
                after: service,
                index_before,
                index_after,
            });
        }
        let gone = comparison.after_of.iter().enumerate();
        comparison.removed = gone
            .filter(|(_, after)| after.is_none())
            .map(|(index, _)| index)
            .collect();
        comparison
    }

    /// The old place of a new service.
    pub(crate) fn index_before(&self, after: usize) -> Option<usize> {
        self.before_of.get(after).copied().flatten()
    }

    /// The new place of an old service.
    pub(crate) fn index_after(&self, before: usize) -> Option<usize> {
        self.after_of.get(before).copied().flatten()
    }

    /// The service of the old system that has a new one's name.
    pub(crate) fn counterpart(&self, after: usize) -> Option<&'s Service> {
        self.index_before(after)
            .map(|index| &self.before.services[index])
    }

    /// Whether a service or a queue went on purpose.
    pub(crate) fn is_retired(&self, name: &str) -> bool {
        self.retired.contains(name)
    }

    /// Whether a case went on purpose: by its own name, or as `service/case`.
    pub(crate) fn is_retired_case(&self, service: &str, case: &CaseValue) -> bool {
        let case = bare(case);
        !self.retired.is_empty()
            && (self.retired.contains(&*case)
                || self.retired.contains(&*format!("{service}/{case}")))
    }

    /// Whether a service that reads a queue in the new system did not read it before.
    pub(crate) fn is_new_reader(&self, after: usize) -> bool {
        let inbound = |service: &'s Service| &service.inbound.value;
        let now = inbound(&self.after.services[after]);
        self.counterpart(after)
            .is_none_or(|before| inbound(before) != now)
    }

    /// Services that went, each with a new one that reads the same queue, or, where there is none, that is fed by the same
    /// services and feeds the same queues.
    pub(crate) fn renamed(&self, new: &Wiring<'s>) -> Vec<(&'s Service, &'s Service)> {
        let mut by_queue = HashMap::default();
        let mut by_neighbours = HashMap::default();
        for &index in self.added.iter().rev() {
            let service = new.service(index);
            by_queue.insert(&*service.inbound.value, index);
            by_neighbours.insert(Neighbours::of(new, index), index);
        }
        let mut taken = HashSet::default();
        let pair = |&index: &usize| {
            let service = self.old.service(index);
            let same_queue = by_queue.get(&*service.inbound.value);
            let alike = || by_neighbours.get(&Neighbours::of(&self.old, index).telling()?);
            let other = *same_queue.or_else(alike)?;
            taken.insert(other).then(|| (service, new.service(other)))
        };
        self.removed.iter().filter_map(pair).collect()
    }
}

/// What surrounds a service: who feeds it, and what it feeds.
#[derive(PartialEq, Eq, Hash)]
struct Neighbours<'s> {
    feeders: Vec<&'s str>,
    targets: Vec<(&'s CaseValue, &'s str)>,
}

impl<'s> Neighbours<'s> {
    fn of(wiring: &Wiring<'s>, index: usize) -> Self {
        let service = wiring.service(index);
        let feeds = wiring.inbound(index).feeds.iter();
        let mut feeders: Vec<_> = feeds
            .map(|feed| &*wiring.service(feed.service).name.value)
            .collect();
        feeders.sort_unstable();
        feeders.dedup();
        let routes = service.routes.iter();
        let mut targets: Vec<_> = routes
            .flat_map(|route| {
                let queues = route.queues.iter();
                queues.map(|queue| (&route.case.value, &*queue.value))
            })
            .collect();
        targets.sort_unstable();
        Self { feeders, targets }
    }

    /// Any two services that nothing feeds and that feed nothing are alike.
    fn telling(self) -> Option<Self> {
        (!self.feeders.is_empty() && !self.targets.is_empty()).then_some(self)
    }
}

impl<'s> Kept<'s> {
    pub(crate) fn name(&self) -> &'s str {
        &self.after.name.value
    }

    /// The old and the new queue, if they differ.
    pub(crate) fn moved_queue(&self) -> Option<(&'s Spanned<Name>, &'s Spanned<Name>)> {
        let (old, new) = (&self.before.inbound, &self.after.inbound);
        (old.value != new.value).then_some((old, new))
    }

    pub(crate) fn routes(&self) -> Routes<'s> {
        Routes::of(self.before, self.after)
    }

    /// Queues that the service feeds and did not feed before, each where it is first named.
    pub(crate) fn new_targets(&self) -> Vec<&'s Spanned<Name>> {
        let names = |service| targets(service).map(|queue| &*queue.value);
        if names(self.before).eq(names(self.after)) {
            return Vec::new();
        }
        let mut known: HashSet<&str> = names(self.before).collect();
        let new = targets(self.after);
        new.filter(|queue| known.insert(&queue.value)).collect()
    }
}

/// The queues that a service's routes name.
pub(crate) fn targets(service: &Service) -> impl Iterator<Item = &Spanned<Name>> {
    service.routes.iter().flat_map(|route| &route.queues)
}

/// The queues of one route that are not in the other.
pub(crate) fn only_in<'s>(
    route: &'s Route,
    other: &'s Route,
) -> impl Iterator<Item = &'s Spanned<Name>> {
    let names = |route: &'s Route| route.queues.iter().map(|queue| &*queue.value);
    let is_same = names(route).eq(names(other));
    let others: HashSet<&str> = names(other).filter(|_| !is_same).collect();
    let queues = route.queues.iter().filter(move |_| !is_same);
    queues.filter(move |queue| !others.contains(&*queue.value))
}

/// Whether anybody takes what is in a queue: a service, or somebody outside.
pub(crate) fn is_drained(queue: Option<&Queue<'_>>) -> bool {
    queue.is_some_and(|queue| !queue.readers.is_empty() || queue.sink.is_some())
}

/// A case without the quotes of a string, as a list of names has it.
pub(crate) fn bare(case: &CaseValue) -> std::borrow::Cow<'_, str> {
    match case {
        CaseValue::Text(text) => (&**text).into(),
        other => other.to_string().into(),
    }
}
