//! Whether a service can work, and if not, since when and why.

use std::{
    collections::BTreeMap,
    mem::discriminant,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{argument::Needs, report::State};

/// What a service cannot work without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dependency {
    Broker,
    Database,
    Objects,
    SysMap,
}

impl Dependency {
    /// Those of a service whose functions have these needs.
    pub(super) fn of(needs: Needs) -> impl Iterator<Item = Self> {
        let all = [
            (Self::Broker, true),
            (Self::Database, needs.database),
            (Self::Objects, needs.objects),
            (Self::SysMap, true),
        ];
        all.into_iter()
            .filter_map(|(dependency, needed)| needed.then_some(dependency))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Database => "database",
            Self::Objects => "objects",
            Self::SysMap => "sys-map",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Broker => 1,
            Self::Database => 2,
            Self::Objects => 4,
            Self::SysMap => 8,
        }
    }
}

/// A service's health at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) service: String,
    pub(crate) state: State,
    /// How long the consumer has been in its state.
    pub(crate) lasting: Duration,
    pub(crate) dependencies: Vec<DependencyHealth>,
}

/// One dependency's part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DependencyHealth {
    pub(crate) dependency: Dependency,
    pub(crate) answer: Answer,
    /// How long it has been so.
    pub(crate) lasting: Duration,
}

/// What a dependency answered last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was not asked yet, which is nothing against it.
    NotUsed,
    Worked,
    /// In its own words.
    Failed(String),
}

impl Answer {
    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(error) => Some(error),
            Self::NotUsed | Self::Worked => None,
        }
    }
}

impl Health {
    /// Whether messages get worked on.
    pub(crate) fn is_ready(&self) -> bool {
        let up = |it: &DependencyHealth| it.answer.error().is_none();
        self.state == State::Ready && self.dependencies.iter().all(up)
    }
}

/// Follows a service's health.
#[derive(Debug)]
pub(super) struct Watch {
    /// The bits of the dependencies that are up: a message that finds its own there takes no lock.
    up: AtomicU8,
    watched: Mutex<Watched>,
}

#[derive(Debug)]
struct Watched {
    state: State,
    since: Instant,
    /// Whether it was ready before.
    was_ready: bool,
    dependencies: BTreeMap<Dependency, (Answer, Instant)>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            up: AtomicU8::new(0),
            watched: Mutex::new(Watched {
                state: State::Starting,
                since: Instant::now(),
                was_ready: false,
                dependencies: BTreeMap::new(),
            }),
        }
    }
}

impl Watch {
    pub(super) fn current(&self) -> State {
        self.with(|watched| watched.state)
    }

    /// Says whether the consumer is ready again.
    pub(super) fn state(&self, state: State) -> bool {
        self.with(|watched| {
            if watched.state == state {
                return false;
            }
            watched.state = state;
            watched.since = Instant::now();
            state == State::Ready && std::mem::replace(&mut watched.was_ready, true)
        })
    }

    /// A dependency is to be told of, though it was not used yet.
    pub(super) fn expect(&self, dependency: Dependency) {
        self.with(|watched| {
            let not_used = || (Answer::NotUsed, Instant::now());
            watched
                .dependencies
                .entry(dependency)
                .or_insert_with(not_used);
        });
    }

    /// One use worked. Says whether it was the first: after an outage, one of many is no sign of its end.
    pub(super) fn used(&self, dependency: Dependency) -> bool {
        if self.is_up(dependency) {
            return false;
        }
        let failed = self.with(|watched| {
            let known = watched.dependencies.get(&dependency);
            known.is_some_and(|(answer, _)| answer.error().is_some())
        });
        !failed && self.dependency(dependency, Ok(()))
    }

    /// Says whether that is news.
    pub(super) fn dependency(&self, dependency: Dependency, answer: Result<(), String>) -> bool {
        if answer.is_ok() && self.is_up(dependency) {
            return false;
        }
        self.with(|watched| {
            let answer = match answer {
                Ok(()) => {
                    self.up.fetch_or(dependency.bit(), Ordering::Relaxed);
                    Answer::Worked
                }
                Err(error) => {
                    self.up.fetch_and(!dependency.bit(), Ordering::Relaxed);
                    Answer::Failed(error)
                }
            };
            let now = Instant::now();
            let (known, since) = watched
                .dependencies
                .entry(dependency)
                .or_insert_with(|| (Answer::NotUsed, now));
            // An error that follows another changes nothing but the words.
            if discriminant(known) != discriminant(&answer) {
                *since = now;
            }
            *known = answer;
        });
        true
    }

    pub(super) fn is_up(&self, dependency: Dependency) -> bool {
        self.up.load(Ordering::Relaxed) & dependency.bit() != 0
    }

    pub(super) fn health(&self, service: &str) -> Health {
        self.with(|watched| Health {
            service: service.to_owned(),
            state: watched.state,
            lasting: watched.since.elapsed(),
            dependencies: watched
                .dependencies
                .iter()
                .map(|(dependency, (answer, since))| DependencyHealth {
                    dependency: *dependency,
                    answer: answer.clone(),
                    lasting: since.elapsed(),
                })
                .collect(),
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Watched) -> T) -> T {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dependency_is_down_since_its_first_error_with_its_latest() {
        let moment = Duration::from_millis(5);
        let watch = Watch::default();
        assert!(!watch.state(State::Ready), "ready for the first time");
        assert!(watch.dependency(Dependency::Broker, Ok(())));
        assert!(!watch.dependency(Dependency::Broker, Ok(())), "no news");
        assert!(watch.health("sniff").is_ready());
        watch.dependency(Dependency::Objects, Err("refused".to_owned()));
        tokio::time::sleep(moment).await;
        watch.dependency(Dependency::Objects, Err("timed out".to_owned()));
        let health = watch.health("sniff");
        assert!(!health.is_ready());
        let objects = &health.dependencies[1];
        assert_eq!(objects.dependency, Dependency::Objects);
        assert_eq!(objects.answer.error(), Some("timed out"));
        assert!(objects.lasting >= moment, "since the first: {objects:?}");
        watch.dependency(Dependency::Objects, Ok(()));
        assert!(watch.health("sniff").dependencies[1].lasting < objects.lasting);
        assert!(watch.health("sniff").is_ready());
        watch.state(State::Starting);
        assert!(watch.state(State::Ready), "ready again");
    }

    #[test]
    fn what_was_not_used_yet_is_told_and_does_not_count_against_a_service() {
        let watch = Watch::default();
        watch.state(State::Ready);
        watch.expect(Dependency::Database);
        let answer = || watch.health("sniff").dependencies[0].answer.clone();
        assert_eq!(answer(), Answer::NotUsed);
        assert!(watch.health("sniff").is_ready());

        assert!(watch.used(Dependency::Database));
        assert!(!watch.used(Dependency::Database), "no news");
        assert_eq!(answer(), Answer::Worked);
        watch.expect(Dependency::Database);
        assert_eq!(answer(), Answer::Worked, "it was used");

        watch.dependency(Dependency::Database, Err("refused".to_owned()));
        assert!(!watch.used(Dependency::Database), "it began before");
        assert!(!watch.health("sniff").is_ready());
    }
}
