//! Publishing: persistent, mandatory, confirmed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lapin::{
    BasicProperties, Channel,
    types::{AMQPValue, FieldTable},
};
use tokio::time::timeout;

use super::{
    BrokerError, Headers, Inbound,
    confirms::{Confirms, Message},
};
use crate::trace::{TRACEPARENT, TRACESTATE, TraceContext};

pub(super) const PERSISTENT: u8 = 2;

/// How long a confirmation may take on a connection that lives: a broker short of disk or memory, or a quorum
/// queue without its quorum, holds it back. Then a new connection is tried.
const CONFIRM_TIMEOUT: Duration = Duration::from_mins(5);

/// A channel in confirm mode. Its futures are ready when the broker has taken responsibility: poll many at
/// once to keep the line full.
#[derive(Debug)]
pub(crate) struct Publisher {
    confirms: Confirms,
    /// What every message has in common.
    properties: BasicProperties,
}

impl Publisher {
    pub(super) fn new(channel: Channel, app_id: &str) -> Self {
        Self {
            confirms: Confirms::start(channel),
            properties: BasicProperties::default()
                .with_app_id(app_id.into())
                .with_content_type("text/plain".into())
                .with_delivery_mode(PERSISTENT),
        }
    }

    /// Publishes an id. Without a trace, whoever consumes it begins one.
    pub(crate) async fn publish(
        &self,
        queue: &str,
        id: u64,
        message_id: &str,
        trace: Option<&TraceContext>,
    ) -> Result<(), BrokerError> {
        let mut properties = self
            .properties
            .clone()
            .with_message_id(message_id.into())
            .with_timestamp(seconds_since_epoch());
        if let Some(trace) = trace {
            properties = properties.with_headers(trace_headers(trace));
        }
        self.confirmed(queue, id.to_string().into_bytes(), properties)
            .await
    }

    /// Publishes a copy of a message elsewhere, with headers added. It leaves that queue when it expires,
    /// if it is to.
    pub(crate) async fn publish_copy(
        &self,
        queue: &str,
        original: &Inbound,
        added: Headers,
        expiration: Option<Duration>,
    ) -> Result<(), BrokerError> {
        let mut properties = original.properties_with(added);
        if let Some(expiration) = expiration {
            let milliseconds = expiration.as_millis().to_string();
            properties = properties.with_expiration(milliseconds.into());
        }
        self.confirmed(queue, original.body().to_vec(), properties)
            .await
    }

    pub(super) async fn confirmed(
        &self,
        queue: &str,
        body: Vec<u8>,
        properties: BasicProperties,
    ) -> Result<(), BrokerError> {
        let publishing = self.confirms.publish(Message {
            queue: queue.to_owned(),
            body,
            properties,
        });
        match timeout(CONFIRM_TIMEOUT, publishing).await {
            Ok(answer) => answer,
            Err(_) => Err(BrokerError::Silent {
                asked: "confirm a message",
                limit: CONFIRM_TIMEOUT,
            }),
        }
    }
}

fn trace_headers(trace: &TraceContext) -> FieldTable {
    let mut headers = FieldTable::default();
    let text = |text: String| AMQPValue::LongString(text.into());
    headers.insert(TRACEPARENT.into(), text(trace.traceparent()));
    if let Some(state) = trace.tracestate() {
        headers.insert(TRACESTATE.into(), text(state.to_owned()));
    }
    headers
}

/// AMQP's timestamps are whole seconds.
fn seconds_since_epoch() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
