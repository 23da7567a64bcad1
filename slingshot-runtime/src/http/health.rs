//! Whether clients are taken, for `/readyz`.

use std::{
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How it is with the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Starting,
    Listening,
    /// What was asked is answered, and new requests are refused.
    Draining,
    /// The system gives it no clients, in the system's words.
    Failed(String),
}

impl Listener {
    /// The state's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Listening => "listening",
            Self::Draining => "draining",
            Self::Failed(_) => "failed",
        }
    }

    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Starting | Self::Listening | Self::Draining => None,
        }
    }
}

/// The listener's state, and since when it has it.
#[derive(Debug)]
pub(crate) struct HttpHealth(Mutex<(Listener, Instant)>);

impl HttpHealth {
    pub(crate) fn new() -> Self {
        Self(Mutex::new((Listener::Starting, Instant::now())))
    }

    /// What it is, and for how long.
    pub(crate) fn now(&self) -> (Listener, Duration) {
        self.with(|(state, since)| (state.clone(), since.elapsed()))
    }

    pub(super) fn listens(&self) {
        self.with(|known| *known = (Listener::Listening, Instant::now()));
    }

    pub(super) fn drains(&self) {
        self.with(|known| *known = (Listener::Draining, Instant::now()));
    }

    /// A client came, or could not. One that comes while it drains changes nothing.
    pub(super) fn accepted(&self, answer: Result<(), &io::Error>) {
        self.with(|(state, since)| match (&*state, answer) {
            (Listener::Failed(_), Ok(())) => {
                (*state, *since) = (Listener::Listening, Instant::now());
            }
            // An error that follows another changes nothing but the words.
            (Listener::Failed(_), Err(error)) => *state = Listener::Failed(error.to_string()),
            (Listener::Starting | Listener::Listening, Err(error)) => {
                (*state, *since) = (Listener::Failed(error.to_string()), Instant::now());
            }
            _ => {}
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut (Listener, Instant)) -> T) -> T {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fails_until_the_next_client_comes_and_drains_for_good() {
        let health = HttpHealth::new();
        let check = |expected: Listener| assert_eq!(health.now().0, expected);
        let broken = |words: &str| io::Error::other(words.to_owned());
        check(Listener::Starting);
        health.listens();
        health.accepted(Ok(()));
        check(Listener::Listening);
        health.accepted(Err(&broken("too many open files")));
        health.accepted(Err(&broken("no memory")));
        check(Listener::Failed("no memory".to_owned()));
        health.accepted(Ok(()));
        check(Listener::Listening);
        health.drains();
        health.accepted(Err(&broken("no memory")));
        health.accepted(Ok(()));
        check(Listener::Draining);
    }
}
