//! What `/readyz` says: a line for each consumer and for each thing that it depends on.

use std::{fmt::Write as _, time::Duration};

use serde_json::json;

use crate::{
    http::Listener,
    meter::{Answer, Health},
};

/// The readiness of a process.
pub(super) struct Readiness {
    /// The process is on its way out.
    pub(super) draining: bool,
    pub(super) services: Vec<Health>,
    /// The handlers' listener, and for how long it has been so.
    pub(super) listener: Option<(Listener, Duration)>,
}

impl Readiness {
    pub(super) fn is_ready(&self) -> bool {
        let listens = |(listener, _): &(Listener, _)| *listener == Listener::Listening;
        !self.draining
            && self.services.iter().all(Health::is_ready)
            && self.listener.iter().all(listens)
    }

    fn word(&self) -> &'static str {
        match (self.draining, self.is_ready()) {
            (true, _) => "draining",
            (false, true) => "ready",
            (false, false) => "not ready",
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.word());
        let mut line = |service: &str, part: &str, says: &str, lasting: Duration| {
            let seconds = lasting.as_secs();
            writeln!(text, "{service} {part}: {says} (for {seconds} s)")
                .expect("a string takes any text");
        };
        for health in &self.services {
            line(
                &health.service,
                "consumer",
                health.state.name(),
                health.lasting,
            );
            for it in &health.dependencies {
                let says = it.answer.error().unwrap_or_else(|| word(&it.answer));
                line(&health.service, it.dependency.name(), says, it.lasting);
            }
        }
        if let Some((listener, lasting)) = &self.listener {
            let says = listener.error().unwrap_or_else(|| listener.name());
            line("http", "listener", says, *lasting);
        }
        text
    }

    pub(super) fn json(&self) -> String {
        let services = self.services.iter().map(|health| {
            let dependencies = health.dependencies.iter().map(|it| {
                json!({
                    "name": it.dependency.name(),
                    "state": word(&it.answer),
                    "error": it.answer.error(),
                    "seconds": it.lasting.as_secs(),
                })
            });
            json!({
                "name": health.service,
                "ready": health.is_ready(),
                "consumer": { "state": health.state.name(), "seconds": health.lasting.as_secs() },
                "dependencies": dependencies.collect::<Vec<_>>(),
            })
        });
        json!({
            "ready": self.is_ready(),
            "draining": self.draining,
            "services": services.collect::<Vec<_>>(),
            "listener": self.listener.as_ref().map(|(listener, lasting)| {
                json!({
                    "state": listener.name(),
                    "error": listener.error(),
                    "seconds": lasting.as_secs(),
                })
            }),
        })
        .to_string()
    }
}

fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::NotUsed => "not used yet",
        Answer::Worked => "ok",
        Answer::Failed(_) => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        meter::{Dependency, DependencyHealth},
        report::State,
    };

    fn sniff(state: State, error: Option<&str>) -> Readiness {
        Readiness {
            draining: false,
            services: vec![Health {
                service: "sniff".to_owned(),
                state,
                lasting: Duration::from_secs(4),
                dependencies: vec![
                    DependencyHealth {
                        dependency: Dependency::Broker,
                        answer: error.map_or(Answer::Worked, |it| Answer::Failed(it.to_owned())),
                        lasting: Duration::from_millis(2_500),
                    },
                    DependencyHealth {
                        dependency: Dependency::Database,
                        answer: Answer::NotUsed,
                        lasting: Duration::from_secs(4),
                    },
                ],
            }],
            listener: None,
        }
    }

    #[test]
    fn a_line_says_what_each_part_does_and_for_how_long() {
        let ready = sniff(State::Ready, None);
        assert_eq!(
            ready.text(),
            "ready\nsniff consumer: ready (for 4 s)\nsniff broker: ok (for 2 s)\n\
             sniff database: not used yet (for 4 s)\n"
        );
        let broken = sniff(State::Starting, Some("connection refused"));
        assert_eq!(
            broken.text(),
            "not ready\nsniff consumer: starting (for 4 s)\nsniff broker: connection refused (for 2 s)\n\
             sniff database: not used yet (for 4 s)\n"
        );
        let mut draining = sniff(State::Draining, None);
        draining.draining = true;
        assert!(
            draining
                .text()
                .starts_with("draining\nsniff consumer: draining")
        );
    }

    #[test]
    fn the_listener_of_the_handlers_has_a_line_too() {
        let check = |listener: Listener, expected: &str| {
            let mut readiness = sniff(State::Ready, None);
            readiness.listener = Some((listener, Duration::from_secs(4)));
            let text = readiness.text();
            let lines: Vec<_> = text.lines().collect();
            let said = [lines[0], lines[lines.len() - 1]];
            assert_eq!(said.join("; "), expected);
        };
        check(
            Listener::Listening,
            "ready; http listener: listening (for 4 s)",
        );
        check(
            Listener::Starting,
            "not ready; http listener: starting (for 4 s)",
        );
        check(
            Listener::Failed("too many open files".to_owned()),
            "not ready; http listener: too many open files (for 4 s)",
        );
    }

    #[test]
    fn machines_read_the_same() {
        let mut broken = sniff(State::Ready, Some("refused"));
        let failed = Listener::Failed("no memory".to_owned());
        broken.listener = Some((failed, Duration::from_secs(1)));
        let read: serde_json::Value = serde_json::from_str(&broken.json()).unwrap();
        assert_eq!(
            read,
            json!({
                "ready": false, "draining": false,
                "services": [{
                    "name": "sniff", "ready": false,
                    "consumer": { "state": "ready", "seconds": 4 },
                    "dependencies": [
                        { "name": "broker", "state": "error", "error": "refused", "seconds": 2 },
                        { "name": "database", "state": "not used yet", "error": null, "seconds": 4 },
                    ],
                }],
                "listener": { "state": "failed", "error": "no memory", "seconds": 1 },
            })
        );
    }
}
