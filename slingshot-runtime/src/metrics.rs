//! What Prometheus scrapes, in the names of OpenTelemetry's messaging conventions and our own.
//!
//! Counting a message is a few atomic additions: the handles of each label set are made when a service learns
//! its queue. No label ever holds an id or the name of an object.

mod handlers;
mod per_core;
mod process;

use std::fmt::Write as _;

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

pub(crate) use handlers::{BusCalls, Requests};
use per_core::{Durations, Number};
use process::Process;

/// The content type of [`Metrics::text`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Names with their values.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// A histogram for each label set.
pub(crate) type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The boundaries that OpenTelemetry asks for.
const DURATIONS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// AMQP's timestamps are whole seconds, and a queue may be days long.
const QUEUE_TIMES: [f64; 11] = [
    1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
];

/// Objects are from bytes to gigabytes.
const TRANSFERS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0,
];

/// A process's metrics. A clone is the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) processing: Histograms,
    pub(crate) consumed: Family<Labels, Counter>,
    pub(crate) sent: Family<Labels, Counter>,
    pub(crate) operations: Histograms,
    pub(crate) processed: Family<Labels, Counter>,
    pub(crate) in_flight: Family<Labels, Gauge>,
    pub(crate) queue_times: Histograms,
    pub(crate) retries: Family<Labels, Counter>,
    pub(crate) dead_letters: Family<Labels, Counter>,
    pub(crate) unroutable: Family<Labels, Counter>,
    pub(crate) consumer_state: Family<Labels, Gauge>,
    pub(crate) dependency_up: Family<Labels, Gauge>,
    pub(crate) reconnects: Family<Labels, Counter>,
    pub(crate) object_durations: Histograms,
    pub(crate) object_bytes: Family<Labels, Counter>,
    pub(crate) drain_returned: Family<Labels, Counter>,
    http_requests: Family<Labels, Durations>,
    http_active: Family<Labels, Number>,
    bus_calls: Family<Labels, Durations>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            processing: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            consumed: Family::default(),
            sent: Family::default(),
            operations: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            processed: Family::default(),
            in_flight: Family::default(),
            queue_times: Family::new_with_constructor(|| Histogram::new(QUEUE_TIMES)),
            retries: Family::default(),
            dead_letters: Family::default(),
            unroutable: Family::default(),
            consumer_state: Family::default(),
            dependency_up: Family::default(),
            reconnects: Family::default(),
            object_durations: Family::new_with_constructor(|| Histogram::new(TRANSFERS)),
            object_bytes: Family::default(),
            drain_returned: Family::default(),
            http_requests: Family::default(),
            http_active: Family::default(),
            bus_calls: Family::default(),
        }
    }

    /// All of them, as text. `resource` says whose they are.
    pub(crate) fn text(&self, resource: &[(String, String)]) -> String {
        let mut registry = Registry::default();
        let resource: Vec<_> = resource
            .iter()
            .map(|(name, value)| (label(name), value.clone()))
            .collect();
        registry.register("target", "Whose metrics these are", Info::new(resource));
        self.register_messaging(&mut registry);
        self.register_ours(&mut registry);
        self.register_handlers(&mut registry);
        registry.register_collector(Box::new(Process));
        let mut text = String::new();
        if let Err(error) = text::encode(&mut text, &registry) {
            tracing::error!(%error, "the metrics cannot be written");
            text.write_str("# EOF\n").expect("a string takes any text");
        }
        text
    }

    /// What OpenTelemetry names.
    fn register_messaging(&self, to: &mut Registry) {
        to.register_with_unit(
            "messaging_process_duration",
            "How long calls of the function took",
            Unit::Seconds,
            self.processing.clone(),
        );
        to.register(
            "messaging_client_consumed_messages",
            "Messages that the broker delivered",
            self.consumed.clone(),
        );
        to.register(
            "messaging_client_sent_messages",
            "Messages that were published, confirmed or not",
            self.sent.clone(),
        );
        to.register_with_unit(
            "messaging_client_operation_duration",
            "How long the broker took to confirm",
            Unit::Seconds,
            self.operations.clone(),
        );
    }

    fn register_ours(&self, to: &mut Registry) {
        to.register(
            "slingshot_messages_processed",
            "Messages that were settled, by outcome",
            self.processed.clone(),
        );
        to.register(
            "slingshot_messages_in_flight",
            "Messages that were delivered and are not settled",
            self.in_flight.clone(),
        );
        to.register_with_unit(
            "slingshot_message_queue_time",
            "From a message's timestamp to its first delivery",
            Unit::Seconds,
            self.queue_times.clone(),
        );
        to.register(
            "slingshot_retry_scheduled",
            "Messages that come again, by nominal delay",
            self.retries.clone(),
        );
        to.register(
            "slingshot_dead_letters",
            "Messages that became dead letters, by kind of failure",
            self.dead_letters.clone(),
        );
        to.register(
            "slingshot_messages_unroutable",
            "Messages that the broker returned because their queue does not exist",
            self.unroutable.clone(),
        );
        to.register(
            "slingshot_consumer_state",
            "1 for the state that the consumer is in",
            self.consumer_state.clone(),
        );
        to.register(
            "slingshot_dependency_up",
            "Whether the latest use of a dependency worked",
            self.dependency_up.clone(),
        );
        to.register(
            "slingshot_reconnects",
            "Connections to the broker after the first",
            self.reconnects.clone(),
        );
        to.register_with_unit(
            "slingshot_object_io_duration",
            "How long objects took to read or to write",
            Unit::Seconds,
            self.object_durations.clone(),
        );
        to.register_with_unit(
            "slingshot_object_io",
            "Bytes of objects read and written",
            Unit::Bytes,
            self.object_bytes.clone(),
        );
        to.register(
            "slingshot_drain_returned",
            "Messages that a drain gave back to the queue",
            self.drain_returned.clone(),
        );
    }
}

/// An attribute's name as Prometheus writes it.
fn label(attribute: &str) -> String {
    let letter = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    };
    let name: String = attribute.chars().map(letter).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;
    use crate::{
        amqp::BrokerError,
        meter::{Dependency, Direction, Ending, Meter},
        report::State,
        trace::{Operation, Tracer},
    };

    /// The text of a service to which everything has happened.
    fn eventful() -> String {
        let metrics = Metrics::new();
        let meter = Meter::new("sniff", false, metrics.clone(), Tracer::default());
        let moment = Duration::from_millis(20);
        meter.queue("inbox");
        meter.dependency(Dependency::Broker, Ok(()));
        meter.state(State::Ready);
        meter.state(State::Starting);
        meter.state(State::Ready);
        for _ in 0..4 {
            meter.received(Some(Duration::from_secs(3)));
        }
        meter.called(moment, None);
        meter.called(moment, Some("panic"));
        meter.sent("words", moment, Ok(()));
        let returned = BrokerError::Returned {
            queue: "words".to_owned(),
            reason: "NO_ROUTE".to_owned(),
        };
        meter.sent("words", moment, Err(&returned));
        meter.object(Direction::Read, 300, moment);
        meter.object(Direction::Write, 20, moment);
        meter.ended(Ending::Succeeded(Vec::new()));
        let delay = Duration::from_mins(2);
        meter.ended(Ending::Retried { delay });
        let (kind, reason) = ("panic", "no".to_owned());
        meter.ended(Ending::DeadLettered { kind, reason });
        meter.state(State::Draining);
        meter.given_back(1);
        let requests = Requests::new(&metrics, "POST", "/greet", "http");
        drop(requests.begin());
        requests.ended(200, moment);
        requests.ended(504, moment);
        let calls = BusCalls::new(&metrics, "titles");
        calls.ended(Operation::Publish, moment, None);
        calls.ended(Operation::Dispatch, moment, Some("timeout"));
        metrics.text(&[("service.name".to_owned(), "sniff".to_owned())])
    }

    /// The names of all that Prometheus keeps, and those of the histograms that queries name.
    fn exported() -> BTreeSet<String> {
        let text = eventful();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let names = samples.filter_map(|line| line.split(['{', ' ']).next());
        let of_histogram = |name: &str| name.strip_suffix("_bucket").map(str::to_owned);
        let names = names.flat_map(|name| [Some(name.to_owned()), of_histogram(name)]);
        names.flatten().collect()
    }

    /// What looks like one of our metrics in a text.
    fn named(text: &str) -> BTreeSet<&str> {
        const FAMILIES: [&str; 5] = [
            "http_server_",
            "messaging_",
            "process_",
            "slingshot_",
            "target_",
        ];
        // Labels that begin as metrics do.
        const LABELS: [&str; 4] = [
            "messaging_destination_name",
            "slingshot_handler",
            "slingshot_operation",
            "slingshot_service",
        ];
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let words = text.split(|letter| !word(letter));
        let ours = words.filter(|word| FAMILIES.iter().any(|family| word.starts_with(family)));
        ours.filter(|name| !LABELS.contains(name)).collect()
    }

    #[test]
    fn what_happens_to_messages_is_counted_where_it_belongs() {
        let text = eventful();
        for line in [
            r#"target_info{service_name="sniff"} 1"#,
            r#"messaging_client_consumed_messages_total{slingshot_service="sniff",messaging_system="rabbitmq",messaging_operation_name="process",messaging_destination_name="inbox"} 4"#,
            r#"messaging_process_duration_seconds_count{slingshot_service="sniff",messaging_system="rabbitmq",messaging_operation_name="process",messaging_destination_name="inbox",error_type="panic"} 1"#,
            r#"messaging_client_sent_messages_total{slingshot_service="sniff",messaging_system="rabbitmq",messaging_operation_name="publish",messaging_destination_name="words"} 2"#,
            r#"slingshot_messages_processed_total{slingshot_service="sniff",outcome="ack"} 1"#,
            r#"slingshot_messages_processed_total{slingshot_service="sniff",outcome="skip"} 0"#,
            r#"slingshot_messages_in_flight{slingshot_service="sniff"} 0"#,
            r#"slingshot_retry_scheduled_total{slingshot_service="sniff",delay="2m"} 1"#,
            r#"slingshot_dead_letters_total{slingshot_service="sniff",error_type="panic"} 1"#,
            r#"slingshot_messages_unroutable_total{slingshot_service="sniff",messaging_destination_name="words"} 1"#,
            r#"slingshot_consumer_state{slingshot_service="sniff",state="draining"} 1"#,
            r#"slingshot_consumer_state{slingshot_service="sniff",state="ready"} 0"#,
            r#"slingshot_dependency_up{slingshot_service="sniff",dependency="broker"} 1"#,
            r#"slingshot_reconnects_total{slingshot_service="sniff"} 1"#,
            r#"slingshot_drain_returned_total{slingshot_service="sniff"} 1"#,
            r#"http_server_active_requests{http_request_method="POST",url_scheme="http"} 0"#,
            r#"http_server_request_duration_seconds_count{http_request_method="POST",http_route="/greet",http_response_status_code="200",url_scheme="http"} 1"#,
            r#"http_server_request_duration_seconds_count{http_request_method="POST",http_route="/greet",http_response_status_code="504",url_scheme="http",error_type="504"} 1"#,
            r#"slingshot_bus_call_duration_seconds_count{slingshot_handler="titles",slingshot_operation="publish"} 1"#,
            r#"slingshot_bus_call_duration_seconds_count{slingshot_handler="titles",slingshot_operation="dispatch",error_type="timeout"} 1"#,
            r#"slingshot_object_io_bytes_total{slingshot_service="sniff",direction="read"} 300"#,
        ] {
            assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn dashboard_alerts_and_guide_name_metrics_that_are_there() {
        let exported = exported();
        for text in [
            include_str!("../../dashboards/slingshot.json"),
            include_str!("../../dashboards/alerts.yaml"),
            include_str!("../../docs/guide/observability.md"),
        ] {
            let named = named(text);
            let unknown: Vec<_> = named
                .iter()
                .filter(|name| !exported.contains(**name))
                .collect();
            assert_eq!(unknown, [] as [&&str; 0]);
            assert!(named.len() > 5, "{named:?}");
        }
    }

    #[test]
    fn every_metric_is_in_the_guide() {
        let guide = named(include_str!("../../docs/guide/observability.md"));
        let text = eventful();
        let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        for family in families.filter_map(|line| line.split_once(' ')) {
            let (name, kind) = family;
            let suffix = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            let name = format!("{name}{suffix}");
            assert!(guide.contains(name.as_str()), "{name} is not in the guide");
        }
    }

    #[test]
    fn the_dashboard_can_be_imported() {
        let dashboard = include_str!("../../dashboards/slingshot.json");
        let dashboard: serde_json::Value = serde_json::from_str(dashboard).expect("JSON");
        let panels = dashboard["panels"].as_array().expect("panels");
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len(), "panels share an id");
        for panel in panels {
            for target in panel["targets"].as_array().expect("targets") {
                assert_eq!(target["datasource"]["uid"], "${datasource}");
            }
        }
    }
}
