//! From the terms of an expression to the services that they mean.

use std::ops::Range;

use super::{
    Mistake, SelectError,
    glob::{fits, is_pattern},
    parse::{Part, Reach, Term},
};
use crate::{
    diagnostic::did_you_mean,
    system::{Service, System},
    wiring::{Course, Wiring},
};

/// What a word before a colon asks services for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Service,
    Tag,
    Queue,
    Bucket,
    Component,
}

/// The words for the methods.
pub(super) const METHODS: [(&str, Method); 5] = [
    ("service", Method::Service),
    ("tag", Method::Tag),
    ("queue", Method::Queue),
    ("bucket", Method::Bucket),
    ("component", Method::Component),
];

/// A system that is asked for services.
pub(super) struct Resolver<'s> {
    services: &'s [Service],
    wiring: Wiring<'s>,
}

impl<'s> Resolver<'s> {
    pub(super) fn of(system: &'s System) -> Self {
        Self {
            services: &system.services,
            wiring: Wiring::of(system),
        }
    }

    /// For each service, that it is not meant.
    pub(super) fn nothing(&self) -> Vec<bool> {
        vec![false; self.services.len()]
    }

    /// Adds what any of the terms means.
    ///
    /// # Errors
    ///
    /// If one of them names what is not there.
    pub(super) fn add(
        &self,
        terms: &[Term<'_>],
        expression: &str,
        any: &mut [bool],
    ) -> Result<(), SelectError> {
        for Term(parts) in terms {
            let mut all = vec![true; self.services.len()];
            for part in parts {
                let meant = self.part(part, expression)?;
                for (all, meant) in all.iter_mut().zip(meant) {
                    *all &= meant;
                }
            }
            for (any, all) in any.iter_mut().zip(all) {
                *any |= all;
            }
        }
        Ok(())
    }

    fn part(&self, part: &Part<'_>, expression: &str) -> Result<Vec<bool>, SelectError> {
        let fail = |mistake, range: &Range<usize>| SelectError {
            mistake,
            expression: expression.to_owned(),
            range: range.clone(),
        };
        let method = method(part.method).map_err(|mistake| fail(mistake, &part.method_at))?;
        let named: Vec<bool> = self
            .services
            .iter()
            .map(|service| names(service, method).any(|name| fits(part.value, name)))
            .collect();
        if !is_pattern(part.value) && !named.contains(&true) {
            return Err(fail(self.unknown(method, part.value), &part.value_at));
        }
        let named = match method {
            Method::Component => self.wiring.within(&named, Course::Either, None),
            _ => named,
        };
        Ok(match part.reach {
            Reach::Whole => {
                let below = self.wiring.within(&named, Course::Down, None);
                self.wiring.within(&below, Course::Up, None)
            }
            Reach::Around { up, down } => {
                let mut around = named.clone();
                for (steps, way) in [(up, Course::Up), (down, Course::Down)] {
                    let reached = self.wiring.within(&named, way, steps);
                    for (around, reached) in around.iter_mut().zip(reached) {
                        *around |= reached;
                    }
                }
                around
            }
        })
    }

    fn unknown(&self, method: Method, name: &str) -> Mistake {
        let candidates = self
            .services
            .iter()
            .flat_map(|service| names(service, method));
        Mistake::UnknownName {
            kind: match method {
                Method::Service | Method::Component => "service",
                Method::Tag => "tag",
                Method::Queue => "queue",
                Method::Bucket => "bucket",
            },
            name: name.to_owned(),
            suggestion: did_you_mean(name, candidates).map(str::to_owned),
        }
    }
}

fn method(word: Option<&str>) -> Result<Method, Mistake> {
    let Some(word) = word else {
        return Ok(Method::Service);
    };
    let known = METHODS.iter().find(|(name, _)| *name == word);
    known.map(|(_, method)| *method).ok_or_else(|| {
        let words = METHODS.iter().map(|(name, _)| *name);
        Mistake::UnknownMethod {
            name: word.to_owned(),
            suggestion: did_you_mean(word, words).map(str::to_owned),
        }
    })
}

/// The names by which a method knows a service.
fn names(service: &Service, method: Method) -> Box<dyn Iterator<Item = &str> + '_> {
    match method {
        Method::Service | Method::Component => Box::new(std::iter::once(&*service.name.value)),
        Method::Tag => Box::new(service.tags.iter().map(|tag| &*tag.value)),
        Method::Bucket => Box::new(service.buckets.iter().map(|bucket| &*bucket.name.value)),
        Method::Queue => {
            let fed = service.routes.iter().flat_map(|route| &route.queues);
            let inbound = std::iter::once(&service.inbound);
            Box::new(inbound.chain(fed).map(|queue| &*queue.value))
        }
    }
}
