//! The queues that a system needs, and how Slingshot's services declare them.

use std::time::Duration;

use slingshot_settings::{Retry, duration};

use crate::{
    definitions::ArgumentValue,
    hashing::HashSet,
    source::Span,
    system::{QueueType, Service, System},
};

/// A queue that has to be there for a system to work.
#[derive(Clone, Debug)]
pub struct NeededQueue<'s> {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The service that reads it, if one does.
    pub service: Option<&'s Service>,
    /// Where the map names it, or the queue that it belongs to.
    pub at: &'s Span,
    /// The arguments of its declaration. It is durable, and nothing else.
    pub arguments: Vec<(&'static str, ArgumentValue)>,
}

/// What a queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A service reads it.
    Inbound,
    /// Results go to it, and something outside the map reads it.
    Outbound,
    /// Requests that failed for good.
    DeadLetters,
    /// Requests that wait for their next attempt.
    Tier,
}

impl System {
    /// Every queue that the services of this system declare when they start, each once: those that they read
    /// and feed, with the dead letters' queue and the tiers of each that is read. An annotation may have a
    /// retry of its own, which the map knows only if it says so.
    pub fn needed_queues(&self) -> Vec<NeededQueue<'_>> {
        let mut queues = Needed::default();
        for service in &self.services {
            let queue = &service.inbound;
            queues.add(NeededQueue {
                name: queue.value.to_string(),
                role: Role::Inbound,
                service: Some(service),
                at: &queue.span,
                arguments: kind(service.queue_type),
            });
        }
        let routes = self.services.iter().flat_map(|service| &service.routes);
        for queue in routes.flat_map(|route| &route.queues) {
            queues.add(NeededQueue {
                name: queue.value.to_string(),
                role: Role::Outbound,
                service: None,
                at: &queue.span,
                arguments: Vec::new(),
            });
        }
        for service in &self.services {
            for queue in behind(service) {
                queues.add(queue);
            }
        }
        queues.all
    }
}

/// Queues in the order in which they were met.
#[derive(Default)]
struct Needed<'s> {
    all: Vec<NeededQueue<'s>>,
    known: HashSet<String>,
}

impl<'s> Needed<'s> {
    fn add(&mut self, queue: NeededQueue<'s>) {
        if self.known.insert(queue.name.clone()) {
            self.all.push(queue);
        }
    }
}

fn kind(queue_type: Option<QueueType>) -> Vec<(&'static str, ArgumentValue)> {
    let kind = queue_type.map(|kind| ArgumentValue::Text(kind.as_str().to_owned()));
    kind.map(|kind| ("x-queue-type", kind))
        .into_iter()
        .collect()
}

/// What a service declares behind the queue that it reads.
fn behind(service: &Service) -> impl Iterator<Item = NeededQueue<'_>> {
    let queue = &service.inbound.value;
    let of = |name: String, role, arguments| NeededQueue {
        name,
        role,
        service: Some(service),
        at: &service.inbound.span,
        arguments,
    };
    let dead = of(format!("{queue}.dlq"), Role::DeadLetters, Vec::new());
    let tiers = delays(service.retry.unwrap_or_default());
    let tiers = tiers.map(move |delay| {
        let name = format!("{queue}.retry.{}", duration::written(delay));
        of(name, Role::Tier, tier_arguments(queue, delay))
    });
    std::iter::once(dead).chain(tiers)
}

/// How long failed messages wait, each once, from short to long.
fn delays(retry: Retry) -> impl Iterator<Item = Duration> {
    let retry = retry.bounded();
    let mut last = None;
    let delays = (1..retry.max).map(move |attempt| retry.delay_after(attempt));
    delays.take_while(move |delay| last.replace(*delay) != Some(*delay))
}

/// A quorum queue that keeps a message until its own queue has it.
fn tier_arguments(queue: &str, delay: Duration) -> Vec<(&'static str, ArgumentValue)> {
    let milliseconds = i128::try_from(delay.as_millis()).unwrap_or(i128::MAX);
    let text = |value: &str| ArgumentValue::Text(value.to_owned());
    vec![
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text(queue)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-message-ttl", ArgumentValue::Integer(milliseconds)),
        ("x-overflow", text("reject-publish")),
        ("x-queue-type", text("quorum")),
    ]
}
