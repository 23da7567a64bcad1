//! What the formulas say and what the run counted, side by side.

use slingshot_topology::simulate::{
    Network, QueueRun, Station, StationEstimate, StationRun, Stop,
    figures::{digits, percent, rate, time},
};

use super::Outcome;
use crate::table::table;

/// The services, what leaves the system, how long it all takes, and what is in the way.
pub(super) fn tables(outcome: &Outcome) -> String {
    let mut parts = vec![
        services(outcome),
        queues(outcome),
        sources(outcome),
        conclusions(outcome),
    ];
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// `expected (simulated)`.
fn both(expected: String, simulated: Option<String>) -> String {
    match simulated {
        Some(simulated) if simulated != expected => format!("{expected} ({simulated})"),
        _ => expected,
    }
}

fn services(outcome: &Outcome) -> String {
    let Outcome {
        network,
        estimate,
        run,
    } = outcome;
    let head = [
        "SERVICE", "REPLICAS", "TIME", "MESSAGES", "BUSY", "WAIT", "WAITING",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for (index, station) in network.stations.iter().enumerate() {
        let counted = run
            .as_ref()
            .map(|run| (&run.stations[index], &run.queues[station.queue]));
        rows.push(service(station, &estimate.stations[index], counted));
    }
    table(&rows, &[false, true, true, true, true, true, true])
}

fn service(
    station: &Station,
    expected: &StationEstimate,
    counted: Option<(&StationRun, &QueueRun)>,
) -> [String; 7] {
    let run = counted.map(|(run, _)| run);
    let grows = expected.wait.is_infinite();
    let busy = expected.utilisation.map(|utilisation| {
        let simulated = run.and_then(|run| run.utilisation).map(percent);
        both(percent(utilisation), simulated)
    });
    let waiting = if grows {
        let simulated = counted.map(|(_, queue)| format!("+{}", rate(queue.growth)));
        both(format!("+{}", rate(expected.growth())), simulated)
    } else {
        both(digits(expected.waiting), run.map(|run| digits(run.waiting)))
    };
    let wait = if grows {
        "grows".to_owned()
    } else {
        both(time(expected.wait), run.map(|run| time(run.wait)))
    };
    [
        station.name.clone(),
        station.servers.to_string(),
        station
            .service_time
            .map_or_else(|| "-".to_owned(), |of_one| time(of_one.as_secs_f64())),
        both(rate(expected.arrivals), run.map(|run| rate(run.arrivals))),
        busy.unwrap_or_else(|| "-".to_owned()),
        wait,
        waiting,
    ]
}

/// The queues that no service of the system reads.
fn queues(outcome: &Outcome) -> String {
    let Outcome {
        network,
        estimate,
        run,
    } = outcome;
    let is_read = |queue: usize| {
        network
            .stations
            .iter()
            .any(|station| station.queue == queue)
    };
    let mut rows = vec![["QUEUE", "MESSAGES"].map(str::to_owned)];
    for (index, queue) in network.queues.iter().enumerate() {
        if !is_read(index) {
            let counted = run.as_ref().map(|run| rate(run.queues[index].arrivals));
            rows.push([
                queue.name.clone(),
                both(rate(estimate.queues[index]), counted),
            ]);
        }
    }
    if rows.len() == 1 {
        return String::new();
    }
    table(&rows, &[false, true])
}

fn sources(outcome: &Outcome) -> String {
    let Outcome {
        network,
        estimate,
        run,
    } = outcome;
    let head = ["FROM", "RATE", "UNTIL A RESULT ENDS", "95% WITHIN"];
    let mut rows = vec![head.map(str::to_owned)];
    for source in &estimate.sources {
        let mut counted = run.iter().flat_map(|run| &run.sources);
        let counted = counted.find(|counted| counted.queue == source.queue);
        let queue = &network.queues[source.queue];
        let mean = if source.time.is_infinite() {
            "grows".to_owned()
        } else {
            both(time(source.time), counted.map(|counted| time(counted.time)))
        };
        let most = counted
            .filter(|_| source.time.is_finite())
            .map(|counted| format!("({})", time(counted.time_95)));
        rows.push([
            queue.name.clone(),
            rate(queue.rate),
            mean,
            most.unwrap_or_default(),
        ]);
    }
    table(&rows, &[false, true, true, true])
}

fn conclusions(outcome: &Outcome) -> String {
    let Outcome {
        network,
        estimate,
        run,
    } = outcome;
    let mut lines = Vec::new();
    for found in estimate.loops.iter().filter(|found| found.is_amplifying()) {
        lines.push(format!(
            "messages become ever more: each step round {} multiplies them by {}",
            names(network, &found.stations),
            digits(found.gain)
        ));
    }
    if let Some((station, headroom)) = estimate.bottleneck {
        let name = &network.stations[station].name;
        let factor = digits(headroom);
        lines.push(if headroom < 1.0 {
            format!("the bottleneck is {name}: it can take {factor} of these rates")
        } else {
            format!("the bottleneck is {name}: it can take {factor} times these rates")
        });
    }
    if let Some(run) = run {
        let counted = time(run.counted.as_secs_f64());
        let shortened = match run.stop {
            Stop::Finished => "",
            Stop::Shortened => ", which is as much as 5 million events allow",
        };
        lines.push(format!(
            "expected by formula (counted in {counted} of a simulated run{shortened})"
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn names(network: &Network, stations: &[usize]) -> String {
    /// As many as a line holds.
    const NAMED: usize = 5;
    let names = stations
        .iter()
        .map(|&station| &*network.stations[station].name);
    let named: Vec<_> = names.take(NAMED).collect();
    match stations.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        rest => format!("{} +{rest}", named.join(", ")),
    }
}
