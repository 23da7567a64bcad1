//! What a message becomes when a queue gives it up: the headers that tell its history.
//!
//! As RabbitMQ does it: <https://www.rabbitmq.com/docs/dlx#effects>.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use amq_protocol::types::{AMQPValue, FieldArray, FieldTable, ShortString};

use super::{
    arguments::DeadLetter,
    error::Served,
    message::{Memory, Message},
};

/// Why a queue gives a message up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Rejected,
    Expired,
    MaxLength,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::MaxLength => "maxlen",
        }
    }
}

/// The message that goes to the dead-letter exchange.
///
/// # Errors
/// Headers that would not fit; the message is then dropped.
pub(super) fn dead_letter(
    message: &Message,
    queue: &ShortString,
    reason: Reason,
    target: &DeadLetter,
    memory: &Arc<Memory>,
) -> Served<Message> {
    let properties = message.parsed_properties();
    let mut headers = properties.headers().clone().unwrap_or_default();
    // The copy must not expire again; the original's time is told in the headers.
    let expiration = properties.expiration().clone();
    record_death(&mut headers, message, queue, reason, expiration.as_ref());
    let kept = without_expiration(&properties).with_headers(headers);
    let routing_key = target
        .routing_key
        .as_ref()
        .unwrap_or(&message.routing_key)
        .clone();
    Message::new(
        target.exchange.clone(),
        routing_key,
        kept.into(),
        message.body.clone(),
        memory,
    )
}

fn record_death(
    headers: &mut FieldTable,
    message: &Message,
    queue: &ShortString,
    reason: Reason,
    expiration: Option<&ShortString>,
) {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let earlier = match headers.inner().get("x-death") {
        Some(AMQPValue::FieldArray(deaths)) => Some(deaths.as_slice().to_vec()),
        _ => None,
    };
    if earlier.is_none() {
        set(headers, "x-first-death-reason", text(reason.name()));
        set(headers, "x-first-death-queue", text(queue.as_str()));
        set(
            headers,
            "x-first-death-exchange",
            text(message.exchange.as_str()),
        );
    }
    let is_this = |death: &AMQPValue| is_death(death, queue, reason);
    let (same, others): (Vec<_>, Vec<_>) =
        earlier.unwrap_or_default().into_iter().partition(is_this);
    let death = match same.into_iter().next() {
        Some(AMQPValue::FieldTable(mut death)) => {
            let count = match death.inner().get("count") {
                Some(AMQPValue::LongLongInt(count)) => count.saturating_add(1),
                _ => 2,
            };
            set(&mut death, "count", AMQPValue::LongLongInt(count));
            death
        }
        _ => {
            let mut death = FieldTable::default();
            set(&mut death, "count", AMQPValue::LongLongInt(1));
            set(&mut death, "reason", text(reason.name()));
            set(&mut death, "queue", text(queue.as_str()));
            set(&mut death, "time", AMQPValue::Timestamp(seconds));
            set(&mut death, "exchange", text(message.exchange.as_str()));
            let keys = vec![text(message.routing_key.as_str())];
            set(
                &mut death,
                "routing-keys",
                AMQPValue::FieldArray(FieldArray::from(keys)),
            );
            if let Some(expiration) = expiration {
                set(&mut death, "original-expiration", text(expiration.as_str()));
            }
            death
        }
    };
    let deaths: Vec<_> = [AMQPValue::FieldTable(death)]
        .into_iter()
        .chain(others)
        .collect();
    set(headers, "x-death", AMQPValue::FieldArray(deaths.into()));
}

/// Whether this message has gone round without anybody rejecting it: such a cycle would not end.
pub(super) fn is_cycle(message: &Message, queue: &ShortString) -> bool {
    let headers = message.headers();
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else {
        return false;
    };
    let deaths = deaths.as_slice();
    let here = deaths
        .iter()
        .position(|death| field_is(death, "queue", queue.as_str()));
    let rejected = |death: &AMQPValue| field_is(death, "reason", Reason::Rejected.name());
    here.is_some_and(|last| !deaths.iter().take(last + 1).any(rejected))
}

fn is_death(death: &AMQPValue, queue: &ShortString, reason: Reason) -> bool {
    field_is(death, "queue", queue.as_str()) && field_is(death, "reason", reason.name())
}

fn field_is(death: &AMQPValue, field: &str, value: &str) -> bool {
    matches!(death, AMQPValue::FieldTable(fields)
        if matches!(fields.inner().get(field), Some(AMQPValue::LongString(s)) if s.as_bytes() == value.as_bytes()))
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn set(table: &mut FieldTable, name: &'static str, value: AMQPValue) {
    table.insert(ShortString::from(name), value);
}

/// The crate's properties have no way to take a field away.
fn without_expiration(
    from: &amq_protocol::protocol::BasicProperties,
) -> amq_protocol::protocol::BasicProperties {
    let mut kept = amq_protocol::protocol::BasicProperties::default();
    macro_rules! keep {
        ($($get:ident $with:ident),*) => {
            $(if let Some(value) = from.$get().clone() {
                kept = kept.$with(value);
            })*
        };
    }
    keep!(
        content_type with_content_type, content_encoding with_content_encoding,
        delivery_mode with_delivery_mode, priority with_priority,
        correlation_id with_correlation_id, reply_to with_reply_to,
        message_id with_message_id, timestamp with_timestamp, kind with_type,
        user_id with_user_id, app_id with_app_id, cluster_id with_cluster_id
    );
    kept
}
