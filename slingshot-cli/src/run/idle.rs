//! Whether a system has nothing left to do.

use slingshot_local::broker::QueueStatus;
use slingshot_runtime::client::Queues;

use super::{plan::Plan, statistics::Statistics};
use crate::{embedded::Embedded, exit::Failure, failures::unreachable_broker};

/// An outside broker counts only what is ready, and reports lag behind it: one quiet moment may fall
/// between the two. On a machine that is short of time several may, so that each is by reports of its own.
const QUIET_LOOKS: u32 = 3;

/// Looks at the queues that the services of a run read.
#[derive(Debug)]
pub(crate) struct Idle {
    /// The connection to a broker that is not embedded.
    outside: Option<Queues>,
    quiet: u32,
}

impl Idle {
    /// # Errors
    ///
    /// If the broker is not embedded and cannot be reached.
    pub(crate) async fn new(embedded: &Embedded) -> Result<Self, Failure> {
        let system = embedded.system();
        let outside = match (embedded.broker(), &system.rabbitmq) {
            (None, Some(broker)) => {
                Some(Queues::connect(broker).await.map_err(unreachable_broker)?)
            }
            _ => None,
        };
        Ok(Self { outside, quiet: 0 })
    }

    /// Requests that wait or are being worked on: none is left when this has answered 0.
    ///
    /// # Errors
    ///
    /// If the broker is not embedded and does not answer.
    pub(crate) async fn left(
        &mut self,
        embedded: &Embedded,
        plan: &Plan,
        statistics: &mut Statistics,
    ) -> Result<u64, Failure> {
        let Some(outside) = &self.outside else {
            let queues = embedded
                .broker()
                .map(slingshot_local::broker::Broker::queues);
            return Ok(in_queues(plan, &queues.unwrap_or_default()));
        };
        let mut left = statistics.in_flight();
        for service in &plan.services {
            left += ready(outside, &service.queue).await?;
        }
        if left == 0 {
            for tier in statistics.tiers() {
                left += ready(outside, tier).await?;
            }
        }
        if left > 0 {
            self.quiet = 0;
        } else if statistics.take_news() {
            self.quiet += 1;
        }
        Ok(if self.quiet >= QUIET_LOOKS {
            0
        } else {
            left.max(1)
        })
    }
}

async fn ready(outside: &Queues, queue: &str) -> Result<u64, Failure> {
    let depth = outside.depth(queue).await.map_err(unreachable_broker)?;
    Ok(depth.map_or(0, |depth| depth.ready))
}

/// The embedded broker shows all queues at one moment, and a message is in the next queue before it
/// leaves the last: when these are empty, nothing is on its way. A request that waits for its next
/// attempt is in `<queue>.retry.<delay>`.
fn in_queues(plan: &Plan, queues: &[QueueStatus]) -> u64 {
    let is_ours = |name: &str| {
        plan.services.iter().any(|service| {
            name.strip_prefix(service.queue.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(".retry."))
        })
    };
    queues
        .iter()
        .filter(|queue| is_ours(&queue.name))
        .map(|queue| queue.ready + queue.unacknowledged)
        .sum()
}
