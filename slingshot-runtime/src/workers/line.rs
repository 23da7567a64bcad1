//! Where messages wait for a worker, and what the workers are done with waits for the service.
//!
//! Waking a thread costs more than many a function takes. So at most one worker is on its way at a time: it
//! takes what is first, and if there is more, it wakes the next one before it begins, unless the function has
//! been quick of late: then it is done before the next one is there. And while there is more, a quick function's
//! results are handed over several at a time. Should it take its time after all, [`Line::look_again`] has the
//! others woken.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::Duration,
};

use tokio::sync::Notify;

/// A function that takes less is quick: about what it costs to wake a thread, and to have it take the core of
/// one that works.
const QUICK: Duration = Duration::from_micros(50);

/// So many results of a quick function are handed over at once.
const BATCH: usize = 16;

/// A bounded line. Whoever waits in it is taken by one worker, who brings back what came of it.
#[derive(Debug)]
pub(super) struct Line<T, D> {
    state: Mutex<State<T, D>>,
    room: usize,
    /// Wakes a worker that is a task. One that has a thread is parked.
    task: Notify,
    /// Wakes who waits for what is done.
    service: Notify,
}

#[derive(Debug)]
struct State<T, D> {
    waiting: VecDeque<T>,
    done: VecDeque<D>,
    /// Workers that sleep on threads of their own. The last one is woken first: it has the most in its caches.
    parked: Vec<Thread>,
    /// Workers that sleep as tasks, also those that have been woken and are not there yet.
    asleep: usize,
    /// Whether one of them is on its way.
    waking: bool,
    /// How long the function took of late. Until it is known it is not quick.
    usual: Duration,
    closed: bool,
}

impl<T, D> Line<T, D> {
    pub(super) fn new(room: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::with_capacity(room),
                done: VecDeque::with_capacity(room),
                parked: Vec::new(),
                asleep: 0,
                waking: false,
                usual: QUICK,
                closed: false,
            }),
            room,
            task: Notify::new(),
            service: Notify::new(),
        }
    }

    /// Puts one at the end. False if there is no room.
    #[must_use]
    pub(super) fn push(&self, one: T) -> bool {
        let mut state = self.state();
        if state.waiting.len() == self.room {
            return false;
        }
        state.waiting.push_back(one);
        self.wake(&mut state);
        true
    }

    /// Takes the first one, on a thread that may wait for it. None once the line is closed.
    pub(super) fn take_blocking(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(first) = self.first(&mut state) {
                return Some(first);
            }
            if state.closed {
                return None;
            }
            let this = thread::current();
            let id = this.id();
            state.parked.push(this);
            drop(state);
            thread::park();
            state = self.state();
            // Threads wake up for other reasons too.
            let called = !state.parked.iter().any(|parked| parked.id() == id);
            if called {
                state.waking = false;
            } else {
                state.parked.retain(|parked| parked.id() != id);
            }
        }
    }

    /// Takes the first one, in a task.
    pub(super) async fn take(&self) -> Option<T> {
        loop {
            // From here on it hears of every call, though it does not wait yet.
            let called = self.task.notified();
            {
                let mut state = self.state();
                if let Some(first) = self.first(&mut state) {
                    return Some(first);
                }
                if state.closed {
                    return None;
                }
                state.asleep += 1;
            }
            called.await;
            let mut state = self.state();
            state.asleep -= 1;
            state.waking = false;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    /// Brings back what came of one that was taken, and how long that took.
    pub(super) fn bring_back(&self, done: D, took: Duration) {
        let mut state = self.state();
        // One slow call counts at once, and is forgotten after a few quick ones.
        state.usual = (state.usual * 7 + took) / 8;
        state.done.push_back(done);
        let soon = state.usual < QUICK && !state.waiting.is_empty() && state.done.len() < BATCH;
        if !soon {
            self.service.notify_one();
        }
    }

    /// The next one that was brought back.
    pub(super) async fn done(&self) -> D {
        loop {
            let done = self.state().done.pop_front();
            if let Some(done) = done {
                return done;
            }
            self.service.notified().await;
        }
    }

    /// To be called now and then: whoever was taken may take longer than usual, and others wait behind it.
    pub(super) fn look_again(&self) {
        let mut state = self.state();
        if !state.waiting.is_empty() {
            state.usual = state.usual.max(QUICK);
            self.wake(&mut state);
        }
        if !state.done.is_empty() {
            self.service.notify_one();
        }
    }

    /// Takes all that wait.
    pub(super) fn take_all(&self) -> VecDeque<T> {
        std::mem::take(&mut self.state().waiting)
    }

    /// Sends the workers home.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for parked in state.parked.drain(..) {
            parked.unpark();
        }
        self.task.notify_waiters();
    }

    fn first(&self, state: &mut State<T, D>) -> Option<T> {
        let first = state.waiting.pop_front();
        if first.is_none() && !state.done.is_empty() {
            self.service.notify_one();
        }
        if !state.waiting.is_empty() && state.usual >= QUICK {
            self.wake(state);
        }
        first
    }

    fn wake(&self, state: &mut State<T, D>) {
        if state.waking {
            return;
        }
        if let Some(last) = state.parked.pop() {
            state.waking = true;
            last.unpark();
        } else if state.asleep > 0 {
            state.waking = true;
            self.task.notify_last();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T, D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread,
    };

    use super::*;

    const WORKERS: usize = 8;

    #[test]
    fn every_worker_is_woken_when_all_are_needed() {
        let line = Line::<_, ()>::new(WORKERS);
        let all = Barrier::new(WORKERS);
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    // Nobody takes a second one before everybody has a first.
                    while line.take_blocking().is_some() {
                        all.wait();
                    }
                });
            }
            for round in 0..100 * WORKERS {
                while !line.push(round) {
                    thread::yield_now();
                }
            }
            while !line.is_empty() {
                thread::yield_now();
            }
            line.close();
        });
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn every_task_is_woken_when_all_are_needed() {
        let line = Arc::new(Line::<_, ()>::new(WORKERS));
        let all = Arc::new(tokio::sync::Barrier::new(WORKERS));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..WORKERS {
            let (line, all) = (Arc::clone(&line), Arc::clone(&all));
            workers.spawn(async move {
                while line.take().await.is_some() {
                    all.wait().await;
                }
            });
        }
        for round in 0..100 * WORKERS {
            while !line.push(round) {
                tokio::task::yield_now().await;
            }
        }
        while !line.is_empty() {
            tokio::task::yield_now().await;
        }
        line.close();
        workers.join_all().await;
    }

    #[test]
    fn a_quick_function_that_is_slow_for_once_has_the_others_woken() {
        let line = Line::<_, ()>::new(WORKERS);
        let all = Barrier::new(WORKERS);
        for _ in 0..100 {
            line.bring_back((), Duration::ZERO);
        }
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while line.take_blocking().is_some() {
                        all.wait();
                    }
                });
            }
            for one in 0..WORKERS {
                assert!(line.push(one));
            }
            while !line.is_empty() {
                line.look_again();
                thread::yield_now();
            }
            line.close();
        });
    }

    #[test]
    fn a_full_line_takes_no_more_and_gives_all_back() {
        let line = Line::<_, ()>::new(2);
        assert_eq!([1, 2, 3].map(|one| line.push(one)), [true, true, false]);
        assert_eq!(line.take_all(), [1, 2]);
    }
}
