//! The door between the runtime's threads and the interpreter. It is closed before the interpreter goes: a thread that
//! comes back into one that is going takes the process with it.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use pyo3::prelude::*;

use crate::PACKAGE;

/// How long whoever is inside is waited for, beside what draining took: connections are closed, which is a matter of
/// milliseconds, and a function that has not returned by now may never return.
const PATIENCE: Duration = Duration::from_secs(2);

static DOOR: Door = Door {
    state: Mutex::new(State {
        inside: 0,
        connections: 0,
        is_closed: false,
    }),
    left: Condvar::new(),
};

struct Door {
    state: Mutex<State>,
    /// Somebody has left, or a connection is closed.
    left: Condvar,
}

struct State {
    inside: usize,
    connections: usize,
    is_closed: bool,
}

/// Does something with the interpreter, on a thread of the runtime's. Once the door is closed that thread goes no
/// further: the process ends.
pub(crate) fn attach<R>(act: impl FnOnce(Python<'_>) -> R) -> R {
    let Some(_visit) = Visit::begin() else {
        loop {
            thread::park();
        }
    };
    Python::attach(act)
}

/// The same, or nothing at all once the door is closed.
pub(crate) fn try_attach<R>(act: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    let _visit = Visit::begin()?;
    Python::try_attach(act)
}

/// Waits until nobody is inside and no connection is open, for as long as there is patience: after a run, when nothing
/// begins any more.
pub(crate) fn settle() {
    wait(lock(), |state| state.inside > 0 || state.connections > 0);
}

/// Closes the door for good; false if somebody is inside all the same.
pub(crate) fn close() -> bool {
    let mut state = lock();
    state.is_closed = true;
    wait(state, |state| state.inside > 0)
}

/// Whether a function has forked, and this is the process that came of it.
static IS_FORKED: AtomicBool = AtomicBool::new(false);

/// Said in a process that a function has forked.
pub(crate) fn forked() {
    IS_FORKED.store(true, Ordering::Relaxed);
}

/// Where a forked process goes no further: none of the runtime's threads is in it, and the message is not its own.
pub(crate) fn end_if_forked(py: Python<'_>, raised: Option<&PyErr>) {
    if IS_FORKED.load(Ordering::Relaxed) {
        let raised = raised.map(|raised| raised.clone_ref(py).into_value(py));
        let ended = py
            .import("slingshot_microservice._run")
            .and_then(|module| module.call_method1("_end_forked", (raised,)));
        unreachable!("a forked process does not end: {ended:?}");
    }
}

/// Ends the process with this code unless the interpreter's lock is to be had: a function that keeps it, in a regular
/// expression or in C, keeps the process too, whose supervisor may be gone.
pub(crate) fn end_unless_free(code: u8) {
    let (free, awaited) = mpsc::channel();
    thread::spawn(move || try_attach(|_| free.send(())));
    if awaited.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        tracing::error!(target: PACKAGE, code, "a function keeps the interpreter's lock: the process ends without it");
        #[expect(
            clippy::exit,
            reason = "whoever would return from here waits for the lock"
        )]
        std::process::exit(code.into());
    }
}

/// A connection that Python has opened.
pub(crate) struct OpenConnection(());

impl OpenConnection {
    pub(crate) fn new() -> Self {
        lock().connections += 1;
        Self(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        lock().connections -= 1;
        DOOR.left.notify_all();
    }
}

/// A thread that is inside.
struct Visit(());

impl Visit {
    fn begin() -> Option<Self> {
        let mut state = lock();
        if state.is_closed {
            return None;
        }
        state.inside += 1;
        Some(Self(()))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        lock().inside -= 1;
        DOOR.left.notify_all();
    }
}

fn wait(state: MutexGuard<'_, State>, stays: impl Fn(&State) -> bool) -> bool {
    let waited = DOOR
        .left
        .wait_timeout_while(state, PATIENCE, |state| stays(state));
    let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
    !timeout.timed_out()
}

/// Nothing is done under the lock that could leave half of it.
fn lock() -> MutexGuard<'static, State> {
    DOOR.state.lock().unwrap_or_else(PoisonError::into_inner)
}
