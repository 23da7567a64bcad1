//! What waits to be written to one connection: bounded, so that a slow reader slows its own
//! deliveries and nothing else.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};
use tokio::sync::Notify;

use super::{
    error::Refusal,
    frame::{self, FRAME_MAX},
    message::Message,
};

/// Unwritten bytes above which a connection gets no more deliveries and is not read from. One
/// message may exceed it, so that large ones pass.
const UNWRITTEN_MAX: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Output {
    buffer: Mutex<Vec<u8>>,
    filled: Notify,
    emptied: Notify,
    unwritten: AtomicUsize,
    /// A delivery was held back for want of room.
    held_back: AtomicBool,
    closed: AtomicBool,
    frame_max: AtomicU32,
    heartbeat: AtomicU16,
}

impl Output {
    pub(super) fn new() -> Self {
        Self {
            buffer: Mutex::default(),
            filled: Notify::new(),
            emptied: Notify::new(),
            unwritten: AtomicUsize::new(0),
            held_back: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            frame_max: AtomicU32::new(FRAME_MAX),
            heartbeat: AtomicU16::new(0),
        }
    }

    /// Sets what was negotiated; the heartbeat is in seconds, 0 for none.
    pub(super) fn tune(&self, frame_max: u32, heartbeat: u16) {
        self.frame_max.store(frame_max, Ordering::Relaxed);
        self.heartbeat.store(heartbeat, Ordering::Relaxed);
        self.filled.notify_one();
    }

    /// How often something has to be written, or never.
    pub(super) fn heartbeat(&self) -> Option<Duration> {
        let seconds = self.heartbeat.load(Ordering::Relaxed);
        (seconds > 0).then(|| Duration::from_secs(seconds.into()) / 2)
    }

    pub(super) fn method(&self, channel: u16, class: AMQPClass) {
        self.append(|out| frame::write_method(out, channel, class));
    }

    pub(super) fn basic(&self, channel: u16, method: basic::AMQPMethod) {
        self.method(channel, AMQPClass::Basic(method));
    }

    /// A method that carries a message.
    pub(super) fn content(&self, channel: u16, method: basic::AMQPMethod, message: &Message) {
        let frame_max = self.frame_max.load(Ordering::Relaxed);
        self.append(|out| {
            frame::write_method(out, channel, AMQPClass::Basic(method));
            frame::write_content(out, channel, frame_max, &message.properties, &message.body);
        });
    }

    /// Closes the connection or a channel of it with the refusal's reason.
    pub(super) fn close(&self, channel: u16, refusal: &Refusal, method: (u16, u16)) {
        use super::error::Scope;
        use amq_protocol::protocol::{channel as channels, connection};
        let reply_text = short(&refusal.text);
        let (reply_code, (class_id, method_id)) = (refusal.code, method);
        match refusal.scope {
            Scope::Channel => {
                let close = channels::Close {
                    reply_code,
                    reply_text,
                    class_id,
                    method_id,
                };
                self.method(
                    channel,
                    AMQPClass::Channel(channels::AMQPMethod::Close(close)),
                );
            }
            Scope::Connection => {
                let close = connection::Close {
                    reply_code,
                    reply_text,
                    class_id,
                    method_id,
                };
                self.method(
                    0,
                    AMQPClass::Connection(connection::AMQPMethod::Close(close)),
                );
            }
        }
    }

    pub(super) fn raw(&self, bytes: &[u8]) {
        self.append(|out| out.extend_from_slice(bytes));
    }

    fn append(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut buffer = self.lock();
        let before = buffer.len();
        write(&mut buffer);
        self.unwritten
            .fetch_add(buffer.len() - before, Ordering::SeqCst);
        if before == 0 {
            self.filled.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_room(&self) -> bool {
        self.unwritten.load(Ordering::SeqCst) < UNWRITTEN_MAX
    }

    /// As [`Self::has_room`], and when not, the writer will ask for deliveries again.
    pub(super) fn has_room_for_delivery(&self) -> bool {
        if self.has_room() {
            return true;
        }
        self.held_back.store(true, Ordering::SeqCst);
        // The writer may have finished between the two lines above.
        self.has_room()
    }

    /// Waits until the peer has read enough; `false` when it never will.
    pub(super) async fn room(&self) -> bool {
        loop {
            let emptied = self.emptied.notified();
            if self.closed.load(Ordering::SeqCst) {
                return false;
            }
            if self.has_room() {
                return true;
            }
            emptied.await;
        }
    }

    /// Nothing more is to come; what is there is still written.
    pub(super) fn finish(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.filled.notify_one();
        self.emptied.notify_waiters();
    }

    /// For the writer: swaps everything that waits into `into`, which comes back empty when only
    /// a heartbeat is due; `false` at the end.
    pub(super) async fn next(&self, into: &mut Vec<u8>) -> bool {
        into.clear();
        // A burst of large messages shall not keep its memory for ever.
        into.shrink_to(UNWRITTEN_MAX);
        loop {
            let closed = self.closed.load(Ordering::SeqCst);
            std::mem::swap(&mut *self.lock(), into);
            if !into.is_empty() || closed {
                return !into.is_empty();
            }
            let filled = self.filled.notified();
            match self.heartbeat() {
                None => filled.await,
                Some(pause) => match tokio::time::timeout(pause, filled).await {
                    Ok(()) => {}
                    Err(_) => return true,
                },
            }
        }
    }

    /// For the writer: that many bytes are out. Says whether a delivery had been held back.
    pub(super) fn written(&self, bytes: usize) -> bool {
        self.unwritten.fetch_sub(bytes, Ordering::SeqCst);
        self.emptied.notify_waiters();
        self.has_room() && self.held_back.swap(false, Ordering::SeqCst)
    }
}

/// Cuts a text to what a short string can hold.
pub(super) fn short(text: &str) -> ShortString {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    ShortString::try_new(text.get(..end).unwrap_or_default()).unwrap_or_default()
}
