//! Metrics of what happens with every request: each core counts for itself, and who scrapes adds up.

use std::{
    array, fmt,
    iter::zip,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

use super::DURATIONS;
use crate::per_core::PerCore;

/// The buckets, and the one of all that took longer.
const BUCKETS: usize = DURATIONS.len() + 1;

/// How long something took, in the buckets that OpenTelemetry asks for. A clone is the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations(Arc<PerCore<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    nanoseconds: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

impl Durations {
    pub(crate) fn observe(&self, took: Duration) {
        let counted = self.0.here();
        let seconds = took.as_secs_f64();
        let bucket = DURATIONS.partition_point(|bound| *bound < seconds);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        counted
            .nanoseconds
            .fetch_add(nanoseconds, Ordering::Relaxed);
        counted.buckets[bucket].fetch_add(1, Ordering::Relaxed);
    }
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let of_all = |of: &dyn Fn(&Counted) -> &AtomicU64| -> u64 {
            self.0
                .iter()
                .map(|copy| of(copy).load(Ordering::Relaxed))
                .sum()
        };
        let counts: [u64; BUCKETS] = array::from_fn(|index| of_all(&|copy| &copy.buckets[index]));
        let took = Duration::from_nanos(of_all(&|copy| &copy.nanoseconds));
        let bounds = DURATIONS.into_iter().chain([f64::INFINITY]);
        let buckets: Vec<_> = zip(bounds, counts).collect();
        encoder.encode_histogram::<NoLabelSet>(
            took.as_secs_f64(),
            counts.iter().sum(),
            &buckets,
            None,
        )
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Durations {
    const TYPE: MetricType = MetricType::Histogram;
}

/// How many there are now. A clone is the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Number(Arc<PerCore<AtomicI64>>);

impl Number {
    /// One more, until what this gives is dropped.
    pub(crate) fn one_more(&self) -> OneMore<'_> {
        self.0.here().fetch_add(1, Ordering::Relaxed);
        OneMore(self)
    }
}

/// One of a [`Number`].
#[derive(Debug)]
pub(crate) struct OneMore<'a>(&'a Number);

impl Drop for OneMore<'_> {
    fn drop(&mut self) {
        // On another core than it began on, perhaps: only the sum means something.
        self.0.0.here().fetch_sub(1, Ordering::Relaxed);
    }
}

impl EncodeMetric for Number {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let copies = self.0.iter().map(|copy| copy.load(Ordering::Relaxed));
        encoder.encode_gauge(&copies.sum::<i64>())
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Number {
    const TYPE: MetricType = MetricType::Gauge;
}

#[cfg(test)]
mod tests {
    use std::thread;

    use prometheus_client::{encoding::text, registry::Registry};

    use super::*;

    #[test]
    fn what_threads_counted_for_themselves_is_added_up() {
        let (took, open) = (Durations::default(), Number::default());
        let (other_took, other_open) = (took.clone(), open.clone());
        let still_open = open.one_more();
        thread::spawn(move || {
            other_took.observe(Duration::from_millis(5));
            other_took.observe(Duration::from_mins(1));
            drop(other_open.one_more());
        })
        .join()
        .expect("a thread");
        took.observe(Duration::from_millis(30));
        let mut registry = Registry::default();
        registry.register("took", "How long", took);
        registry.register("open", "How many", open.clone());
        let mut text = String::new();
        text::encode(&mut text, &registry).expect("a string takes any text");
        drop(still_open);
        let lines: Vec<_> = text.lines().filter(|line| !line.ends_with(" 0")).collect();
        let expected = [
            "# HELP took How long.",
            "# TYPE took histogram",
            "took_sum 60.035",
            "took_count 3",
            r#"took_bucket{le="0.005"} 1"#,
            r#"took_bucket{le="0.01"} 1"#,
            r#"took_bucket{le="0.025"} 1"#,
            r#"took_bucket{le="0.05"} 2"#,
        ];
        assert_eq!(lines[..expected.len()], expected, "{text}");
        assert!(lines.contains(&r#"took_bucket{le="10.0"} 2"#), "{text}");
        assert!(lines.contains(&r#"took_bucket{le="+Inf"} 3"#), "{text}");
        assert!(lines.contains(&"open 1"), "{text}");
    }
}
