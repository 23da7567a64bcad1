//! Whether the bus has its broker, for `/readyz`.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::{
    meter::{Answer, Dependency, DependencyHealth, Health},
    report::State,
};

/// What the line of the bus is called.
const NAME: &str = "bus";

/// The connection's state, and since when it has it.
#[derive(Debug)]
pub(crate) struct BusHealth(Mutex<(Answer, Instant)>);

impl BusHealth {
    pub(super) fn new() -> Self {
        Self(Mutex::new((Answer::NotUsed, Instant::now())))
    }

    pub(super) fn is(&self, answer: Answer) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An error that follows another changes nothing but the words.
        if matches!(known.0, Answer::Failed(_)) && matches!(answer, Answer::Failed(_)) {
            known.0 = answer;
        } else {
            *known = (answer, Instant::now());
        }
    }

    pub(crate) fn health(&self) -> Health {
        let (answer, since) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = match answer {
            Answer::Worked => State::Ready,
            Answer::NotUsed | Answer::Failed(_) => State::Starting,
        };
        Health {
            service: NAME.to_owned(),
            state,
            lasting: since.elapsed(),
            dependencies: vec![DependencyHealth {
                dependency: Dependency::Broker,
                answer: answer.clone(),
                lasting: since.elapsed(),
            }],
        }
    }
}
