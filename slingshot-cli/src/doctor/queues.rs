//! The queues of each service: whether they are there, are as they would be declared, and are read.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use slingshot_runtime::client::{Difference, QueueState, Queues};
use slingshot_settings::{Retry, duration};
use slingshot_topology::{QueueType, Service};

use super::{finding::Finding, system::Examined};
use crate::dlq::{grouped, letters};

/// How many queues are asked for at once.
const AT_ONCE: usize = 8;

/// Every service's queues, in the order of the file; a queue that two services read is looked at once.
pub(super) async fn queues(examined: &Examined, queues: &Queues) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let services = examined
        .system
        .services
        .iter()
        .filter(|service| seen.insert(&service.inbound.value));
    let found: Vec<_> = stream::iter(services)
        .map(|service| of_service(examined, service, queues))
        .buffered(AT_ONCE)
        .collect()
        .await;
    found.concat()
}

async fn of_service(examined: &Examined, service: &Service, queues: &Queues) -> Vec<Finding> {
    let queue = &service.inbound.value;
    let declared_as = service.queue_type.map(QueueType::as_str);
    let inspected = queues.inspect(queue, declared_as).await;
    let state = match inspected {
        Ok(state) => state,
        Err(error) => {
            let help = "may this user configure the queue? rabbitmqctl list_permissions";
            return vec![Finding::wrong(subject(queue), error.to_string(), help)];
        }
    };
    let mut findings = vec![match &state {
        None => Finding::not_looked_at(
            subject(queue),
            format!(
                "not there yet: `{}` makes it when it starts",
                service.name.value
            ),
        ),
        Some(state) => own(queue, &service.name.value, state),
    }];
    if state.is_some() {
        findings.push(waiting(queue, examined.retry(service), queues).await);
    }
    findings.push(dead(service, queues).await);
    findings
}

fn subject(queue: &str) -> String {
    format!("queue {queue}")
}

fn own(queue: &str, service: &str, state: &QueueState) -> Finding {
    let depth = state.depth;
    let plural = if depth.consumers == 1 { "" } else { "s" };
    let words = format!(
        "{} ready, {} consumer{plural}",
        grouped(depth.ready),
        depth.consumers
    );
    if let Some(difference) = &state.difference {
        return different(queue, &words, difference);
    }
    if depth.ready > 0 && depth.consumers == 0 {
        let help = format!("is `{service}` meant to run?");
        return Finding::doubtful(subject(queue), words + ": nobody reads it", help);
    }
    Finding::fine(subject(queue), format!("durable; {words}"))
}

fn different(queue: &str, words: &str, difference: &Difference) -> Finding {
    if difference.argument == "durable" {
        let help = format!(
            "it is used as it is; to make it durable (docs/guide/doctor.md says more):\n\
             1. stop what writes to it, and let its service work until it is empty\n\
             2. stop the service\n\
             3. rabbitmqctl delete_queue {queue} --if-empty --if-unused\n\
             4. start the service, which declares it durable, and then what writes to it"
        );
        return Finding::doubtful(
            subject(queue),
            format!("transient: it goes with all that is in it when the broker restarts; {words}"),
            help,
        );
    }
    let message = format!(
        "another {} than it would be declared with: {}; {words}",
        difference.argument, difference.words
    );
    let help = "it is used as it is; what its arguments do is then the broker's and not slingshot.toml's word";
    Finding::doubtful(subject(queue), message, help)
}

/// The queues in which messages wait for their next attempt.
async fn waiting(queue: &str, retry: Retry, queues: &Queues) -> Finding {
    let tiers: BTreeSet<_> = (1..retry.max)
        .map(|attempt| retry.delay_after(attempt))
        .collect();
    let (mut there, mut messages) = (0, 0);
    for delay in &tiers {
        let tier = format!("{queue}.retry.{}", duration::written(*delay));
        match queues.depth(&tier).await {
            Ok(None) => {}
            Ok(Some(depth)) => {
                there += 1;
                messages += depth.ready;
            }
            Err(error) => {
                let help = "may this user read the queue?";
                return Finding::wrong(subject(&tier), error.to_string(), help);
            }
        }
    }
    let words = format!(
        "{there} of {} retry queues there, {} waiting for another attempt",
        tiers.len(),
        grouped(messages)
    );
    Finding::fine(subject(&format!("{queue}.retry.*")), words)
}

async fn dead(service: &Service, queues: &Queues) -> Finding {
    let queue = format!("{}.dlq", service.inbound.value);
    match queues.depth(&queue).await {
        Ok(None) => Finding::not_looked_at(subject(&queue), "not there yet"),
        Ok(Some(depth)) if depth.ready == 0 => Finding::fine(subject(&queue), "no dead letters"),
        Ok(Some(depth)) => Finding::doubtful(
            subject(&queue),
            letters(depth.ready),
            format!("see why: slingshot dlq show {}", service.name.value),
        ),
        Err(error) => {
            let help = "may this user read the queue?";
            Finding::wrong(subject(&queue), error.to_string(), help)
        }
    }
}
