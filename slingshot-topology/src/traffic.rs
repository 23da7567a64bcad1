//! How many messages a second each queue and each service gets, from the rates of the sources and the shares of
//! the routes: the traffic equations of a queueing network (Jackson, "Networks of Waiting Lines", 1957).
//!
//! A queue gets what comes from outside and the share of each route that names it; a service gets what is in its
//! queue, or an equal part where several read it. Without loops each sum follows from those before it. Round a loop
//! they hang on each other: small loops are solved as equations, large ones by going round until nothing moves.

use crate::{
    system::Route,
    wiring::{Feed, Wiring},
};

/// Up to how many services and queues a loop is solved as a system of equations, which costs the cube of it.
const MOST_EQUATIONS: usize = 48;

/// How many sums are made at most in all rounds of one loop.
const MOST_SUMS: usize = 20_000_000;

/// Below this part of itself, a rate's change is none.
const STILL: f64 = 1e-9;

/// Messages a second. Endlessly many where a loop gives more than it gets.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    /// By the services' places, then by the queues'.
    rates: Vec<f64>,
    services: usize,
    shares: Vec<f64>,
}

/// What a node gets without those of its own loop, and from which of them how much.
struct Equation {
    node: usize,
    outside: f64,
    from: Vec<(usize, f64)>,
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

/// The rates of the nodes of one loop, or of one node; none when they grow without end.
fn solve(equations: &[Equation]) -> Option<Vec<f64>> {
    if equations
        .iter()
        .any(|equation| equation.outside.is_infinite())
    {
        return None;
    }
    if equations.iter().all(|equation| equation.outside == 0.0) {
        return Some(vec![0.0; equations.len()]);
    }
    if equations.len() <= MOST_EQUATIONS {
        eliminate(equations)
    } else {
        go_round(equations)
    }
}

/// Gauss's elimination with partial pivoting. Where a loop gives more than it gets there is no solution without a
/// negative rate.
fn eliminate(equations: &[Equation]) -> Option<Vec<f64>> {
    let size = equations.len();
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(size);
    for (place, equation) in equations.iter().enumerate() {
        let mut row = vec![0.0; size + 1];
        row[place] = 1.0;
        for &(from, factor) in &equation.from {
            row[from] -= factor;
        }
        row[size] = equation.outside;
        rows.push(row);
    }
    for column in 0..size {
        let pivot = (column..size).max_by(|&one, &other| {
            rows[one][column]
                .abs()
                .total_cmp(&rows[other][column].abs())
        })?;
        rows.swap(column, pivot);
        let (done, below) = rows.split_at_mut(column + 1);
        let row = &done[column];
        if row[column].abs() < STILL {
            return None;
        }
        for other in below {
            let factor = other[column] / row[column];
            if factor != 0.0 {
                for (value, of_row) in other.iter_mut().zip(row).skip(column) {
                    *value -= factor * of_row;
                }
            }
        }
    }
    let mut solved = vec![0.0; size];
    for column in (0..size).rev() {
        let row = &rows[column];
        let known: f64 = (column + 1..size)
            .map(|next| row[next] * solved[next])
            .sum();
        solved[column] = (row[size] - known) / row[column];
    }
    let is_rate = |rate: &f64| rate.is_finite() && *rate >= -STILL;
    solved.iter().all(is_rate).then_some(solved)
}

/// Gauss and Seidel's iteration.
fn go_round(equations: &[Equation]) -> Option<Vec<f64>> {
    let sums: usize = equations
        .iter()
        .map(|equation| equation.from.len() + 1)
        .sum();
    let mut rates = vec![0.0; equations.len()];
    for _ in 0..(MOST_SUMS / sums).max(1) {
        let mut moved = false;
        for (place, equation) in equations.iter().enumerate() {
            let terms = equation.from.iter();
            let inside: f64 = terms.map(|&(from, factor)| rates[from] * factor).sum();
            let rate = equation.outside + inside;
            if !rate.is_finite() {
                return None;
            }
            moved |= (rate - rates[place]).abs() > STILL * rate.abs();
            rates[place] = rate;
        }
        if !moved {
            return Some(rates);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Traffic;
    use crate::{SourceFile, read_toml, wiring::Wiring};

    /// `service rate` for each service of a system, fed by its `[rates]`.
    fn rates(text: &str) -> String {
        let (system, read) = read_toml(&SourceFile::new("slingshot.toml", text));
        assert!(read.is_empty(), "{read:?}");
        let wiring = Wiring::of(&system);
        let outside = system.rates.iter().map(|rate| {
            let queue = wiring.queue_index(&rate.queue.value).unwrap();
            (queue, rate.per_second)
        });
        let traffic = Traffic::of(&wiring, &outside.collect::<Vec<_>>());
        let lines = system.services.iter().enumerate().map(|(index, service)| {
            let name = &service.name.value;
            format!("{name} {:.6}", traffic.service(index))
        });
        lines.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn results_are_dealt_out_by_shares_and_evenly_without() {
        let text = r#"
[rates]
a = "8/s"
[services.a]
in = "a"
out = [{ case = 1, queues = ["b", "c"] }, { case = 2, queues = ["c"] }]
[services.b]
in = "b"
out = [{ case = "each", queues = ["c"], share = 10 }, { case = "rest", queues = ["b2"] }]
[services.b2]
in = "b2"
[services.c]
in = "c"
[services.c2]
in = "c"
"#;
        assert_eq!(
            rates(text),
            "a 8.000000, b 4.000000, b2 0.000000, c 24.000000, c2 24.000000"
        );
    }

    #[test]
    fn a_loop_is_gone_round_as_often_as_its_share_says() {
        let text = r#"
[rates]
review = "10/s"
[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"], share = 0.2 }, { case = "right", queues = ["done"] }]
[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
[services.done]
in = "done"
"#;
        assert_eq!(
            rates(text),
            "review 12.500000, fix 2.500000, done 10.000000"
        );
    }

    #[test]
    fn a_loop_that_gives_what_it_gets_or_more_grows_without_end() {
        for share in ["1", "3"] {
            let text = format!(
                r#"
[rates]
a = "1/s"
[services.a]
in = "a"
out = [{{ case = 1, queues = ["a"], share = {share} }}, {{ case = 2, queues = ["b"], share = 1 }}]
[services.b]
in = "b"
out = [{{ case = 1, queues = ["c"], share = 0 }}]
[services.c]
in = "c"
"#
            );
            assert_eq!(rates(&text), "a inf, b inf, c 0.000000");
        }
    }

    #[test]
    fn a_loop_too_large_for_equations_comes_to_the_same() {
        use std::fmt::Write as _;
        let ring = |size: usize| {
            let mut text = String::from("[rates]\nq0 = \"1/s\"\n");
            for place in 0..size {
                let next = (place + 1) % size;
                let share = if next == 0 { 0.5 } else { 1.0 };
                write!(
                    text,
                    "[services.s{place}]\nin = \"q{place}\"\nout = [{{ case = 1, queues = [\"q{next}\"], share = {share} }}]\n"
                )
                .unwrap();
            }
            rates(&text)
        };
        assert!(ring(10).starts_with("s0 2.000000, s1 2.000000"));
        assert!(ring(200).starts_with("s0 2.000000, s1 2.000000"));
    }
}
