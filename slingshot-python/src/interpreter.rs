//! A thread that waits for the interpreter's lock in the place of the runtime's own, which read requests.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        OnceLock,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use pyo3::prelude::*;

use crate::door;

/// How much is done with the lock before others get it.
const AT_ONCE: usize = 32;

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

/// Does something short with the interpreter, soon, in the order in which it is asked for.
///
/// What waits is as much as there are calls under way, which their handlers' replicas bound.
pub(crate) fn soon(job: impl FnOnce(Python<'_>) + Send + 'static) {
    static JOBS: OnceLock<Sender<Job>> = OnceLock::new();

    let jobs = JOBS.get_or_init(|| {
        let (jobs, waiting) = mpsc::channel();
        thread::spawn(move || work(&waiting));
        jobs
    });
    // The thread ends with the process.
    drop(jobs.send(Box::new(job)));
}

fn work(waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        door::attach(|py| {
            for job in std::iter::once(first).chain(waiting.try_iter().take(AT_ONCE)) {
                // It is one call's; the others go on, and who waits for it learns that its sender is gone.
                drop(catch_unwind(AssertUnwindSafe(|| job(py))));
            }
        });
    }
}
