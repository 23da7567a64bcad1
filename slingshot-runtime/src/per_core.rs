//! What every core counts for itself, so that requests on different cores do not wait for one another's memory.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many copies there are. Threads past that share them: what they count is right then too, only slower to write.
const COPIES: usize = 8;

/// A copy for each core, and no two of them in one line of a cache.
#[derive(Debug, Default)]
pub(crate) struct PerCore<T>([Alone<T>; COPIES]);

/// Two lines of 64 bytes, which processors fetch together.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Alone<T>(T);

thread_local! {
    static COPY: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % COPIES
    };
}

impl<T> PerCore<T> {
    /// The copy of the thread that asks.
    pub(crate) fn here(&self) -> &T {
        &self.0[COPY.with(|copy| *copy)].0
    }

    /// All copies.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|copy| &copy.0)
    }
}
