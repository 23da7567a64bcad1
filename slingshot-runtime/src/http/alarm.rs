//! The clock of a connection. hyper waits for each request's head with a timer of its own, although nearly all of them
//! come long before: setting timers costs as much as reading small requests. Here a connection has one, which
//! is set again only when it rings.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use tokio::time;

/// A timer that is set already.
type Set = Pin<Box<time::Sleep>>;

/// Keeps the timer while nobody waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarm(Arc<Mutex<Option<Set>>>);

impl Alarm {
    fn kept(&self) -> impl std::ops::DerefMut<Target = Option<Set>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timer for Alarm {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Waiting {
            deadline: deadline.into(),
            set: self.kept().take(),
            alarm: self.clone(),
        })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }
}

/// Waits until a deadline.
#[derive(Debug)]
struct Waiting {
    deadline: time::Instant,
    /// What rings at the deadline, or before it.
    set: Option<Set>,
    alarm: Alarm,
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let set = self
            .set
            .get_or_insert_with(|| Box::pin(time::sleep_until(deadline)));
        if set.deadline() > deadline {
            set.as_mut().reset(deadline);
        }
        loop {
            ready!(set.as_mut().poll(context));
            if set.deadline() >= deadline {
                return Poll::Ready(());
            }
            set.as_mut().reset(deadline);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let set = self.set.take();
        *self.alarm.kept() = set;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(60);

    /// Waits for this long, or for nothing and gives up.
    async fn wait(alarm: &Alarm, duration: Duration, gives_up: bool) {
        let begun = time::Instant::now();
        let mut waits = alarm.sleep_until((begun + duration).into());
        assert!(poll!(waits.as_mut()).is_pending());
        if !gives_up {
            waits.await;
            assert!(begun.elapsed() >= duration, "it rang too early");
        }
    }

    #[tokio::test]
    async fn it_rings_at_the_deadline_whenever_it_was_set() {
        let alarm = Alarm::default();
        // Set, and not needed, again and again, past the first deadline.
        for _ in 0..8 {
            wait(&alarm, LIMIT, true).await;
            time::sleep(LIMIT / 4).await;
        }
        let begun = time::Instant::now();
        wait(&alarm, LIMIT, false).await;
        wait(&alarm, LIMIT, false).await;
        // One that was set for later than it is needed next.
        wait(&alarm, LIMIT * 1_000, true).await;
        wait(&alarm, LIMIT, false).await;
        assert!(begun.elapsed() < LIMIT * 100, "it rang too late");
    }
}
