//! Spans for an OpenTelemetry collector: one for each message that is worked on, and one for each that is sent.
//!
//! They are made only where the environment names a collector. Finished spans wait in a bounded line for a
//! thread that sends them in batches; when the collector is away and the line is full, spans are dropped, and
//! no message waits.

mod client;
mod handlers;

use std::time::Duration;

use opentelemetry::{
    Context, KeyValue,
    trace::{
        Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, TraceFlags,
        TraceState, TracerProvider as _,
    },
};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider, Span as SdkSpan},
};
use tokio::{task::spawn_blocking, time::timeout};

use super::{Sending, TraceContext, Work};
use client::Client;

/// How long the last spans may take to leave: a drained process does not wait for its collector.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// The connection to a collector.
#[derive(Debug)]
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// Starts to export. The environment's `OTEL_*` variables say where to, how much and with which headers.
    pub(crate) fn start(resource: &[(String, String)]) -> Option<Self> {
        let client = match Client::new() {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(%error, "traces are not exported: no client for the collector");
                return None;
            }
        };
        let exporter = SpanExporter::builder().with_http().with_http_client(client);
        let exporter = match exporter.build() {
            Ok(exporter) => exporter,
            Err(error) => {
                tracing::warn!(%error, "traces are not exported: look at the OTEL_EXPORTER_OTLP_* variables");
                return None;
            }
        };
        let attributes = resource
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_attributes(attributes).build())
            .with_batch_exporter(exporter);
        Some(Self(provider.build()))
    }

    pub(crate) fn tracer(&self) -> Tracer {
        Tracer(Some(self.0.tracer("slingshot")))
    }

    /// Sends what is left, within reason.
    pub(crate) async fn finish(self) {
        let shutdown = spawn_blocking(move || self.0.shutdown_with_timeout(FLUSH_TIMEOUT));
        match timeout(FLUSH_TIMEOUT, shutdown).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the last spans did not reach the collector");
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("the last spans did not reach the collector in time");
            }
        }
    }
}

/// Makes spans, or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracer(Option<SdkTracer>);

impl Tracer {
    /// The work on a message, which belongs to the trace that the message came with.
    pub(crate) fn work(&self, came_with: &TraceContext, work: &Work<'_>) -> Span {
        let Some(tracer) = &self.0 else {
            return Span::default();
        };
        let mut attributes = named("process", "process", work.queue);
        attributes.extend([
            KeyValue::new("messaging.message.body.size", size(work.body_size)),
            KeyValue::new("messaging.rabbitmq.message.delivery_tag", size(work.tag)),
            KeyValue::new("slingshot.service", work.service.to_owned()),
            KeyValue::new("slingshot.attempt", i64::from(work.attempt)),
        ]);
        attributes.extend(message_id(work.message_id));
        let builder = SpanBuilder::from_name(format!("process {}", work.queue))
            .with_kind(SpanKind::Consumer)
            .with_attributes(attributes);
        // What came without a trace begins one, and the sampler says whether it is recorded.
        let parent = if came_with.begun_here {
            Context::new()
        } else {
            remote(came_with)
        };
        Span::of(
            builder.start_with_context(tracer, &parent),
            came_with.begun_here,
        )
    }

    /// A message on its way to a queue, as part of the work on another.
    pub(crate) fn send(&self, from: &TraceContext, sending: &Sending<'_>) -> Span {
        let Some(tracer) = &self.0 else {
            return Span::default();
        };
        let mut attributes = named("publish", "send", sending.queue);
        let body_size = KeyValue::new("messaging.message.body.size", size(sending.body_size));
        attributes.push(body_size);
        attributes.extend(message_id(sending.message_id));
        let builder = SpanBuilder::from_name(format!("publish {}", sending.queue))
            .with_kind(SpanKind::Producer)
            .with_attributes(attributes);
        Span::of(builder.start_with_context(tracer, &remote(from)), false)
    }
}

/// A span that is being recorded, or none. Dropped, it has ended.
#[derive(Debug, Default)]
pub(crate) struct Span {
    // Most messages have none, and all of them are moved.
    recorded: Option<Box<SdkSpan>>,
    context: Option<TraceContext>,
}

impl Span {
    /// One that is not recorded leaves the context as it came: whoever records next finds who recorded last.
    fn of(span: SdkSpan, begins: bool) -> Self {
        let recording = span.is_recording();
        let context = (recording || begins).then(|| local(span.span_context()));
        Self {
            recorded: recording.then(|| Box::new(span)),
            context,
        }
    }

    /// What follows from it belongs there; none where that is as it was.
    pub(crate) fn context(&self) -> Option<&TraceContext> {
        self.context.as_ref()
    }

    /// How the message ended.
    pub(crate) fn outcome(&mut self, outcome: &'static str) {
        if let Some(span) = &mut self.recorded {
            span.set_attribute(KeyValue::new("slingshot.outcome", outcome));
        }
    }

    /// What kind of failure it ended in. The words stay in the log: they may be anybody's.
    pub(crate) fn failed(&mut self, kind: &'static str) {
        if let Some(span) = &mut self.recorded {
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(kind));
        }
    }
}

fn named(operation: &'static str, kind: &'static str, queue: &str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("messaging.system", "rabbitmq"),
        KeyValue::new("messaging.operation.name", operation),
        KeyValue::new("messaging.operation.type", kind),
        KeyValue::new("messaging.destination.name", queue.to_owned()),
        KeyValue::new(
            "messaging.rabbitmq.destination.routing_key",
            queue.to_owned(),
        ),
    ]
}

fn message_id(id: Option<&str>) -> Option<KeyValue> {
    id.map(|id| KeyValue::new("messaging.message.id", id.to_owned()))
}

fn size(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn remote(context: &TraceContext) -> Context {
    let state = context.tracestate().and_then(|state| state.parse().ok());
    Context::new().with_remote_span_context(SpanContext::new(
        context.trace_id.into(),
        context.span_id.into(),
        TraceFlags::new(context.flags),
        true,
        state.unwrap_or_default(),
    ))
}

fn local(span: &SpanContext) -> TraceContext {
    let state: &TraceState = span.trace_state();
    let state = state.header();
    TraceContext {
        trace_id: u128::from_be_bytes(span.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(span.span_id().to_bytes()),
        flags: span.trace_flags().to_u8(),
        state: (!state.is_empty()).then(|| state.into()),
        begun_here: false,
    }
}
