//! The line in which messages wait for a worker.
//!
//! Waking a thread costs more than many a function takes. So at most one worker is on its way at a time: it
//! takes what is first, and if there is more, it wakes the next one before it begins. Functions that are done at
//! once leave most workers asleep; functions that take their time have all of them awake a moment later.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// A bounded line. Whoever waits in it is taken by one worker.
#[derive(Debug)]
pub(super) struct Line<T> {
    state: Mutex<State<T>>,
    room: usize,
    /// Wakes a worker that has a thread.
    thread: Condvar,
    /// Wakes one that is a task.
    task: Notify,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    /// Workers that sleep, also those that have been woken and are not there yet.
    asleep: usize,
    /// Whether one of them is on its way.
    waking: bool,
    closed: bool,
}

impl<T> Line<T> {
    pub(super) fn new(room: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::with_capacity(room),
                asleep: 0,
                waking: false,
                closed: false,
            }),
            room,
            thread: Condvar::new(),
            task: Notify::new(),
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
            state.asleep += 1;
            state = self
                .thread
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
            state.waking = false;
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

    /// Takes all that wait.
    pub(super) fn take_all(&self) -> VecDeque<T> {
        std::mem::take(&mut self.state().waiting)
    }

    /// Sends the workers home.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.thread.notify_all();
        self.task.notify_waiters();
    }

    fn first(&self, state: &mut State<T>) -> Option<T> {
        let first = state.waiting.pop_front();
        if !state.waiting.is_empty() {
            self.wake(state);
        }
        first
    }

    fn wake(&self, state: &mut State<T>) {
        if state.asleep > 0 && !state.waking {
            state.waking = true;
            self.thread.notify_one();
            self.task.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
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
        let line = Line::new(WORKERS);
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
        let line = Arc::new(Line::new(WORKERS));
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
    fn a_full_line_takes_no_more_and_gives_all_back() {
        let line = Line::new(2);
        assert_eq!([1, 2, 3].map(|one| line.push(one)), [true, true, false]);
        assert_eq!(line.take_all(), [1, 2]);
    }
}
