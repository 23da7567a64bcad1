//! How many messages come to each station: the traffic equations of a network of queues.
//!
//! A station that gets more than it can take passes on only what it can: then the equations have a minimum in
//! them, and are solved as Goodman and Massey do: first all stations count as overloaded, then those that even
//! so get less than they can take do not, until none is left to change.
//!
//! Jackson, "Networks of Waiting Lines" (1957); Goodman and Massey, "The Non-Ergodic Jackson Network" (1984).

use petgraph::{
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
};
use thiserror::Error;

use super::{
    linear::{LARGEST, solve, spectral_radius},
    network::Network,
};

/// Why the traffic cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrafficError {
    /// A loop is too large to be solved exactly.
    #[error("{0} services form one loop: more than 1000 are not solved")]
    LoopTooLarge(usize),
}

/// Who feeds whom, and how many messages one message makes.
#[derive(Debug)]
pub(super) struct Gains {
    /// For each station, the stations that it feeds, with the messages for each that it takes.
    pub(super) feeds: Vec<Vec<(usize, f64)>>,
    /// Stations that can reach each other, those first that feed others.
    pub(super) parts: Vec<Vec<usize>>,
    /// The part of each queue's messages that each of its readers gets.
    pub(super) splits: Vec<f64>,
}

impl Gains {
    pub(super) fn of(network: &Network) -> Result<Self, TrafficError> {
        let readers = network.readers();
        let splits = splits(network, &readers);
        let feeds: Vec<Vec<(usize, f64)>> = network
            .stations
            .iter()
            .map(|station| {
                let outputs = station.outputs.iter().filter(|output| output.mean > 0.0);
                let fed = outputs
                    .flat_map(|output| output.queues.iter().map(|&queue| (queue, output.mean)));
                let fed =
                    fed.flat_map(|(queue, mean)| readers[queue].iter().map(move |&to| (to, mean)));
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
        let parts = kosaraju_scc(&graph).into_iter().rev();
        let parts: Vec<Vec<usize>> = parts
            .map(|part| {
                let mut members: Vec<usize> = part.into_iter().map(NodeIndex::index).collect();
                members.sort_unstable();
                members
            })
            .collect();
        match parts.iter().map(Vec::len).find(|&size| size > LARGEST) {
            Some(size) => Err(TrafficError::LoopTooLarge(size)),
            None => Ok(Self {
                feeds,
                parts,
                splits,
            }),
        }
    }

    /// The messages for each member of a part that one message at each member makes.
    pub(super) fn within(&self, part: &[usize]) -> Vec<Vec<f64>> {
        let mut matrix = vec![vec![0.0; part.len()]; part.len()];
        for (row, &from) in part.iter().enumerate() {
            for &(to, gain) in &self.feeds[from] {
                if let Ok(column) = part.binary_search(&to) {
                    matrix[row][column] += gain;
                }
            }
        }
        matrix
    }

    /// The factor by which one round of a part multiplies what goes round; `None` if nothing does.
    pub(super) fn gain(&self, part: &[usize]) -> Option<f64> {
        let matrix = self.within(part);
        let is_loop = part.len() > 1 || matrix.iter().flatten().any(|&gain| gain > 0.0);
        is_loop.then(|| spectral_radius(&matrix))
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
    /// Solves the equations for stations of these capacities.
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
fn solve_part(gains: &[Vec<f64>], inflow: &[f64], capacity: &[f64]) -> Vec<f64> {
    let endless = || vec![f64::INFINITY; inflow.len()];
    if inflow.iter().all(|&inflow| inflow <= 0.0) {
        return vec![0.0; inflow.len()];
    }
    if inflow.iter().any(|inflow| inflow.is_infinite()) {
        return endless();
    }
    let mut is_overloaded: Vec<bool> = capacity
        .iter()
        .map(|capacity| capacity.is_finite())
        .collect();
    loop {
        let Some(arrivals) = with_overload(gains, inflow, capacity, &is_overloaded) else {
            return endless();
        };
        let stays = |member: usize| is_overloaded[member] && arrivals[member] >= capacity[member];
        let still: Vec<bool> = (0..inflow.len()).map(stays).collect();
        if still == is_overloaded {
            return arrivals;
        }
        is_overloaded = still;
    }
}

/// What arrives where some members pass on all that they can take, and the others all that they get.
fn with_overload(
    gains: &[Vec<f64>],
    inflow: &[f64],
    capacity: &[f64],
    is_overloaded: &[bool],
) -> Option<Vec<f64>> {
    let members = 0..inflow.len();
    let free: Vec<usize> = members
        .clone()
        .filter(|&member| !is_overloaded[member])
        .collect();
    let from_overloaded = |to: usize| -> f64 {
        let overloaded = members.clone().filter(|&member| is_overloaded[member]);
        overloaded
            .map(|member| capacity[member] * gains[member][to])
            .sum()
    };
    let equation = |&to: &usize| -> Vec<f64> {
        let own = free
            .iter()
            .map(|&from| f64::from(u8::from(from == to)) - gains[from][to]);
        own.collect()
    };
    let matrix: Vec<Vec<f64>> = free.iter().map(equation).collect();
    let right = free
        .iter()
        .map(|&to| inflow[to] + from_overloaded(to))
        .collect();
    let solution = solve(matrix, right)?;
    // A solution below zero is none: one round makes more of what goes round, and nothing holds it.
    if solution.iter().any(|&arrivals| arrivals < 0.0) {
        return None;
    }
    let mut arrivals: Vec<f64> = members
        .clone()
        .map(|to| inflow[to] + from_overloaded(to))
        .collect();
    for (&from, &departing) in free.iter().zip(&solution) {
        for to in members.clone().filter(|&to| is_overloaded[to]) {
            arrivals[to] += departing * gains[from][to];
        }
    }
    for (&member, &arriving) in free.iter().zip(&solution) {
        arrivals[member] = arriving;
    }
    Some(arrivals)
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
