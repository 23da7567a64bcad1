//! For programs: one JSON document, versioned. Minor additions keep the version. Rates are messages a second, times
//! seconds, and what grows without end is null.

use serde::Serialize;

use super::{
    estimate::{Estimate, StationEstimate},
    network::Network,
    run::{Run, RunSettings, Stop},
};

/// Grows when a field changes its meaning or goes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'n> {
    format_version: u32,
    service_times: &'static str,
    overloaded: bool,
    bottleneck: Option<Bottleneck<'n>>,
    services: Vec<ServiceEntry<'n>>,
    queues: Vec<QueueEntry<'n>>,
    sources: Vec<SourceEntry<'n>>,
    loops: Vec<Loop<'n>>,
    run: Option<RunEntry>,
}

#[derive(Serialize)]
struct Bottleneck<'n> {
    service: &'n str,
    /// The factor by which all rates can grow until it is overloaded.
    headroom: f64,
}

#[derive(Serialize)]
struct ServiceEntry<'n> {
    name: &'n str,
    queue: &'n str,
    replicas: u32,
    service_time: Option<f64>,
    expected: Expected,
    simulated: Option<Simulated>,
}

#[derive(Serialize)]
struct Expected {
    arrivals: Option<f64>,
    departures: Option<f64>,
    utilisation: Option<f64>,
    wait: Option<f64>,
    waiting: Option<f64>,
    growth: Option<f64>,
}

#[derive(Serialize)]
struct Simulated {
    arrivals: Option<f64>,
    utilisation: Option<f64>,
    wait: Option<f64>,
    waiting: Option<f64>,
}

#[derive(Serialize)]
struct QueueEntry<'n> {
    name: &'n str,
    /// From outside.
    rate: f64,
    is_read: bool,
    expected: Arrivals,
    simulated: Option<Counted>,
}

#[derive(Serialize)]
struct Arrivals {
    arrivals: Option<f64>,
}

#[derive(Serialize)]
struct Counted {
    arrivals: Option<f64>,
    growth: Option<f64>,
}

#[derive(Serialize)]
struct SourceEntry<'n> {
    queue: &'n str,
    expected: Time,
    simulated: Option<Times>,
}

#[derive(Serialize)]
struct Time {
    time: Option<f64>,
}

#[derive(Serialize)]
struct Times {
    time: Option<f64>,
    time_95: Option<f64>,
    results: u32,
}

#[derive(Serialize)]
struct Loop<'n> {
    services: Vec<&'n str>,
    gain: Option<f64>,
}

#[derive(Serialize)]
struct RunEntry {
    counted: Option<f64>,
    seed: u64,
    shortened: bool,
}

/// Writes what the formulas say, and what a run counted, as JSON.
pub fn json(network: &Network, estimate: &Estimate, run: Option<(&Run, RunSettings)>) -> String {
    let name = |station: usize| &*network.stations[station].name;
    let queue = |queue: usize| &*network.queues[queue].name;
    let readers = network.readers();
    let counted = run.map(|(run, _)| run);
    let bottleneck = estimate.bottleneck.map(|(station, headroom)| Bottleneck {
        service: name(station),
        headroom: digits(headroom).unwrap_or(0.0),
    });
    let sources = estimate.sources.iter().map(|source| {
        let mut sources = counted.into_iter().flat_map(|run| &run.sources);
        let counted = sources.find(|counted| counted.queue == source.queue);
        SourceEntry {
            queue: queue(source.queue),
            expected: Time {
                time: digits(source.time),
            },
            simulated: counted.map(|counted| Times {
                time: digits(counted.time),
                time_95: digits(counted.time_95),
                results: counted.results,
            }),
        }
    });
    let queues = network.queues.iter().enumerate().map(|(index, queue)| {
        let counted = counted.map(|run| run.queues[index]);
        QueueEntry {
            name: &queue.name,
            rate: digits(queue.rate).unwrap_or(0.0),
            is_read: !readers[index].is_empty(),
            expected: Arrivals {
                arrivals: digits(estimate.queues[index]),
            },
            simulated: counted.map(|counted| Counted {
                arrivals: digits(counted.arrivals),
                growth: digits(counted.growth),
            }),
        }
    });
    let loops = estimate.loops.iter().map(|found| Loop {
        services: found
            .stations
            .iter()
            .map(|&station| name(station))
            .collect(),
        gain: digits(found.gain),
    });
    let report = Report {
        format_version: FORMAT_VERSION,
        service_times: network.times.word(),
        overloaded: estimate.is_overloaded(),
        bottleneck,
        services: services(network, estimate, counted),
        queues: queues.collect(),
        sources: sources.collect(),
        loops: loops.collect(),
        run: run.map(|(run, settings)| RunEntry {
            counted: digits(run.counted.as_secs_f64()),
            seed: settings.seed,
            shortened: run.stop == Stop::Shortened,
        }),
    };
    let mut out = serde_json::to_string_pretty(&report).expect("strings and numbers serialize");
    out.push('\n');
    out
}

fn services<'n>(
    network: &'n Network,
    estimate: &Estimate,
    run: Option<&Run>,
) -> Vec<ServiceEntry<'n>> {
    let stations = network.stations.iter().zip(&estimate.stations).enumerate();
    stations
        .map(|(index, (station, expected))| ServiceEntry {
            name: &station.name,
            queue: &network.queues[station.queue].name,
            replicas: station.servers,
            service_time: station
                .service_time
                .and_then(|time| digits(time.as_secs_f64())),
            expected: expectation(expected),
            simulated: run.map(|run| {
                let counted = run.stations[index];
                Simulated {
                    arrivals: digits(counted.arrivals),
                    utilisation: counted.utilisation.and_then(digits),
                    wait: digits(counted.wait),
                    waiting: digits(counted.waiting),
                }
            }),
        })
        .collect()
}

fn expectation(estimate: &StationEstimate) -> Expected {
    Expected {
        arrivals: digits(estimate.arrivals),
        departures: digits(estimate.departures),
        utilisation: estimate.utilisation.and_then(digits),
        wait: digits(estimate.wait),
        waiting: digits(estimate.waiting),
        growth: digits(estimate.growth()),
    }
}

/// Six digits: what comes after may differ from machine to machine. Nothing for what is not finite.
fn digits(number: f64) -> Option<f64> {
    if !number.is_finite() {
        return None;
    }
    format!("{number:.5e}").parse().ok()
}
