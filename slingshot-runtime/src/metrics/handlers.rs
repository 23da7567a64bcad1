//! What handlers add: requests in the names of OpenTelemetry's HTTP conventions, and calls over the bus.

use std::{sync::Arc, time::Duration};

use papaya::HashMap;
use prometheus_client::registry::{Registry, Unit};

use super::{
    Labels, Metrics,
    per_core::{Durations, Number, OneMore},
};
use crate::trace::Operation;

impl Metrics {
    pub(super) fn register_handlers(&self, to: &mut Registry) {
        to.register_with_unit(
            "http_server_request_duration",
            "How long HTTP requests took",
            Unit::Seconds,
            self.http_requests.clone(),
        );
        to.register(
            "http_server_active_requests",
            "HTTP requests that are being answered",
            self.http_active.clone(),
        );
        to.register_with_unit(
            "slingshot_bus_call_duration",
            "How long calls over the bus took, with their wait in the handler's line",
            Unit::Seconds,
            self.bus_calls.clone(),
        );
    }
}

/// The requests of one route.
#[derive(Debug)]
pub(crate) struct Requests {
    metrics: Metrics,
    method: &'static str,
    route: Arc<str>,
    scheme: &'static str,
    active: Number,
    succeeded: Durations,
    /// By the status of the others.
    others: HashMap<u16, Durations>,
}

impl Requests {
    pub(crate) fn new(
        metrics: &Metrics,
        method: &'static str,
        route: &str,
        scheme: &'static str,
    ) -> Self {
        let route = Arc::from(route);
        let labels = |status| labels(method, &route, scheme, status);
        Self {
            active: metrics.http_active.get_or_create_owned(&vec![
                ("http_request_method", method.to_owned()),
                ("url_scheme", scheme.to_owned()),
            ]),
            succeeded: metrics.http_requests.get_or_create_owned(&labels(200)),
            others: HashMap::new(),
            metrics: metrics.clone(),
            method,
            route,
            scheme,
        }
    }

    /// A request is being answered, until what this gives is dropped.
    pub(crate) fn begin(&self) -> OneMore<'_> {
        self.active.one_more()
    }

    pub(crate) fn ended(&self, status: u16, elapsed: Duration) {
        if status == 200 {
            self.succeeded.observe(elapsed);
            return;
        }
        let others = self.others.pin();
        let histogram = others.get_or_insert_with(status, || {
            let labels = labels(self.method, &self.route, self.scheme, status);
            self.metrics.http_requests.get_or_create_owned(&labels)
        });
        histogram.observe(elapsed);
    }
}

fn labels(method: &str, route: &str, scheme: &str, status: u16) -> Labels {
    let mut labels = vec![
        ("http_request_method", method.to_owned()),
        ("http_route", route.to_owned()),
        ("http_response_status_code", status.to_string()),
        ("url_scheme", scheme.to_owned()),
    ];
    if status >= 500 {
        labels.push(("error_type", status.to_string()));
    }
    labels
}

/// The calls of one handler over the bus.
#[derive(Debug)]
pub(crate) struct BusCalls {
    metrics: Metrics,
    handler: String,
    published: Durations,
    dispatched: Durations,
}

impl BusCalls {
    pub(crate) fn new(metrics: &Metrics, handler: &str) -> Self {
        let of = |operation| {
            let labels = call_labels(handler, operation);
            metrics.bus_calls.get_or_create_owned(&labels)
        };
        Self {
            published: of(Operation::Publish),
            dispatched: of(Operation::Dispatch),
            metrics: metrics.clone(),
            handler: handler.to_owned(),
        }
    }

    /// `failed` is the kind of its failure.
    pub(crate) fn ended(
        &self,
        operation: Operation,
        elapsed: Duration,
        failed: Option<&'static str>,
    ) {
        match failed {
            None if operation == Operation::Publish => self.published.observe(elapsed),
            None => self.dispatched.observe(elapsed),
            Some(kind) => {
                let mut labels = call_labels(&self.handler, operation);
                labels.push(("error_type", kind.to_owned()));
                let failed = self.metrics.bus_calls.get_or_create_owned(&labels);
                failed.observe(elapsed);
            }
        }
    }
}

fn call_labels(handler: &str, operation: Operation) -> Labels {
    vec![
        ("slingshot_handler", handler.to_owned()),
        ("slingshot_operation", operation.name().to_owned()),
    ]
}
