//! Buffers for the parts of large objects, used again and again.
//!
//! Allocated anew for each part, on whichever thread reads it, they would leave the allocator with one for each of
//! its arenas: hundreds of megabytes, for an object of any size.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// How many are kept: as many parts of usual size as there is memory for at once.
const MOST_KEPT: usize = 3;

/// From here on a buffer is kept: smaller ones are no trouble to the allocator.
const WORTH_KEEPING: usize = 1024 * 1024;

/// The buffers that nobody uses. A clone is the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// A buffer of so many bytes, whatever they are. Dropped, it is used again.
    pub(super) fn take(&self, length: usize) -> Buffer {
        let mut buffer = self.find(length);
        buffer.bytes.resize(length, 0);
        buffer
    }

    /// A buffer with room for so many bytes, for what comes in pieces.
    pub(super) fn take_empty(&self, capacity: usize) -> Buffer {
        let mut buffer = self.find(capacity);
        buffer.bytes.clear();
        buffer.bytes.reserve_exact(capacity);
        buffer
    }

    fn find(&self, length: usize) -> Buffer {
        let mut kept = self.kept();
        let fitting = kept.iter().position(|bytes| bytes.capacity() >= length);
        let bytes = match fitting {
            Some(index) => kept.swap_remove(index),
            None => Vec::new(),
        };
        Buffer {
            bytes,
            home: self.clone(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer in use.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    home: Buffers,
}

impl Buffer {
    /// Takes as much as there is room for, and leaves the rest.
    pub(super) fn fill(&mut self, from: &mut Bytes, capacity: usize) {
        let room = capacity.saturating_sub(self.bytes.len());
        let taken = from.split_to(from.len().min(room));
        self.bytes.extend_from_slice(&taken);
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut kept = self.home.kept();
        if bytes.capacity() >= WORTH_KEEPING && kept.len() < MOST_KEPT {
            kept.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_dropped_is_used_again() {
        let buffers = Buffers::default();
        let first = buffers.take(2 * WORTH_KEEPING);
        let place = first.as_ref().as_ptr();
        drop(first);
        let second = buffers.take(WORTH_KEEPING);
        assert_eq!(
            (second.as_ref().as_ptr(), second.as_ref().len()),
            (place, WORTH_KEEPING)
        );
    }

    #[test]
    fn no_more_are_kept_than_are_used_at_once() {
        let buffers = Buffers::default();
        let many: Vec<_> = (0..9).map(|_| buffers.take(WORTH_KEEPING)).collect();
        drop(many);
        drop(buffers.take(10));
        assert_eq!(buffers.kept().len(), MOST_KEPT);
    }
}
