//! What a test says, held against the system.

use std::collections::BTreeSet;

use super::{Begin, Routes, TestFinding, listed, reached::Reached};
use crate::{
    assertions::RouteTest,
    diagnostic::{Findings, Label},
    source::Spanned,
    system::{Boundary, Route, Service},
    wiring::Queue,
};

impl Routes<'_> {
    pub(super) fn run(&self, test: &RouteTest, begin: &Begin<'_>, failures: &mut Findings) {
        let reached = self.reach(begin);
        if let (Some(direct), Some((_, route))) = (&test.direct, begin.emits) {
            direct_queues(direct, route, failures);
        }
        for name in &test.reaches {
            if !self.is_reached(&reached, &name.value) {
                failures.push(TestFinding {
                    message: format!("`{}` is not reached", name.value),
                    labels: vec![
                        Label::primary(&name.span, "not reached"),
                        Label::secondary(begin.at, self.told(&reached)),
                    ],
                    help: None,
                });
            }
        }
        for name in &test.not_reaches {
            if self.is_reached(&reached, &name.value) {
                failures.push(self.reached_after_all(&reached, name, begin));
            }
        }
        self.follow(test, begin, failures);
        if let Some(ends) = &test.ends {
            self.ends(ends, begin, &reached, failures);
        }
    }

    /// Each service of a path must feed the next.
    fn follow(&self, test: &RouteTest, begin: &Begin<'_>, failures: &mut Findings) {
        let mut path = test
            .path
            .iter()
            .filter_map(|name| Some((self.service_index(&name.value)?, name)));
        let Some((first, name)) = path.next() else {
            return;
        };
        let mut fed: Vec<usize> = begin.queues.clone();
        let mut from = (begin.at, "what it begins with".to_owned());
        let is_emitter = begin.emits.is_some_and(|(service, _)| service == first);
        let rest = path;
        let mut steps = Vec::new();
        if !is_emitter {
            steps.push((first, name));
        }
        steps.extend(rest);
        for (service, name) in steps {
            let inbound = self
                .wiring
                .queue_index(&self.wiring.service(service).inbound.value);
            if inbound.is_none_or(|inbound| !fed.contains(&inbound)) {
                let names: Vec<_> = fed
                    .iter()
                    .map(|&queue| format!("`{}`", self.wiring.queues[queue].name))
                    .collect();
                failures.push(TestFinding {
                    message: format!("{} does not feed `{}`", from.1, name.value),
                    labels: vec![
                        Label::primary(&name.span, "not the next"),
                        Label::secondary(from.0, listed("feeds", &names)),
                    ],
                    help: None,
                });
                return;
            }
            let service = self.wiring.service(service);
            from = (&service.routes_at, format!("`{}`", service.name.value));
            fed = self.fed_by(service);
        }
    }

    fn fed_by(&self, service: &Service) -> Vec<usize> {
        let queues = service.routes.iter().flat_map(|route| &route.queues);
        let queues: BTreeSet<_> = queues
            .filter_map(|queue| self.wiring.queue_index(&queue.value))
            .collect();
        queues.into_iter().collect()
    }

    /// What is reached must be able to end, or must not.
    fn ends(
        &self,
        ends: &Spanned<bool>,
        begin: &Begin<'_>,
        reached: &Reached,
        failures: &mut Findings,
    ) {
        let all = 0..self.wiring.service_count();
        let can_end = self
            .wiring
            .upstream(all.filter(|service| self.has_end(*service)));
        let stuck = (0..self.wiring.service_count())
            .find(|&service| reached.services[service] && !can_end[service]);
        let mut queues = self.wiring.queues.iter().zip(&reached.queues);
        let left = queues.find(|(queue, step)| step.is_some() && self.is_left(queue));
        let label = match (stuck, left) {
            (Some(service), _) => {
                let service = self.wiring.service(service);
                let text = format!("from `{}`, nothing comes to an end", service.name.value);
                Some(Label::secondary(&service.name.span, text))
            }
            (None, Some((queue, _))) => {
                let text = format!(
                    "what comes to `{}` stays there: nobody reads it",
                    queue.name
                );
                Some(Label::secondary(queue.at, text))
            }
            (None, None) => None,
        };
        if ends.value == label.is_none() {
            return;
        }
        let (message, text) = if ends.value {
            ("not everything comes to an end", "does not hold")
        } else {
            ("everything comes to an end", "it does end")
        };
        let mut labels = vec![
            Label::primary(&ends.span, text),
            Label::secondary(begin.at, "begins here"),
        ];
        labels.extend(label);
        failures.push(TestFinding {
            message: message.to_owned(),
            labels,
            help: None,
        });
    }

    /// A case without queues, a service without results, or a queue that is drained from outside.
    fn has_end(&self, service: usize) -> bool {
        let routes = &self.wiring.service(service).routes;
        let leaves = |route: &Route| {
            let mut queues = route
                .queues
                .iter()
                .filter_map(|queue| self.wiring.queue(&queue.value));
            route.queues.is_empty() || queues.any(|queue| queue.is_end() && !self.is_left(queue))
        };
        routes.is_empty() || routes.iter().any(leaves)
    }

    /// Whether messages pile up in a queue, as far as the system says who reads it.
    fn is_left(&self, queue: &Queue<'_>) -> bool {
        self.system.boundary == Boundary::Declared
            && queue.readers.is_empty()
            && queue.sink.is_none()
    }
}

fn direct_queues(direct: &Spanned<Vec<Spanned<String>>>, route: &Route, failures: &mut Findings) {
    let expected: BTreeSet<&str> = direct.value.iter().map(|queue| &*queue.value).collect();
    let real: BTreeSet<&str> = route.queues.iter().map(|queue| &*queue.value).collect();
    if expected == real {
        return;
    }
    let quoted: Vec<_> = real.iter().map(|name| format!("`{name}`")).collect();
    let mut labels = vec![
        Label::primary(&direct.span, "other queues are expected"),
        Label::secondary(&route.span, listed("goes to", &quoted)),
    ];
    let missing = direct
        .value
        .iter()
        .filter(|queue| !real.contains(&*queue.value));
    labels.extend(missing.map(|queue| Label::secondary(&queue.span, "not among them")));
    failures.push(TestFinding {
        message: format!("the case {} does not go to these queues", route.case.value),
        labels,
        help: None,
    });
}
