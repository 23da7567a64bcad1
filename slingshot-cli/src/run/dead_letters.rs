//! The requests that failed for good.

use slingshot_runtime::client::Queues;

use super::plan::Plan;
use crate::{
    embedded::Embedded,
    exit::Failure,
    failures::{no_broker, unreachable_broker},
};

/// How many of a queue are listed.
const LISTED: usize = 20;

/// A line for each dead letter of the services of a run.
///
/// # Errors
///
/// If the broker does not answer.
pub(crate) async fn list(embedded: &Embedded, plan: &Plan) -> Result<Vec<String>, Failure> {
    let system = embedded.system();
    let broker = system.rabbitmq.as_ref().ok_or_else(no_broker)?;
    let queues = Queues::connect(broker).await.map_err(unreachable_broker)?;
    let mut lines = Vec::new();
    for service in &plan.services {
        let queue = format!("{}.dlq", service.queue);
        let letters = queues
            .dead_letters(&queue, LISTED)
            .await
            .map_err(unreachable_broker)?;
        let more = match queues.depth(&queue).await.map_err(unreachable_broker)? {
            Some(depth) => depth.ready.saturating_sub(letters.len() as u64),
            None => 0,
        };
        for letter in letters {
            lines.push(format!(
                "{queue}  id {}  {}: {}",
                letter.body,
                letter.service.as_deref().unwrap_or(&service.name),
                letter.reason.as_deref().unwrap_or("no reason given"),
            ));
        }
        if more > 0 {
            lines.push(format!("{queue}  and {more} more"));
        }
    }
    Ok(lines)
}
