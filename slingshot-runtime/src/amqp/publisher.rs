//! Publishing: persistent, mandatory, confirmed.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lapin::{
    BasicProperties, Channel,
    types::{AMQPValue, FieldTable},
};
use tokio::time::Instant;

use super::{
    BrokerError, Headers, Inbound,
    confirms::{Confirms, Message},
};
use crate::{
    meter::Meter,
    trace::{Sending, Span, TRACEPARENT, TRACESTATE, TraceContext},
};

pub(super) const PERSISTENT: u8 = 2;

/// Its routing keys are the names of queues.
pub(super) const DEFAULT_EXCHANGE: &str = "";

/// A channel in confirm mode. Its futures are ready when the broker has taken responsibility: poll many at
/// once to keep the line full.
#[derive(Debug)]
pub(crate) struct Publisher {
    confirms: Confirms,
    /// What every message has in common.
    properties: BasicProperties,
    /// Who counts what is published, if anybody does.
    meter: Option<Arc<Meter>>,
}

impl Publisher {
    pub(super) fn new(channel: Channel, app_id: &str) -> Self {
        Self {
            confirms: Confirms::start(channel),
            properties: BasicProperties::default()
                .with_app_id(app_id.into())
                .with_content_type("text/plain".into())
                .with_delivery_mode(PERSISTENT),
            meter: None,
        }
    }

    /// Tells `meter` of everything that is published.
    pub(crate) fn counted_by(self, meter: Arc<Meter>) -> Self {
        Self {
            meter: Some(meter),
            ..self
        }
    }

    /// Publishes an id. Without a trace, whoever consumes it begins one.
    pub(crate) async fn publish(
        &self,
        queue: Arc<str>,
        id: u64,
        message_id: Arc<str>,
        trace: Option<&TraceContext>,
    ) -> Result<(), BrokerError> {
        let body = id.to_string().into_bytes();
        let mut properties = self
            .properties
            .clone()
            .with_message_id((*message_id).into())
            .with_timestamp(seconds_since_epoch());
        let mut span = Span::default();
        if let Some(trace) = trace {
            span = self.span(trace, &queue, Some(&message_id), &body);
            properties = properties.with_headers(trace_headers(span.context().unwrap_or(trace)));
        }
        let message = Message {
            exchange: DEFAULT_EXCHANGE,
            queue,
            id: Some(message_id),
            body,
            properties,
        };
        let answer = self.counted(message).await;
        answer.inspect_err(|error| span.failed(error.kind()))
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
        let trace = original.trace();
        let mut span = self.span(trace, queue, original.message_id(), original.body());
        let mut properties = original.properties_with(added, span.context().unwrap_or(trace));
        if let Some(expiration) = expiration {
            let milliseconds = expiration.as_millis().to_string();
            properties = properties.with_expiration(milliseconds.into());
        }
        let answer = self
            .confirmed(queue, original.body().to_vec(), properties)
            .await;
        answer.inspect_err(|error| span.failed(error.kind()))
    }

    fn span(
        &self,
        from: &TraceContext,
        queue: &str,
        message_id: Option<&str>,
        body: &[u8],
    ) -> Span {
        let Some(meter) = &self.meter else {
            return Span::default();
        };
        let sending = Sending {
            queue,
            message_id,
            body_size: body.len() as u64,
        };
        meter.tracer().send(from, &sending)
    }

    pub(super) async fn confirmed(
        &self,
        queue: &str,
        body: Vec<u8>,
        properties: BasicProperties,
    ) -> Result<(), BrokerError> {
        let message_id = properties.message_id().as_ref();
        let message = Message {
            exchange: DEFAULT_EXCHANGE,
            queue: queue.into(),
            id: message_id.map(|id| id.as_str().into()),
            body,
            properties,
        };
        self.counted(message).await
    }

    async fn counted(&self, message: Message) -> Result<(), BrokerError> {
        let Some(meter) = &self.meter else {
            return self.confirms.publish(message).await;
        };
        let queue = Arc::clone(&message.queue);
        let begun = Instant::now();
        let answer = self.confirms.publish(message).await;
        meter.sent(&queue, begun.elapsed(), answer.as_ref().copied());
        answer
    }
}

pub(super) fn trace_headers(trace: &TraceContext) -> FieldTable {
    let mut headers = FieldTable::default();
    let text = |text: String| AMQPValue::LongString(text.into());
    headers.insert(TRACEPARENT.into(), text(trace.traceparent()));
    if let Some(state) = trace.tracestate() {
        headers.insert(TRACESTATE.into(), text(state.to_owned()));
    }
    headers
}

/// AMQP's timestamps are whole seconds.
pub(super) fn seconds_since_epoch() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
