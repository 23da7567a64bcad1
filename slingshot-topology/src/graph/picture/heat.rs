//! A picture with what a simulation says: how much flows, how busy everyone is.

use super::{Arrow, Kind, Mark, Picture};
use crate::simulate::{
    Estimate, Network, Station, StationEstimate,
    figures::{percent, rate, time},
};

/// From here on a service is marked: waits grow steeply.
const BUSY: f64 = 0.8;

impl Picture<'_> {
    /// Writes rates beside the cases and the load below the names, and marks who has much to do and who too much.
    pub fn show_load(&mut self, network: &Network, estimate: &Estimate) {
        let station = |name: &str| {
            let mut stations = network.stations.iter().zip(&estimate.stations);
            stations.find(|(station, _)| station.name == name)
        };
        for node in &mut self.nodes {
            if let [service] = &*node.services
                && let Some((station, estimate)) = station(&service.name.value)
            {
                node.note = Some(load(estimate));
                node.mark = mark(estimate);
                if station.servers > 1 {
                    node.name = format!("{} ×{}", node.name, station.servers).into();
                }
            }
            let mut queues = network.queues.iter().zip(&estimate.queues);
            let flow = queues.find(|(queue, _)| queue.name == node.name);
            match (node.kind, flow) {
                (Kind::Source, Some((queue, _))) => node.note = Some(rate(queue.rate)),
                (Kind::Sink | Kind::Loose, Some((_, flow))) => node.note = Some(rate(*flow)),
                _ => {}
            }
        }
        for arrow in &mut self.arrows {
            let Some(name) = arrow.ways.first().map(|way| &way.service.name.value) else {
                continue;
            };
            if let Some((station, estimate)) = station(name) {
                let flow = rate(flow(arrow, station, estimate));
                arrow.label = format!("{} {flow}", arrow.label);
                let is_growing = estimate.wait.is_infinite();
                arrow.mark = is_growing.then_some(Mark::Overloaded);
            }
        }
    }
}

/// `41.7/s, 83% busy, waits 20 ms`.
fn load(estimate: &StationEstimate) -> String {
    let flow = rate(estimate.arrivals);
    match estimate.utilisation {
        _ if estimate.wait.is_infinite() => format!("{flow}, grows by {}", rate(estimate.growth())),
        Some(utilisation) => {
            let (busy, wait) = (percent(utilisation), time(estimate.wait));
            format!("{flow}, {busy} busy, waits {wait}")
        }
        None => flow,
    }
}

fn mark(estimate: &StationEstimate) -> Option<Mark> {
    match estimate.utilisation {
        _ if estimate.wait.is_infinite() => Some(Mark::Overloaded),
        Some(utilisation) if utilisation >= BUSY => Some(Mark::Busy),
        _ => None,
    }
}

/// The messages a second of an arrow.
fn flow(arrow: &Arrow<'_>, station: &Station, estimate: &StationEstimate) -> f64 {
    let means = arrow.ways.iter().filter_map(|way| {
        let routes = &way.service.routes;
        let place = routes
            .iter()
            .position(|route| std::ptr::eq(route, way.route))?;
        station.outputs.get(place).map(|output| output.mean)
    });
    means.sum::<f64>() * estimate.departures
}
