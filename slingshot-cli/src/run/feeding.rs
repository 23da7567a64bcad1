//! Where the feeding of a session is: not begun, under way, done.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use slingshot_topology::System;
use tokio::{
    task::{JoinError, JoinHandle},
    time::timeout,
};

use super::feed::{Fed, Feed};
use crate::{
    exit::{Exit, Failure},
    interrupts::Interrupts,
    printer::Printer,
    project::Project,
};

/// How long the files that are on their way may take once the run is asked to stop.
const FINISH: Duration = Duration::from_secs(10);

/// The feeding of one session.
pub(crate) enum Feeding {
    /// Until everything is ready.
    Waiting(Feed),
    /// Beside the session.
    Sending {
        task: JoinHandle<Result<Fed, Failure>>,
        /// Asks the task to take nothing new.
        stop: Arc<AtomicBool>,
    },
    /// All is sent.
    Done(Fed),
}

impl Feeding {
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Begins, if it has not begun.
    pub(crate) fn start(&mut self, system: Arc<System>, project: &Project, printer: &Arc<Printer>) {
        let begun = match std::mem::replace(self, Self::Done(Fed::default())) {
            Self::Waiting(feed) => {
                let stop = Arc::new(AtomicBool::new(false));
                let printer = Arc::clone(printer);
                let send = feed.send(system, project.clone(), printer, Arc::clone(&stop));
                let task = tokio::spawn(send);
                Self::Sending { task, stop }
            }
            begun => begun,
        };
        *self = begun;
    }

    /// Waits until all is sent. Nothing to wait for is waited for without end.
    pub(crate) async fn sent(&mut self) -> Result<(), Failure> {
        let Self::Sending { task, .. } = self else {
            return std::future::pending().await;
        };
        let ended = task.await;
        *self = Self::Done(Fed::default());
        *self = Self::Done(joined(ended)?);
        Ok(())
    }

    /// Takes nothing new and lets what is on its way arrive; an interrupt meanwhile ends it at once.
    pub(crate) async fn finish(self, interrupts: &mut Interrupts) -> Result<Fed, Failure> {
        let (mut task, stop) = match self {
            Self::Waiting(_) => return Ok(Fed::default()),
            Self::Done(fed) => return Ok(fed),
            Self::Sending { task, stop } => (task, stop),
        };
        stop.store(true, Ordering::Relaxed);
        let ended = tokio::select! {
            ended = timeout(FINISH, &mut task) => ended.ok(),
            () = interrupts.next() => None,
        };
        match ended {
            Some(ended) => joined(ended),
            None => {
                task.abort();
                Err(Failure::new(Exit::Interrupted, "stopped while files were on their way")
                    .help("those in the table are sent; the others may have left an object without a request"))
            }
        }
    }
}

fn joined(ended: Result<Result<Fed, Failure>, JoinError>) -> Result<Fed, Failure> {
    ended.map_err(|error| Failure::new(Exit::Bug, "sending ended").because(error))?
}
