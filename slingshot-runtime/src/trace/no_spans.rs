//! What stands in the place of spans in a build without the feature `otlp`: nothing is recorded.

#![expect(
    clippy::unused_self,
    reason = "who calls does not know which of the two this is"
)]

use super::{Operation, Request, Sending, TraceContext, Work};

/// No connection to a collector.
#[derive(Debug)]
pub(crate) struct Exporter;

impl Exporter {
    pub(crate) fn start(_: &[(String, String)]) -> Option<Self> {
        tracing::warn!("traces are not exported: this build is without the feature `otlp`");
        None
    }

    pub(crate) fn tracer(&self) -> Tracer {
        Tracer(())
    }

    pub(crate) async fn finish(self) {
        std::future::ready(self).await;
    }
}

/// Makes no spans.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracer(());

impl Tracer {
    pub(crate) fn work(&self, _: &TraceContext, _: &Work<'_>) -> Span {
        Span(())
    }

    pub(crate) fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn request(&self, _: Option<&TraceContext>, _: &Request<'_>) -> Span {
        Span(())
    }

    pub(crate) fn call(&self, _: &TraceContext, _: &str, _: Operation) -> Span {
        Span(())
    }

    pub(crate) fn call_out(&self, _: &TraceContext, _: &str, _: Operation) -> Span {
        Span(())
    }

    pub(crate) fn call_in(&self, _: &TraceContext, _: &str, _: Operation) -> Span {
        Span(())
    }

    pub(crate) fn send(&self, _: &TraceContext, _: &Sending<'_>) -> Span {
        Span(())
    }
}

/// Not a span.
#[derive(Debug, Default)]
pub(crate) struct Span(());

impl Span {
    pub(crate) fn context(&self) -> Option<&TraceContext> {
        None
    }

    pub(crate) fn answered(&mut self, _: u16) {}

    pub(crate) fn outcome(&mut self, _: &'static str) {}

    pub(crate) fn failed(&mut self, _: &'static str) {}
}
