//! What the rules look at: the system, its graph, and the code beside it.

mod broker;
mod groups;
mod objects;
mod plain;
mod returned;

pub(crate) use self::{
    broker::{Broker, permits},
    objects::{Access, BucketUse, Objects, Unresolved},
    returned::Returned,
};

use self::{groups::Groups, plain::Peculiar};
use std::{cell::OnceCell, collections::BTreeMap};

use crate::{
    check::Inputs,
    code::{CaseType, Cases, Code, CodeService},
    diff::Comparison,
    hashing::{HashMap, HashSet},
    loose::Loose,
    source::Spanned,
    spelling::{Neighbours, Spelling},
    system::{Boundary, Date, Service, System},
    traffic::Traffic,
    wiring::{Queue, Wiring},
};

/// Below this length, and in digits alone, names differ in one character on purpose.
const SHORTEST_NEAR_MISS: usize = 4;

/// Everything that a rule may conclude from.
pub(crate) struct Facts<'s> {
    pub(crate) system: &'s System,
    pub(crate) wiring: Wiring<'s>,
    pub(crate) code: Option<&'s Code>,
    /// The system that is deployed.
    pub(crate) previous: Option<&'s System>,
    pub(crate) today: Option<Date>,
    /// What the broker holds.
    pub(crate) broker: Option<Broker<'s>>,
    /// What the sys-map serves.
    pub(crate) served: Option<&'s System>,
    /// The files that the system names and that are not there.
    pub(crate) missing: &'s [Spanned<String>],
    services: OnceCell<HashMap<&'s str, &'s Service>>,
    /// The queues that services read, for suggestions.
    pub(crate) spelling: Spelling<'s>,
    near_misses: OnceCell<Vec<(usize, usize)>>,
    peculiar: OnceCell<Peculiar>,
    groups: OnceCell<Groups<'s>>,
    objects: OnceCell<Objects<'s>>,
    /// The services without code, for suggestions.
    misnamed: OnceCell<Spelling<'s>>,
    change: OnceCell<Option<Comparison<'s>>>,
    traffic: OnceCell<Option<Traffic>>,
    annotated: OnceCell<HashMap<&'s str, u32>>,
    loose: OnceCell<Loose<'s>>,
}

impl<'s> Facts<'s> {
    pub(crate) fn of(inputs: &Inputs<'s>) -> Self {
        let Inputs {
            system,
            code,
            previous,
            definitions,
            served,
            missing,
            today,
        } = *inputs;
        let services = system.services.iter();
        let inbound = services.map(|service| &*service.inbound.value);
        Self {
            system,
            wiring: Wiring::of(system),
            code,
            previous,
            today,
            broker: definitions.map(|definitions| Broker::of(system, definitions)),
            served,
            missing,
            near_misses: OnceCell::new(),
            peculiar: OnceCell::new(),
            groups: OnceCell::new(),
            objects: OnceCell::new(),
            misnamed: OnceCell::new(),
            change: OnceCell::new(),
            traffic: OnceCell::new(),
            annotated: OnceCell::new(),
            loose: OnceCell::new(),
            spelling: Spelling::of(inbound.collect()),
            services: OnceCell::new(),
        }
    }

    /// The services by name.
    pub(crate) fn services(&self) -> &HashMap<&'s str, &'s Service> {
        self.services.get_or_init(|| {
            let services = self.system.services.iter();
            services
                .map(|service| (&*service.name.value, service))
                .collect()
        })
    }

    /// Whether a queue that nothing in the system feeds or reads proves a mistake: everything was
    /// understood, and the system says what the outside feeds and reads.
    pub(crate) fn is_bounded(&self) -> bool {
        self.system.complete && self.system.boundary == Boundary::Declared
    }

    /// The services that policies speak of.
    pub(crate) fn groups(&self) -> &Groups<'s> {
        self.groups.get_or_init(|| Groups::of(self.system))
    }

    /// The queues that hang loose at one end.
    pub(crate) fn loose(&self) -> &Loose<'s> {
        self.loose.get_or_init(|| Loose::of(self))
    }

    /// What the code does with buckets; empty without code.
    pub(crate) fn objects(&self) -> &Objects<'s> {
        self.objects
            .get_or_init(|| Objects::of(self.system, self.code))
    }

    /// The system beside the one that is deployed. `None` where that is not known, or either was not understood
    /// as a whole.
    pub(crate) fn change(&self) -> Option<&Comparison<'s>> {
        let compare = || Comparison::of(self.previous?, self.system);
        self.change.get_or_init(compare).as_ref()
    }

    /// How many messages come to each service. `None` where the system does not say how fast it is fed.
    pub(crate) fn traffic(&self) -> Option<&Traffic> {
        let rates = || {
            let rates = self.system.rates.iter().filter_map(|rate| {
                let queue = self.wiring.queue_index(&rate.queue.value)?;
                Some((queue, rate.per_second))
            });
            let rates: Vec<_> = rates.collect();
            (!rates.is_empty()).then(|| Traffic::of(&self.wiring, &rates))
        };
        self.traffic.get_or_init(rates).as_ref()
    }

    /// How many messages a service works on at once: the system's word, else its annotation's, if either says it.
    pub(crate) fn replicas(&self, service: &Service) -> Option<u32> {
        let annotated = || {
            let services = self.code.into_iter().flat_map(|code| &code.services);
            let said = services.filter_map(|code| Some((&*code.name, code.settings.replicas?)));
            said.collect()
        };
        let said = || {
            self.annotated
                .get_or_init(annotated)
                .get(&*service.name.value)
        };
        service.replicas.or_else(|| said().copied())
    }

    /// Pairs of a queue that is only fed and one that is only read, one character apart.
    pub(crate) fn near_misses(&self) -> impl Iterator<Item = (&Queue<'s>, &Queue<'s>)> {
        let pairs = self.near_misses.get_or_init(|| self.find_near_misses());
        let queues = &self.wiring.queues;
        pairs
            .iter()
            .map(|&(fed, read)| (&queues[fed], &queues[read]))
    }

    fn find_near_misses(&self) -> Vec<(usize, usize)> {
        let queues = self.wiring.queues.iter().enumerate();
        let unfed = queues.clone().filter(|(_, queue)| queue.is_unfed());
        let unfed: HashMap<&str, usize> = unfed.map(|(index, queue)| (queue.name, index)).collect();
        let names = queues.clone().map(|(_, queue)| queue.name);
        let neighbours = Neighbours::of(names.filter(|name| unfed.contains_key(name)));
        let unread = queues.filter(|(_, queue)| self.system.complete && queue.is_unread());
        let pair = |(fed, queue): (usize, &Queue<'_>)| {
            let read = neighbours.one_off(queue.name)?;
            let letters = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
            let is_long = queue.name.chars().count() >= SHORTEST_NEAR_MISS;
            let differs = letters(queue.name) != letters(read);
            (is_long && differs).then_some((fed, *unfed.get(read)?))
        };
        unread.filter_map(pair).collect()
    }

    /// Services that both the system and the code know.
    pub(crate) fn implemented(&self) -> impl Iterator<Item = (&'s Service, &'s CodeService)> {
        let in_code = self.code.into_iter().flat_map(|code| &code.services);
        in_code.filter_map(|code| Some((*self.services().get(&*code.name)?, code)))
    }

    /// Services in the code that the system does not know, each with the one of the system, without code, that
    /// was most likely meant.
    pub(crate) fn misnamed(&self) -> impl Iterator<Item = (&'s str, &'s str)> {
        let in_code = || self.code.into_iter().flat_map(|code| &code.services);
        let names = self.misnamed.get_or_init(|| {
            let known: HashSet<&str> = in_code().map(|code| &*code.name).collect();
            let services = self.system.services.iter();
            let names = services.map(|service| &*service.name.value);
            Spelling::of(names.filter(|name| !known.contains(name)).collect())
        });
        let unknown = in_code().filter(|code| !self.services().contains_key(&*code.name));
        unknown.filter_map(|code| Some((&*code.name, names.nearest(&code.name)?)))
    }

    /// Services whose cases are a closed set, with that set. Functions of one name add up.
    pub(crate) fn returned_cases(&self) -> impl Iterator<Item = Returned<'s>> {
        let groups = self.functions().into_values();
        groups.filter_map(|(service, functions)| Returned::of(service, &functions))
    }

    /// Services whose cases are any value of types that are known, with those types.
    pub(crate) fn returned_types(
        &self,
    ) -> impl Iterator<Item = (&'s Service, Vec<&'s Spanned<CaseType>>)> {
        let groups = self.functions().into_values();
        groups.filter_map(|(service, functions)| {
            let mut found = Vec::new();
            for function in functions {
                match &function.cases {
                    Cases::Open(types) if !types.is_empty() => found.extend(types),
                    Cases::Closed(cases) if cases.is_empty() => {}
                    _ => return None,
                }
            }
            (!found.is_empty()).then_some((service, found))
        })
    }

    /// Services with the functions of their name.
    fn functions(&self) -> BTreeMap<&'s str, (&'s Service, Vec<&'s CodeService>)> {
        let mut by_name: BTreeMap<&str, (&Service, Vec<&CodeService>)> = BTreeMap::new();
        for (service, code) in self.implemented() {
            let entry = by_name.entry(&*service.name.value);
            entry.or_insert_with(|| (service, Vec::new())).1.push(code);
        }
        by_name
    }
}
