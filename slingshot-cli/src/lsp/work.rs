//! Analysing beside the conversation: one analysis at a time, after the editor has been still for a moment.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::time::Instant;

use super::analysis::{Analysed, Changes, Job};

/// How long nothing must have been typed. Nobody reads findings of a word by halves.
const STILL: Duration = Duration::from_millis(200);

/// What is to be analysed, and when.
#[derive(Debug)]
pub(super) struct Work {
    jobs: Sender<Job>,
    /// What each analysis came to; `None` if it came to nothing, by a bug of ours.
    pub(super) results: Receiver<Option<Vec<Arc<Analysed>>>>,
    changes: Changes,
    due: Option<Instant>,
    is_running: bool,
}

impl Work {
    pub(super) fn start() -> Self {
        let (jobs, waiting) = bounded::<Job>(1);
        let (done, results) = bounded(1);
        thread::spawn(move || {
            for job in waiting {
                if done
                    .send(catch_unwind(AssertUnwindSafe(|| job.run())).ok())
                    .is_err()
                {
                    return;
                }
            }
        });
        Self {
            jobs,
            results,
            changes: Changes::Nothing,
            due: None,
            is_running: false,
        }
    }

    /// Something has changed.
    pub(super) fn note(&mut self, note: impl FnOnce(&mut Changes)) {
        note(&mut self.changes);
        self.due = Some(Instant::now() + STILL);
    }

    /// Somebody waits for the result.
    pub(super) fn hurry(&mut self) {
        if self.due.is_some() {
            self.due = Some(Instant::now());
        }
    }

    /// Whether everything that has changed is analysed.
    pub(super) fn is_done(&self) -> bool {
        !self.is_running && self.due.is_none()
    }

    /// When there is something to begin.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.is_running)
    }

    /// Begins if it is time to.
    pub(super) fn begin(&mut self, job: impl FnOnce(Changes) -> Job) {
        if self.due().is_some_and(|due| due <= Instant::now()) {
            self.due = None;
            let changes = std::mem::take(&mut self.changes);
            // The worker is idle, and has room for it.
            self.is_running = self.jobs.send(job(changes)).is_ok();
        }
    }

    pub(super) fn ended(&mut self) {
        self.is_running = false;
    }
}
