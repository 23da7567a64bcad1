//! How many messages a second each queue and each service gets, from the rates of the sources and the shares of
//! the routes: the traffic equations of a queueing network (Jackson, "Networks of Waiting Lines", 1957).
//!
//! A queue gets what comes from outside and the share of each route that names it; a service gets what is in its
//! queue, or an equal part where several read it. Without loops each sum follows from those before it. Round a loop
//! they hang on each other: small loops are solved as equations, large ones by going round until nothing moves.

pub(crate) mod equations;
#[cfg(test)]
mod tests;

use self::equations::{Equation, solve};
use crate::{
    system::Route,
    wiring::{Feed, Wiring},
};

/// Messages a second. Endlessly many where a loop gives more than it gets.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    /// By the services' places, then by the queues'.
    rates: Vec<f64>,
    services: usize,
    shares: Vec<f64>,
}

impl Traffic {
    /// The traffic of a graph whose queues get some messages a second from outside.
    pub(crate) fn of(wiring: &Wiring<'_>, outside: &[(usize, f64)]) -> Self {
        let services = wiring.service_count();
        let mut rates = vec![0.0; services + wiring.queues.len()];
        for &(queue, rate) in outside {
            rates[services + queue] += rate;
        }
        let shares = (0..services).map(|index| unsaid_share(&wiring.service(index).routes));
        let mut traffic = Self {
            rates,
            services,
            shares: shares.collect(),
        };
        let mut places: Vec<Option<usize>> = vec![None; traffic.rates.len()];
        for part in wiring.parts().iter().rev() {
            for (place, &node) in part.iter().enumerate() {
                places[node] = Some(place);
            }
            let equations: Vec<_> = part
                .iter()
                .map(|&node| traffic.equation(wiring, node, &places))
                .collect();
            let solved = solve(&equations).unwrap_or_else(|| vec![f64::INFINITY; part.len()]);
            for (equation, rate) in equations.iter().zip(solved) {
                traffic.rates[equation.node] = rate;
                places[equation.node] = None;
            }
        }
        traffic
    }

    /// What a service gets.
    pub(crate) fn service(&self, index: usize) -> f64 {
        self.rates[index]
    }

    /// What a queue gets by one mention of it.
    pub(crate) fn by_feed(&self, feed: &Feed<'_>) -> f64 {
        product(self.rates[feed.service], self.share(feed))
    }

    /// How many results a message of the feed's service gives to the feed's route on average.
    fn share(&self, feed: &Feed<'_>) -> f64 {
        let said = feed.route.share.as_ref();
        said.map_or(self.shares[feed.service], |share| share.value)
    }

    fn equation(
        &self,
        wiring: &Wiring<'_>,
        node: usize,
        place_in_part: &[Option<usize>],
    ) -> Equation {
        let mut equation = Equation {
            node,
            outside: self.rates[node],
            from: Vec::new(),
        };
        let mut add = |from: usize, factor: f64| match place_in_part[from] {
            Some(place) => equation.from.push((place, factor)),
            None => equation.outside += product(self.rates[from], factor),
        };
        if let Some(queue) = node.checked_sub(self.services) {
            for feed in &wiring.queues[queue].feeds {
                add(feed.service, self.share(feed));
            }
        } else if let Some(queue) = wiring.queue_index(&wiring.service(node).inbound.value) {
            let readers = wiring.queues[queue].readers.len();
            add(self.services + queue, 1.0 / count(readers));
        }
        equation
    }
}

/// The share of a route that does not say its own: of one result in all, what the others leave.
pub(crate) fn unsaid_share(routes: &[Route]) -> f64 {
    let said = routes.iter().filter_map(|route| route.share.as_ref());
    let sum: f64 = said.map(|share| share.value).sum();
    let unsaid = routes.iter().filter(|route| route.share.is_none()).count();
    (1.0 - sum).max(0.0) / count(unsaid.max(1))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the number of things in memory is far below 2^53"
)]
fn count(things: usize) -> f64 {
    things as f64
}

/// Nothing of endlessly many is nothing.
fn product(rate: f64, factor: f64) -> f64 {
    if factor == 0.0 { 0.0 } else { rate * factor }
}
