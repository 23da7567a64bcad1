//! What the rules look at: the system, its graph, and the code beside it.

mod returned;

pub(crate) use self::returned::Returned;

use std::collections::{BTreeMap, HashMap};

use crate::{
    code::{Cases, Code, CodeService},
    spelling::{Neighbours, Spelling},
    system::{Boundary, Service, System},
    wiring::{Queue, Wiring},
};

/// Below this length, and in digits alone, names differ in one character on purpose.
const SHORTEST_NEAR_MISS: usize = 4;

/// Everything that a rule may conclude from.
pub(crate) struct Facts<'s> {
    pub(crate) system: &'s System,
    pub(crate) wiring: Wiring<'s>,
    pub(crate) code: Option<&'s Code>,
    pub(crate) services: HashMap<&'s str, &'s Service>,
    /// The queues that services read, for suggestions.
    pub(crate) spelling: Spelling<'s>,
}

impl<'s> Facts<'s> {
    pub(crate) fn of(system: &'s System, code: Option<&'s Code>) -> Self {
        let services = system.services.iter();
        let inbound = services.clone().map(|service| &*service.inbound.value);
        Self {
            system,
            wiring: Wiring::of(system),
            code,
            spelling: Spelling::of(inbound.collect()),
            services: services
                .map(|service| (&*service.name.value, service))
                .collect(),
        }
    }

    /// Whether a queue that nothing in the system feeds or reads proves a mistake: everything was
    /// understood, and the system says what the outside feeds and reads.
    pub(crate) fn is_bounded(&self) -> bool {
        self.system.complete && self.system.boundary == Boundary::Declared
    }

    /// Pairs of a queue that is only fed and one that is only read, one character apart.
    pub(crate) fn near_misses(&self) -> impl Iterator<Item = (&Queue<'s>, &Queue<'s>)> {
        let queues = self.wiring.queues.iter();
        let unfed = queues.clone().filter(|queue| queue.is_unfed());
        let neighbours = Neighbours::of(unfed.map(|queue| queue.name));
        let unread = queues.filter(|queue| self.system.complete && queue.is_unread());
        unread.filter_map(move |fed| {
            let read = neighbours.one_off(fed.name)?;
            let letters = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
            let is_long = fed.name.chars().count() >= SHORTEST_NEAR_MISS;
            let pair = (fed, self.wiring.queue(read)?);
            (is_long && letters(fed.name) != letters(read)).then_some(pair)
        })
    }

    /// Services that both the system and the code know.
    pub(crate) fn implemented(&self) -> impl Iterator<Item = (&'s Service, &'s CodeService)> {
        let in_code = self.code.into_iter().flat_map(|code| &code.services);
        in_code.filter_map(|code| Some((*self.services.get(&*code.name)?, code)))
    }

    /// Services whose cases are a closed set, with that set. Functions of one name add up.
    pub(crate) fn returned_cases(&self) -> impl Iterator<Item = Returned<'s>> {
        let mut by_name: BTreeMap<&str, (&Service, Vec<&CodeService>)> = BTreeMap::new();
        for (service, code) in self.implemented() {
            let entry = by_name.entry(&*service.name.value);
            entry.or_insert_with(|| (service, Vec::new())).1.push(code);
        }
        let groups = by_name.into_values();
        groups.filter_map(|(service, functions)| Returned::of(service, &functions))
    }

    /// Whether the code of a service has a closed set of cases.
    pub(crate) fn returns_are_known(&self, name: &str) -> bool {
        let mut services = self.code.into_iter().flat_map(|code| &code.services);
        services.any(|code| code.name == name && matches!(code.cases, Cases::Closed(_)))
    }
}
