//! What a run of the model counts.

use std::time::Duration;

use super::{
    events::{Counts, Events},
    network::Network,
};

/// As many events as a run has at most: some seconds of work, and some hundred megabytes where queues grow.
pub(super) const MOST_EVENTS: u32 = 5_000_000;

/// How a run goes.
#[derive(Clone, Copy, Debug)]
pub struct RunSettings {
    /// How much time passes in the model. The first tenth is not counted: queues begin empty.
    pub duration: Duration,
    /// What the random numbers come from.
    pub seed: u64,
}

/// What a run counted.
#[derive(Clone, Debug)]
pub struct Run {
    /// For each station of the network.
    pub stations: Vec<StationRun>,
    /// For each queue of the network.
    pub queues: Vec<QueueRun>,
    /// For each queue that is fed from outside.
    pub sources: Vec<SourceRun>,
    /// How much time was counted.
    pub counted: Duration,
    /// Why it ended.
    pub stop: Stop,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its time was over.
    Finished,
    /// It was cut short, because it would have had too many events.
    Shortened,
}

/// What was counted at a station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationRun {
    /// Messages that came in a second.
    pub arrivals: f64,
    /// The part of its servers that was at work; `None` if its messages take no time.
    pub utilisation: Option<f64>,
    /// Seconds that a message waited, on average over those that were begun.
    pub wait: f64,
    /// Messages that waited, on average.
    pub waiting: f64,
}

/// What was counted at a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueRun {
    /// Messages that came in a second.
    pub arrivals: f64,
    /// How many more messages waited after each second.
    pub growth: f64,
}

/// What was counted of the messages that came in at one queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceRun {
    /// The queue.
    pub queue: usize,
    /// Results that left or ended.
    pub results: u32,
    /// Seconds from when a message came in until one of its results left or ended, on average.
    pub time: f64,
    /// The time within which 95 of 100 results did.
    pub time_95: f64,
}

impl Network {
    /// Lets messages through the network, event by event.
    pub fn run(&self, settings: RunSettings) -> Run {
        let duration = self.affordable().min(settings.duration);
        let (counts, is_over) = Events::new(self, settings.seed).run(duration);
        let stop = if is_over && duration == settings.duration {
            Stop::Finished
        } else {
            Stop::Shortened
        };
        self.evaluate(counts, stop)
    }

    /// The time that takes no more events than there may be, going by the estimate.
    fn affordable(&self) -> Duration {
        let estimate = self.estimate();
        let fed: f64 = self.queues.iter().map(|queue| queue.rate).sum();
        let done: f64 = estimate
            .stations
            .iter()
            .map(|station| station.departures)
            .sum();
        // The estimate is a mean: a run may have more.
        let seconds = 0.8 * f64::from(MOST_EVENTS) / (fed + done);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    fn evaluate(&self, counts: Counts, stop: Stop) -> Run {
        let seconds = counts.counted.as_secs_f64();
        let a_second = |sum: f64| if seconds > 0.0 { sum / seconds } else { 0.0 };
        let rate = |count: u32| a_second(f64::from(count));
        let mean = |sum: f64, count: u32| {
            if count > 0 {
                sum / f64::from(count)
            } else {
                0.0
            }
        };
        let mut begun_of_queue = vec![0_u32; self.queues.len()];
        for (station, counted) in self.stations.iter().zip(&counts.stations) {
            begun_of_queue[station.queue] += counted.begun;
        }
        let stations = self.stations.iter().zip(&counts.stations);
        let stations = stations.map(|(station, counted)| {
            let queue = &counts.queues[station.queue];
            // Readers of one queue share what came to it as they shared what they began.
            let part = mean(f64::from(counted.begun), begun_of_queue[station.queue]);
            StationRun {
                arrivals: rate(queue.arrivals) * part,
                utilisation: station
                    .service_time
                    .map(|_| a_second(counted.busy) / f64::from(station.servers)),
                wait: mean(counted.waited, counted.begun),
                waiting: a_second(queue.waiting) * part,
            }
        });
        let queues = counts.queues.iter().map(|queue| QueueRun {
            arrivals: rate(queue.arrivals),
            growth: a_second(f64::from(queue.at_the_end) - f64::from(queue.at_the_start)),
        });
        let sources = counts.times.into_iter().map(|(queue, mut times)| {
            times.sort_unstable();
            let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
            let seconds = |time: &u64| Duration::from_nanos(*time).as_secs_f64();
            SourceRun {
                queue,
                results: count,
                time: mean(times.iter().map(seconds).sum(), count),
                time_95: times.get(times.len() * 95 / 100).map_or(0.0, seconds),
            }
        });
        Run {
            stations: stations.collect(),
            queues: queues.collect(),
            sources: sources.collect(),
            counted: counts.counted,
            stop,
        }
    }
}
