//! A message: what its publisher sent, byte for byte, and the few facts about it that queues need.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amq_protocol::{
    frame::WriteContext,
    protocol::{
        BasicProperties,
        basic::{gen_properties, parse_properties},
    },
    types::{FieldTable, ShortString},
};
use tokio::sync::Notify;

use super::{
    error::{Refusal, Served},
    frame, record,
};

/// The largest body, in bytes; RabbitMQ's default.
pub(super) const BODY_MAX: u64 = 128 << 20;
/// What a message costs besides its bytes: the entry, the allocations, the index in the store.
const OVERHEAD: usize = 256;

#[derive(Debug)]
pub(super) struct Message {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    /// The property flags and list as the publisher encoded them.
    pub(super) properties: Box<[u8]>,
    pub(super) body: Box<[u8]>,
    pub(super) persistent: bool,
    /// The message's own time to live (`expiration`).
    pub(super) ttl: Option<Duration>,
    _held: Held,
}

impl Message {
    /// # Errors
    /// An `expiration` that is no number of milliseconds.
    pub(super) fn new(
        exchange: ShortString,
        routing_key: ShortString,
        properties: Properties,
        body: Box<[u8]>,
        memory: &Arc<Memory>,
    ) -> Served<Self> {
        let Properties {
            bytes: properties,
            parsed,
        } = properties;
        let ttl = parsed.expiration().as_ref().map(milliseconds).transpose()?;
        let names = exchange.as_str().len() + routing_key.as_str().len();
        let held = memory.hold(OVERHEAD + names + properties.len() + body.len());
        let persistent = *parsed.delivery_mode() == Some(2);
        Ok(Self {
            exchange,
            routing_key,
            properties,
            body,
            persistent,
            ttl,
            _held: held,
        })
    }

    pub(super) fn parsed_properties(&self) -> BasicProperties {
        parse_properties(&self.properties[..])
            .map(|(_, parsed)| parsed)
            .unwrap_or_default()
    }

    pub(super) fn headers(&self) -> FieldTable {
        self.parsed_properties()
            .headers()
            .clone()
            .unwrap_or_default()
    }

    /// The record in the store. `expires` is in milliseconds since the Unix epoch.
    pub(super) fn record(&self, expires: Option<u64>) -> Vec<u8> {
        record::Writer::with_capacity(self.properties.len() + self.body.len() + 128)
            .number(expires.map_or(0, |at| at.max(1)))
            .name(&self.exchange)
            .name(&self.routing_key)
            .bytes(&self.properties)
            .bytes(&self.body)
            .finish()
    }

    /// Reads [`Self::record`] back.
    pub(super) fn from_record(record: &[u8], memory: &Arc<Memory>) -> Option<(Self, Option<u64>)> {
        let mut reader = record::Reader::new(record);
        let expires = Some(reader.number()?).filter(|at| *at > 0);
        let (exchange, routing_key) = (reader.name()?, reader.name()?);
        let properties = Properties::read(reader.bytes()?).ok()?;
        let body = reader.bytes()?.into();
        let message = Self::new(exchange, routing_key, properties, body, memory).ok()?;
        Some((message, expires))
    }
}

/// Properties, encoded and read.
#[derive(Debug)]
pub(super) struct Properties {
    bytes: Box<[u8]>,
    parsed: BasicProperties,
}

impl Properties {
    /// # Errors
    /// Bytes that are no property list (502).
    pub(super) fn read(bytes: &[u8]) -> Served<Self> {
        frame::refuse_deep_nesting(bytes)?;
        let (_, parsed) = parse_properties(bytes)
            .map_err(|_| Refusal::syntax_error("malformed message properties"))?;
        // A copy, so that a waiting message does not keep a whole read buffer.
        Ok(Self {
            bytes: bytes.into(),
            parsed,
        })
    }

    pub(super) fn reply_to(&self) -> Option<&str> {
        self.parsed.reply_to().as_ref().map(ShortString::as_str)
    }

    pub(super) fn with_reply_to(self, name: ShortString) -> Self {
        self.parsed.with_reply_to(name).into()
    }
}

impl From<BasicProperties> for Properties {
    fn from(parsed: BasicProperties) -> Self {
        let context = WriteContext {
            write: Vec::new(),
            position: 0,
        };
        let written = gen_properties::<Vec<u8>>(&parsed)(context);
        let bytes = written
            .expect("writing to memory cannot fail")
            .write
            .into_boxed_slice();
        Self { bytes, parsed }
    }
}

fn milliseconds(expiration: &ShortString) -> Served<Duration> {
    let text = expiration.as_str();
    text.parse().map(Duration::from_millis).map_err(|_| {
        Refusal::precondition_failed(format!("invalid expiration '{text}': no_integer"))
    })
}

/// How many bytes all messages hold, and the mark above which publishers have to wait.
#[derive(Debug)]
pub(super) struct Memory {
    used: AtomicUsize,
    mark: usize,
    relieved: Notify,
}

impl Memory {
    pub(super) fn new(mark: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            mark,
            relieved: Notify::new(),
        })
    }

    fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        Held {
            memory: Arc::clone(self),
            bytes,
        }
    }

    pub(super) fn is_short(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.mark
    }

    /// Twice the mark: only connections that also consume get here, since theirs are not made to
    /// wait (their acks are what frees memory).
    pub(super) fn is_exhausted(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.mark.saturating_mul(2)
    }

    /// Waits until there is room again.
    pub(super) async fn relief(&self) {
        loop {
            let relieved = self.relieved.notified();
            if !self.is_short() {
                return;
            }
            relieved.await;
        }
    }
}

/// A message's share of [`Memory`], given back when the message is gone.
#[derive(Debug)]
struct Held {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        let before = self.memory.used.fetch_sub(self.bytes, Ordering::Relaxed);
        if before > self.memory.mark && before - self.bytes <= self.memory.mark {
            self.memory.relieved.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_is_short_above_its_mark_and_relieved_below_it() {
        let memory = Memory::new(1000);
        let held = [memory.hold(600), memory.hold(600)];
        assert!(memory.is_short() && !memory.is_exhausted());
        let more = memory.hold(1000);
        assert!(memory.is_exhausted());
        let waiting = tokio::spawn({
            let memory = Arc::clone(&memory);
            async move { memory.relief().await }
        });
        tokio::task::yield_now().await;
        drop(more);
        assert!(memory.is_short());
        drop(held);
        waiting.await.unwrap();
        assert!(!memory.is_short());
    }

    #[test]
    fn a_message_reads_back_from_its_record() {
        let memory = Memory::new(1000);
        let properties = BasicProperties::default().with_delivery_mode(2);
        let properties = Properties::from(properties.with_expiration("50".into()));
        let body: Box<[u8]> = b"42".as_slice().into();
        let message = Message::new("x".into(), "key".into(), properties, body, &memory).unwrap();
        let (read, expires) = Message::from_record(&message.record(Some(7)), &memory).unwrap();
        assert_eq!(
            (
                &read.exchange,
                &read.routing_key,
                &read.properties,
                &read.body,
                expires
            ),
            (
                &message.exchange,
                &message.routing_key,
                &message.properties,
                &message.body,
                Some(7)
            )
        );
        assert!(read.persistent && read.ttl == Some(Duration::from_millis(50)));
        assert!(Message::from_record(b"not one of ours", &memory).is_none());
    }
}
