//! What the formulas say of a network: an open Jackson network of M/M/c queues.
//!
//! Jackson, "Networks of Waiting Lines" (1957): each station behaves as if it stood alone and got its messages
//! at random. That is exact where service times are exponential and a message gives one result at most; with
//! several results at once, or fixed times, it is an approximation.

use super::{
    network::{Network, ServiceTimes, Station},
    queueing::mean_wait,
    traffic::{Gains, Traffic},
};

/// How near to what it can take a station may come, in parts of it, before it counts as overloaded: at all of it,
/// the wait has no mean any more.
const STABLE: f64 = 1.0 - 1e-9;

/// What the formulas say of a network.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// For each station of the network.
    pub stations: Vec<StationEstimate>,
    /// For each queue of the network, the messages that come to it in a second.
    pub queues: Vec<f64>,
    /// For each queue that is fed from outside.
    pub sources: Vec<SourceEstimate>,
    /// The loops, in the order of the flow.
    pub loops: Vec<LoopGain>,
    /// The station that is the first to get more than it can take when all rates grow, and the factor by which they
    /// can grow until then: less than 1 if they are too high already.
    pub bottleneck: Option<(usize, f64)>,
}

/// What the formulas say of a station. Whatever grows without end is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationEstimate {
    /// Messages that come in a second.
    pub arrivals: f64,
    /// Messages that leave in a second.
    pub departures: f64,
    /// The part of its servers that is at work, more than 1 if there are too few; `None` if its messages take no
    /// time.
    pub utilisation: Option<f64>,
    /// Seconds that a message waits, on average.
    pub wait: f64,
    /// Messages that wait, on average.
    pub waiting: f64,
}

/// What the formulas say of a queue that is fed from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceEstimate {
    /// The queue.
    pub queue: usize,
    /// Seconds from when a message comes in until one of its results leaves or ends, on average over all of
    /// them.
    pub time: f64,
}

/// Services that can reach each other.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopGain {
    /// The stations.
    pub stations: Vec<usize>,
    /// The factor by which one step multiplies what goes round. From 1 on, a single message becomes ever more.
    pub gain: f64,
}

impl StationEstimate {
    /// How many more messages wait after each second; 0 if it takes what it gets.
    pub fn growth(&self) -> f64 {
        if self.wait.is_finite() {
            return 0.0;
        }
        // Both are endless behind a loop that makes ever more messages.
        if self.arrivals.is_infinite() {
            return f64::INFINITY;
        }
        self.arrivals - self.departures
    }
}

impl LoopGain {
    /// Whether it makes ever more messages.
    pub fn is_amplifying(&self) -> bool {
        self.gain >= STABLE
    }
}

impl Estimate {
    /// Whether some queue grows without end.
    pub fn is_overloaded(&self) -> bool {
        self.stations
            .iter()
            .any(|station| station.wait.is_infinite())
    }
}

impl Network {
    /// What the formulas say of this network.
    pub fn estimate(&self) -> Estimate {
        let gains = Gains::of(self);
        let capacities: Vec<f64> = self.stations.iter().map(Station::capacity).collect();
        let traffic = Traffic::of(self, &gains, &capacities);
        let readers = self.readers();
        let stations: Vec<StationEstimate> = (0..self.stations.len())
            .map(|index| self.station(index, &readers, &traffic))
            .collect();
        let loops = gains.parts.iter().filter_map(|part| {
            let gain = gains.gain(part)?;
            Some(LoopGain {
                stations: part.clone(),
                gain,
            })
        });
        Estimate {
            queues: self.flows(&traffic),
            sources: self.sources(&gains, &stations),
            loops: loops.collect(),
            bottleneck: self.bottleneck(&gains, &capacities, &stations),
            stations,
        }
    }

    fn station(&self, index: usize, readers: &[Vec<usize>], traffic: &Traffic) -> StationEstimate {
        let station = &self.stations[index];
        let (arrivals, departures) = (traffic.arrivals[index], traffic.departures[index]);
        let capacity = station.capacity();
        let wait = if arrivals.is_infinite() || arrivals >= capacity * STABLE {
            f64::INFINITY
        } else if capacity.is_infinite() {
            0.0
        } else {
            self.wait(&readers[station.queue], traffic)
        };
        StationEstimate {
            arrivals,
            departures,
            utilisation: capacity.is_finite().then(|| arrivals / capacity),
            wait,
            // No wait for no messages is none.
            waiting: if wait == 0.0 { 0.0 } else { arrivals * wait },
        }
    }

    /// How long messages wait for any of these stations, which read one queue: a single one of all their servers.
    fn wait(&self, readers: &[usize], traffic: &Traffic) -> f64 {
        let stations = || {
            readers
                .iter()
                .map(|&reader| (&self.stations[reader], traffic.arrivals[reader]))
        };
        let arrivals: f64 = stations().map(|(_, arrivals)| arrivals).sum();
        let load: f64 = stations()
            .map(|(station, arrivals)| arrivals * station.seconds())
            .sum();
        let servers = stations().fold(0_u32, |sum, (station, _)| {
            sum.saturating_add(station.servers)
        });
        if load == 0.0 {
            return 0.0;
        }
        mean_wait(servers, arrivals, load / arrivals, self.times)
    }

    /// What comes to each queue.
    fn flows(&self, traffic: &Traffic) -> Vec<f64> {
        let mut flows: Vec<f64> = self.queues.iter().map(|queue| queue.rate).collect();
        for (station, departures) in self.stations.iter().zip(&traffic.departures) {
            for output in station.outputs.iter().filter(|output| output.mean > 0.0) {
                for &queue in &output.queues {
                    flows[queue] += departures * output.mean;
                }
            }
        }
        flows
    }

    /// The first station to be overloaded, by the traffic as it is while none is. Where a loop makes ever more
    /// messages there is no such traffic, and the busiest station it is.
    fn bottleneck(
        &self,
        gains: &Gains,
        capacities: &[f64],
        stations: &[StationEstimate],
    ) -> Option<(usize, f64)> {
        let unlimited = vec![f64::INFINITY; capacities.len()];
        let traffic = Traffic::of(self, gains, &unlimited);
        let room = |index: usize| match traffic.arrivals[index] {
            arrivals if arrivals.is_finite() => capacities[index] / arrivals,
            _ => 1.0 / stations[index].utilisation.unwrap_or(0.0),
        };
        let rooms = (0..capacities.len()).map(|index| (index, room(index)));
        let limited = rooms.filter(|(_, room)| room.is_finite());
        limited.min_by(|one, other| one.1.total_cmp(&other.1))
    }

    fn sources(&self, gains: &Gains, stations: &[StationEstimate]) -> Vec<SourceEstimate> {
        let readers = self.readers();
        let ends = self.stations.iter().map(|station| ends(station, &readers));
        let results = gains.sum_downstream(ends.collect());
        let sojourn = |index: usize| {
            let time = stations[index].wait + self.stations[index].seconds();
            // A station that no result leaves adds no time to any.
            if results[index] == 0.0 {
                0.0
            } else {
                time * results[index]
            }
        };
        let times = gains.sum_downstream((0..stations.len()).map(sojourn).collect());
        let fed = self
            .queues
            .iter()
            .enumerate()
            .filter(|(_, queue)| queue.rate > 0.0);
        fed.map(|(queue, _)| {
            let sum = |of: &[f64]| -> f64 {
                let parts = readers[queue].iter();
                parts.map(|&reader| gains.splits[reader] * of[reader]).sum()
            };
            let (times, results) = (sum(&times), sum(&results));
            let time = if times.is_infinite() || results.is_infinite() {
                f64::INFINITY
            } else if results > 0.0 {
                times / results
            } else {
                0.0
            };
            SourceEstimate { queue, time }
        })
        .collect()
    }
}

/// How many of its results end at a station or leave the system from there, for each of its messages.
fn ends(station: &Station, readers: &[Vec<usize>]) -> f64 {
    let ended = station.outputs.iter().map(|output| {
        let left = output
            .queues
            .iter()
            .filter(|&&queue| readers[queue].is_empty());
        let ends = if output.queues.is_empty() {
            1
        } else {
            left.count()
        };
        output.mean * f64::from(u32::try_from(ends).unwrap_or(u32::MAX))
    });
    ended.sum::<f64>() + station.no_result()
}

impl ServiceTimes {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exponential => "exponential",
            Self::Fixed => "fixed",
        }
    }
}
