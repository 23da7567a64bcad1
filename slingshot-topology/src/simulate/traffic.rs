//! How many messages come to each station where stations have a limit: the traffic equations of
//! [`crate::traffic`] with a minimum in them.
//!
//! A station that gets more than it can take passes on only what it can. Such equations are solved as Goodman and
//! Massey do: first all stations count as overloaded, then those that even so get less than they can take do
//! not, until none is left to change.
//!
//! Goodman and Massey, "The Non-Ergodic Jackson Network" (1984).

use petgraph::{
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
};

use super::network::Network;
use crate::traffic::equations::{Equation, solve};

/// Who feeds whom, and how many messages one message makes.
#[derive(Debug)]
pub(super) struct Gains {
    /// For each station, the stations that it feeds, with the messages for each that it takes.
    pub(super) feeds: Vec<Vec<(usize, f64)>>,
    /// Stations that can reach each other, those first that feed others. Members ascend.
    pub(super) parts: Vec<Vec<usize>>,
    /// The part of its queue's messages that each station gets.
    pub(super) splits: Vec<f64>,
}

impl Gains {
    pub(super) fn of(network: &Network) -> Self {
        let readers = network.readers();
        let splits = splits(network, &readers);
        let feeds: Vec<Vec<(usize, f64)>> = network
            .stations
            .iter()
            .map(|station| {
                let outputs = station.outputs.iter().filter(|output| output.mean > 0.0);
                let fed = outputs.flat_map(|output| {
                    let queues = output.queues.iter();
                    queues.map(|&queue| (queue, output.mean))
                });
                let fed = fed.flat_map(|(queue, mean)| {
                    let readers = readers[queue].iter();
                    readers.map(move |&reader| (reader, mean))
                });
                fed.map(|(to, mean)| (to, mean * splits[to])).collect()
            })
            .collect();
        let mut graph = DiGraph::<(), ()>::new();
        for _ in &feeds {
            graph.add_node(());
        }
        for (from, feeds) in feeds.iter().enumerate() {
            for &(to, _) in feeds {
                graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
            }
        }
        // Kosaraju's parts come after all that they lead to.
        let parts = kosaraju_scc(&graph).into_iter().rev().map(|part| {
            let mut members: Vec<usize> = part.into_iter().map(NodeIndex::index).collect();
            members.sort_unstable();
            members
        });
        Self {
            parts: parts.collect(),
            feeds,
            splits,
        }
    }

    /// For each member of a part, the places of the members that it feeds, with the messages for each that it
    /// takes.
    pub(super) fn within(&self, part: &[usize]) -> Vec<Vec<(usize, f64)>> {
        let inside = |&(to, gain): &(usize, f64)| Some((part.binary_search(&to).ok()?, gain));
        part.iter()
            .map(|&member| self.feeds[member].iter().filter_map(inside).collect())
            .collect()
    }

    /// The factor by which one step multiplies what goes round in a part; `None` if nothing does: the largest
    /// eigenvalue of its gains. Power iteration on `gains + 1`, whose eigenvalues of one size are one, until the
    /// bounds of Collatz and Wielandt meet.
    ///
    /// Wielandt, "Unzerlegbare, nicht negative Matrizen" (1950).
    pub(super) fn gain(&self, part: &[usize]) -> Option<f64> {
        const ROUNDS: usize = 10_000;
        const EXACT: f64 = 1e-10;
        let gains = self.within(part);
        if gains.iter().all(Vec::is_empty) {
            return None;
        }
        let mut vector = vec![1.0; part.len()];
        let mut gain = 0.0;
        for _ in 0..ROUNDS {
            let next = gains.iter().zip(&vector).map(|(gains, own)| {
                let fed = gains.iter().map(|&(to, gain)| gain * vector[to]);
                own + fed.sum::<f64>()
            });
            let next: Vec<f64> = next.collect();
            let ratios = || next.iter().zip(&vector).map(|(next, own)| next / own);
            let low = ratios().fold(f64::INFINITY, f64::min);
            let high = ratios().fold(0.0, f64::max);
            gain = f64::midpoint(low, high) - 1.0;
            if high - low < EXACT * high {
                break;
            }
            let largest = next.iter().copied().fold(0.0, f64::max);
            vector = next.into_iter().map(|value| value / largest).collect();
        }
        Some(gain)
    }

    /// For each station, what it and everything that comes of one of its messages add up to. Infinite where
    /// messages become ever more.
    pub(super) fn sum_downstream(&self, own: Vec<f64>) -> Vec<f64> {
        let mut sums = own;
        for part in self.parts.iter().rev() {
            let equations: Vec<Equation> = part
                .iter()
                .zip(self.within(part))
                .map(|(&member, from)| {
                    let outside = self.feeds[member].iter();
                    let outside = outside.filter(|(to, _)| part.binary_search(to).is_err());
                    let outside: f64 = outside.map(|&(to, gain)| gain * sums[to]).sum();
                    Equation {
                        node: member,
                        outside: sums[member] + outside,
                        from,
                    }
                })
                .collect();
            let solved = solve(&equations).unwrap_or_else(|| vec![f64::INFINITY; part.len()]);
            for (&member, sum) in part.iter().zip(solved) {
                sums[member] = sum;
            }
        }
        sums
    }
}

/// What comes to each station and what leaves it, in messages a second. Infinite past a loop that makes more of
/// its messages without taking time.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) arrivals: Vec<f64>,
    pub(super) departures: Vec<f64>,
}

impl Traffic {
    /// The traffic of stations that can take so much.
    pub(super) fn of(network: &Network, gains: &Gains, capacities: &[f64]) -> Self {
        let stations = network.stations.iter().zip(&gains.splits);
        let mut arrivals: Vec<f64> = stations
            .map(|(station, split)| network.queues[station.queue].rate * split)
            .collect();
        let mut departures = vec![0.0; arrivals.len()];
        for part in &gains.parts {
            let inflow: Vec<f64> = part.iter().map(|&member| arrivals[member]).collect();
            let capacity: Vec<f64> = part.iter().map(|&member| capacities[member]).collect();
            let within = solve_part(&gains.within(part), &inflow, &capacity);
            for (&member, arriving) in part.iter().zip(within) {
                arrivals[member] = arriving;
                departures[member] = arriving.min(capacities[member]);
            }
            for &member in part {
                for &(to, gain) in &gains.feeds[member] {
                    if part.binary_search(&to).is_err() {
                        arrivals[to] += departures[member] * gain;
                    }
                }
            }
        }
        Self {
            arrivals,
            departures,
        }
    }
}

/// What arrives at each member of one part.
fn solve_part(gains: &[Vec<(usize, f64)>], inflow: &[f64], capacity: &[f64]) -> Vec<f64> {
    if inflow.iter().all(|&inflow| inflow == 0.0) {
        return vec![0.0; inflow.len()];
    }
    let is_limited = capacity.iter().map(|capacity| capacity.is_finite());
    let mut is_overloaded: Vec<bool> = is_limited.collect();
    loop {
        let Some(arrivals) = with_overload(gains, inflow, capacity, &is_overloaded) else {
            return vec![f64::INFINITY; inflow.len()];
        };
        let stays = |member: usize| is_overloaded[member] && arrivals[member] >= capacity[member];
        let still: Vec<bool> = (0..inflow.len()).map(stays).collect();
        // Each round frees a member or is the last.
        if still == is_overloaded {
            return arrivals;
        }
        is_overloaded = still;
    }
}

/// What arrives where some members pass on all that they can take, and the others all that they get.
fn with_overload(
    gains: &[Vec<(usize, f64)>],
    inflow: &[f64],
    capacity: &[f64],
    is_overloaded: &[bool],
) -> Option<Vec<f64>> {
    let equation = |(node, &outside): (usize, &f64)| Equation {
        node,
        outside,
        from: Vec::new(),
    };
    let mut equations: Vec<Equation> = inflow.iter().enumerate().map(equation).collect();
    for (from, gains) in gains.iter().enumerate() {
        for &(to, gain) in gains {
            if is_overloaded[from] {
                equations[to].outside += capacity[from] * gain;
            } else {
                equations[to].from.push((from, gain));
            }
        }
    }
    solve(&equations)
}

/// How the readers of one queue share its messages: by what they can take, so that none is busier than the
/// others; by their servers where one of them takes no time.
fn splits(network: &Network, readers: &[Vec<usize>]) -> Vec<f64> {
    let mut splits = vec![1.0; network.stations.len()];
    for readers in readers.iter().filter(|readers| readers.len() > 1) {
        let stations = || readers.iter().map(|&reader| &network.stations[reader]);
        let is_timed = stations().all(|station| station.capacity().is_finite());
        let weights: Vec<f64> = stations()
            .map(|station| {
                if is_timed {
                    station.capacity()
                } else {
                    f64::from(station.servers)
                }
            })
            .collect();
        let total: f64 = weights.iter().sum();
        for (&reader, weight) in readers.iter().zip(weights) {
            splits[reader] = weight / total;
        }
    }
    splits
}
