//! A process's bus, where it goes over a broker: it runs beside the services and handlers, and ends after them.

use std::sync::Arc;

use tokio::{sync::Notify, task::JoinHandle};

use super::{DRAINED, FAILED, GAVE_WORK_BACK, MISCONFIGURED};
use crate::{
    bus::{BusError, BusLife, Hub, Remote},
    drain::{Drain, DrainControl},
    environment::{BusKind, Environment},
    metrics::Metrics,
};

/// None: calls stay in the process.
pub(super) fn over_broker(
    environment: &Environment,
    sys_map: Option<String>,
    metrics: &Metrics,
) -> Result<Option<(BusLife, Remote)>, BusError> {
    match environment.bus {
        BusKind::Process => Ok(None),
        BusKind::Amqp => BusLife::new(sys_map, &environment.access, metrics).map(Some),
    }
}

/// A bus that keeps itself connected.
pub(super) struct RunningBus {
    task: JoinHandle<u8>,
    unused: Arc<Notify>,
}

impl RunningBus {
    pub(super) fn start(
        life: BusLife,
        hub: Arc<Hub>,
        drain: Drain,
        control: Arc<DrainControl>,
    ) -> Self {
        let unused = Arc::new(Notify::new());
        let until = Arc::clone(&unused);
        let task = tokio::spawn(async move {
            let ended = life.run(hub, drain, until).await;
            // One that failed takes the process with it, as a service does.
            control.begin();
            code(ended)
        });
        Self { task, unused }
    }

    /// Ends it, now that nobody calls any more.
    pub(super) async fn finish(self) -> u8 {
        self.unused.notify_one();
        self.task.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "the bus's task broke");
            FAILED
        })
    }
}

fn code(ended: Result<usize, BusError>) -> u8 {
    match ended {
        Ok(0) => DRAINED,
        Ok(cut_off) => {
            tracing::warn!(cut_off, "calls over the bus were cut off");
            GAVE_WORK_BACK
        }
        Err(error) => {
            tracing::error!(%error, "the bus ended");
            if error.is_configuration() {
                MISCONFIGURED
            } else {
                FAILED
            }
        }
    }
}
