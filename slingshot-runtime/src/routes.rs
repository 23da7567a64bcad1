//! Where each case goes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use slingshot_topology::{CaseValue, sys_map::Route};
use thiserror::Error;

use crate::{message_id::OutputIds, registration::Unrouted, returns::Outputs};

/// A service's routes, as the sys-map has them.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    queues: BTreeMap<CaseValue, Vec<Arc<str>>>,
    unrouted: Unrouted,
}

/// The routes that results take now. Whoever has seen to the queues of newer ones swaps them.
#[derive(Clone, Debug)]
pub(crate) struct CurrentRoutes(Arc<RwLock<Arc<Routes>>>);

impl CurrentRoutes {
    pub(crate) fn new(routes: Arc<Routes>) -> Self {
        Self(Arc::new(RwLock::new(routes)))
    }

    pub(crate) fn get(&self) -> Arc<Routes> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, routes: Arc<Routes>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = routes;
    }
}

/// An id on its way to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    pub(crate) queue: Arc<str>,
    pub(crate) id: u64,
    pub(crate) message_id: Arc<str>,
}

/// A case that the sys-map does not route.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "the sys-map does not route the case {case} of `{service}`: add it to the service's `out`, with \
     `queues = []` if its results end here"
)]
pub(crate) struct UnroutedCase {
    case: CaseValue,
    service: String,
}

impl Routes {
    pub(crate) fn new(routes: Vec<Route>, unrouted: Unrouted) -> Self {
        let mut queues = BTreeMap::<CaseValue, Vec<Arc<str>>>::new();
        for route in routes {
            let known = queues.entry(route.case).or_default();
            for queue in route.queues {
                if !known.iter().any(|known| **known == *queue) {
                    known.push(queue.into());
                }
            }
        }
        Self { queues, unrouted }
    }

    /// Every queue that a result can go to, each once.
    pub(crate) fn queues(&self) -> BTreeSet<Arc<str>> {
        self.queues.values().flatten().cloned().collect()
    }

    /// What is to be published for a message's outputs, and the case of each output.
    pub(crate) fn publications(
        &self,
        service: &str,
        outputs: Outputs,
        ids: &OutputIds,
    ) -> Result<(Vec<Publication>, Vec<CaseValue>), UnroutedCase> {
        let mut publications = Vec::with_capacity(outputs.len());
        let mut cases = Vec::with_capacity(outputs.len());
        for (index, (id, case)) in outputs.into_iter().enumerate() {
            let Some(queues) = self.queues.get(&case) else {
                if self.unrouted == Unrouted::Drop {
                    tracing::warn!(service, id, %case, "dropped a result whose case has no route");
                    continue;
                }
                return Err(UnroutedCase {
                    case,
                    service: service.to_owned(),
                });
            };
            cases.push(case);
            if queues.is_empty() {
                continue;
            }
            let message_id = Arc::<str>::from(ids.output(index));
            publications.extend(queues.iter().map(|queue| Publication {
                queue: Arc::clone(queue),
                id,
                message_id: Arc::clone(&message_id),
            }));
        }
        Ok((publications, cases))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(unrouted: Unrouted) -> Routes {
        let route = |case, queues: &[&str]| Route {
            case,
            queues: queues.iter().map(|queue| (*queue).to_owned()).collect(),
        };
        let out = vec![
            route(CaseValue::text("text"), &["words", "archive", "words"]),
            route(CaseValue::Bool(true), &["yes"]),
            route(CaseValue::text("other"), &[]),
        ];
        Routes::new(out, unrouted)
    }

    fn sent(unrouted: Unrouted, outputs: &[(u64, CaseValue)]) -> Result<Vec<String>, String> {
        let ids = OutputIds::of("sniff", Some("m"));
        let (publications, _) = routes(unrouted)
            .publications("sniff", outputs.to_vec(), &ids)
            .map_err(|error| error.to_string())?;
        let shown = publications
            .iter()
            .map(|publication| format!("{}→{}", publication.id, publication.queue));
        Ok(shown.collect())
    }

    #[test]
    fn a_result_goes_once_to_each_queue_of_its_case() {
        let outputs = [(1, CaseValue::text("text")), (2, CaseValue::Bool(true))];
        let expected = ["1→words", "1→archive", "2→yes"].map(str::to_owned);
        assert_eq!(sent(Unrouted::DeadLetter, &outputs), Ok(expected.into()));
    }

    #[test]
    fn a_case_without_queues_ends_here() {
        let outputs = [(1, CaseValue::text("other"))];
        assert_eq!(sent(Unrouted::DeadLetter, &outputs), Ok(vec![]));
    }

    #[test]
    fn true_and_its_text_are_different_cases() {
        let outputs = [(1, CaseValue::text("true"))];
        assert_eq!(
            sent(Unrouted::DeadLetter, &outputs),
            Err(
                "the sys-map does not route the case \"true\" of `sniff`: add it to the service's \
                 `out`, with `queues = []` if its results end here"
                    .to_owned()
            )
        );
        assert_eq!(sent(Unrouted::Drop, &outputs), Ok(vec![]));
    }
}
