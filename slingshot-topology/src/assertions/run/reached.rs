//! What a request can come to.

use std::collections::VecDeque;

use super::{Begin, Found, Routes, TestFinding, listed};
use crate::{diagnostic::Label, source::Spanned};

/// What is reached from somewhere.
pub(super) struct Reached {
    /// For each queue, the service that feeds it first and the place of that, if it is not where the test begins.
    pub(super) queues: Vec<Option<Step>>,
    pub(super) services: Vec<bool>,
}

#[derive(Clone, Copy)]
pub(super) enum Step {
    Begin,
    By {
        service: usize,
        route: usize,
        queue: usize,
    },
}

impl Routes<'_> {
    /// From the nearest to the farthest.
    pub(super) fn reach(&self, begin: &Begin<'_>) -> Reached {
        let mut reached = Reached {
            queues: vec![None; self.wiring.queues.len()],
            services: vec![false; self.wiring.service_count()],
        };
        let mut waiting = VecDeque::new();
        for &queue in &begin.queues {
            reached.queues[queue] = Some(Step::Begin);
            waiting.push_back(queue);
        }
        while let Some(queue) = waiting.pop_front() {
            for &service in &self.wiring.queues[queue].readers {
                if std::mem::replace(&mut reached.services[service], true) {
                    continue;
                }
                let routes = self.wiring.service(service).routes.iter().enumerate();
                let fed =
                    routes.flat_map(|(route, it)| it.queues.iter().map(move |to| (route, to)));
                for (route, to) in fed {
                    let to = self
                        .wiring
                        .queue_index(&to.value)
                        .filter(|to| reached.queues[*to].is_none());
                    if let Some(to) = to {
                        reached.queues[to] = Some(Step::By {
                            service,
                            route,
                            queue,
                        });
                        waiting.push_back(to);
                    }
                }
            }
        }
        reached
    }

    pub(super) fn is_reached(&self, reached: &Reached, name: &str) -> bool {
        match self.find(name) {
            Some(Found::Queue(queue)) => reached.queues[queue].is_some(),
            Some(Found::Service(service)) => reached.services[service],
            None => false,
        }
    }

    /// The queues that are reached, in words.
    pub(super) fn told(&self, reached: &Reached) -> String {
        let queues = self.wiring.queues.iter().zip(&reached.queues);
        let queues = queues.filter(|(_, step)| step.is_some());
        let names: Vec<_> = queues
            .map(|(queue, _)| format!("`{}`", queue.name))
            .collect();
        listed("reaches", &names)
    }

    /// The way there, step by step.
    pub(super) fn reached_after_all(
        &self,
        reached: &Reached,
        name: &Spanned<String>,
        begin: &Begin<'_>,
    ) -> TestFinding {
        let mut queue = match self.find(&name.value) {
            Some(Found::Queue(queue)) => Some(queue),
            Some(Found::Service(service)) => self
                .wiring
                .queue_index(&self.wiring.service(service).inbound.value),
            None => None,
        };
        let mut steps = Vec::new();
        while let Some(at) = queue {
            queue = None;
            if let Some(Step::By {
                service,
                route,
                queue: before,
            }) = reached.queues[at]
            {
                steps.push((service, route, self.wiring.queues[at].name));
                queue = Some(before);
            }
        }
        let mut labels = vec![
            Label::primary(&name.span, "reached"),
            Label::secondary(begin.at, "begins here"),
        ];
        for (number, (service, route, to)) in steps.into_iter().rev().enumerate() {
            let service = self.wiring.service(service);
            let name = &service.name.value;
            let text = format!("step {}: `{name}` feeds `{to}`", number + 1);
            let at = service
                .routes
                .get(route)
                .map_or(&service.routes_at, |route| &route.span);
            labels.push(Label::secondary(at, text));
        }
        TestFinding {
            message: format!("`{}` is reached", name.value),
            labels,
            help: None,
        }
    }
}
