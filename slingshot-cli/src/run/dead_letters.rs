//! The requests that failed for good, in this run or before it.

use std::{fmt, ops::ControlFlow};

use slingshot_runtime::client::Queues;

use super::plan::Plan;
use crate::{
    embedded::Embedded,
    exit::Failure,
    failures::{no_broker, unreachable_broker},
};

/// How many of a queue are listed.
const LISTED: u64 = 20;

/// The dead letters of the services of a run.
#[derive(Debug, Default)]
pub(crate) struct DeadLetters {
    lines: Vec<String>,
}

impl DeadLetters {
    /// Looks at the dead letters, which stay where they are.
    ///
    /// # Errors
    ///
    /// If the broker does not answer.
    pub(crate) async fn list(embedded: &Embedded, plan: &Plan) -> Result<Self, Failure> {
        let system = embedded.system();
        let broker = system.rabbitmq.as_ref().ok_or_else(no_broker)?;
        let queues = Queues::connect(broker).await.map_err(unreachable_broker)?;
        let mut lines = Vec::new();
        for service in &plan.services {
            let queue = format!("{}.dlq", service.queue);
            let looked = queues.look_through(&queue, LISTED, |letter| {
                lines.push(format!(
                    "{queue}  id {}  {}{}: {}",
                    String::from_utf8_lossy(&letter.body),
                    letter
                        .failed_at
                        .map_or(String::new(), |at| format!("{at}  ")),
                    letter.service.as_deref().unwrap_or(&service.name),
                    letter.message.as_deref().unwrap_or("no reason given"),
                ));
                ControlFlow::Continue(())
            });
            let looked = looked.await.map_err(unreachable_broker)?;
            let more = looked.map_or(0, |looked| looked.ready - looked.seen);
            if more > 0 {
                lines.push(format!("{queue}  and {more} more"));
            }
        }
        Ok(Self { lines })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl fmt::Display for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Dead letters, those of earlier runs included:")?;
        for line in &self.lines {
            writeln!(f, "  {line}")?;
        }
        write!(
            f,
            "They stay in their queues. `slingshot dlq` shows them, tries them again (replay) and deletes them (drop)."
        )
    }
}
