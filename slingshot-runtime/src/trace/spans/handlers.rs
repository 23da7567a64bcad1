//! Spans of handlers: one for each request, and one for each call over the bus.

use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, SpanBuilder, SpanKind, Status},
};

use super::{Span, Tracer, remote};
use crate::trace::{Operation, Request, TraceContext};

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
    pub(crate) fn call(&self, from: &TraceContext, handler: &str, operation: Operation) -> Span {
        self.of_call(
            from,
            (operation.name(), SpanKind::Internal),
            handler,
            operation,
        )
    }

    /// The same over a broker, where who calls is.
    pub(crate) fn call_out(
        &self,
        from: &TraceContext,
        handler: &str,
        operation: Operation,
    ) -> Span {
        let kind = match operation {
            Operation::Publish => SpanKind::Client,
            Operation::Dispatch => SpanKind::Producer,
        };
        self.of_call(from, (operation.name(), kind), handler, operation)
    }

    /// The same, where the handler is.
    pub(crate) fn call_in(
        &self,
        came_with: &TraceContext,
        handler: &str,
        operation: Operation,
    ) -> Span {
        self.of_call(
            came_with,
            ("process", SpanKind::Consumer),
            handler,
            operation,
        )
    }

    fn of_call(
        &self,
        from: &TraceContext,
        (verb, kind): (&'static str, SpanKind),
        handler: &str,
        operation: Operation,
    ) -> Span {
        let Some(tracer) = &self.0 else {
            return Span::default();
        };
        let mut attributes = vec![
            KeyValue::new("slingshot.handler", handler.to_owned()),
            KeyValue::new("slingshot.operation", operation.name()),
        ];
        if kind != SpanKind::Internal {
            attributes.push(KeyValue::new("messaging.system", "rabbitmq"));
        }
        let builder = SpanBuilder::from_name(format!("{verb} {handler}"))
            .with_kind(kind)
            .with_attributes(attributes);
        // What came without a trace begins one, and the sampler says whether it is recorded.
        let parent = if from.begun_here {
            Context::new()
        } else {
            remote(from)
        };
        Span::of(builder.start_with_context(tracer, &parent), from.begun_here)
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
