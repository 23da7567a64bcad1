//! Spans of handlers: one for each request, and one for each call over the bus.

use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, SpanBuilder, SpanKind, Status},
};

use super::{Span, Tracer, remote};
use crate::trace::{Request, TraceContext};

impl Tracer {
    /// Whether spans are recorded.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// An HTTP request, which belongs to the trace that its headers name.
    pub(crate) fn request(&self, came_with: Option<&TraceContext>, request: &Request<'_>) -> Span {
        let Some(tracer) = &self.0 else {
            return Span::default();
        };
        let builder = SpanBuilder::from_name(format!("{} {}", request.method, request.route))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", request.method.to_owned()),
                KeyValue::new("http.route", request.route.to_owned()),
                KeyValue::new("url.path", request.path.to_owned()),
                KeyValue::new("url.scheme", request.scheme),
            ]);
        let parent = came_with.map_or_else(Context::new, remote);
        Span::of(
            builder.start_with_context(tracer, &parent),
            came_with.is_none(),
        )
    }

    /// A call of a handler over the bus, as part of the work of who calls.
    pub(crate) fn call(&self, from: &TraceContext, handler: &str, operation: &'static str) -> Span {
        let Some(tracer) = &self.0 else {
            return Span::default();
        };
        let builder = SpanBuilder::from_name(format!("{operation} {handler}"))
            .with_kind(SpanKind::Internal)
            .with_attributes([
                KeyValue::new("slingshot.handler", handler.to_owned()),
                KeyValue::new("slingshot.operation", operation),
            ]);
        Span::of(builder.start_with_context(tracer, &remote(from)), false)
    }
}

impl Span {
    /// The status of an HTTP answer: from 500 on the server has failed.
    pub(crate) fn answered(&mut self, status: u16) {
        let Some(span) = &mut self.recorded else {
            return;
        };
        span.set_attribute(KeyValue::new(
            "http.response.status_code",
            i64::from(status),
        ));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
    }
}
