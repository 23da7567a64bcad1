//! The formulas for one queue with several servers.

use super::network::ServiceTimes;

/// How many steps of the recursion are taken for a load: this many of its square roots below it, and above it.
/// From there, what the recursion started with has been forgotten to the last bit: each step takes `server / load`
/// of an error with it, and all of them `exp(-ROOTS² / 2)`.
const ROOTS: f64 = 12.0;

/// How likely it is that a message has to wait: Erlang's C, from the recursion for his B. The recursion starts near
/// the load, so that it takes as many steps as the load's square root and not one for each server.
///
/// Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone
/// Exchanges" (1917); the recursion is in Cooper, "Introduction to Queueing Theory" (1981), chapter 3.
pub(super) fn erlang_c(servers: u32, load: f64) -> f64 {
    let all = f64::from(servers);
    let reach = ROOTS * load.sqrt() + ROOTS;
    let mut server = (load - reach).floor().clamp(0.0, all);
    // As many as exceed the servers are turned away, if nothing is left to chance.
    let mut blocked = if server > 0.0 {
        1.0 - server / load
    } else {
        1.0
    };
    while server < all && blocked > 0.0 {
        server += 1.0;
        blocked = load * blocked / (server + load * blocked);
    }
    let free = 1.0 - load / all;
    blocked / (1.0 - (1.0 - free) * (1.0 - blocked))
}

/// Seconds that a message waits on average, where `arrivals` come a second, each takes `seconds`, and the
/// servers can take them: M/M/c, and half of that where all messages take the same time (Allen and Cunneen's
/// approximation, exact for one server).
///
/// Allen, "Probability, Statistics, and Queueing Theory" (1990), sections 5.2 and 5.3.
pub(super) fn mean_wait(servers: u32, arrivals: f64, seconds: f64, times: ServiceTimes) -> f64 {
    let load = arrivals * seconds;
    let wait = erlang_c(servers, load) * seconds / (f64::from(servers) - load);
    match times {
        ServiceTimes::Exponential => wait,
        ServiceTimes::Fixed => wait / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-4 * expected.abs().max(1e-9),
            "{found} {expected}"
        );
    }

    /// With one server it is the utilisation; the others are from published tables.
    #[test]
    fn waiting_is_as_likely_as_the_tables_say() {
        close(erlang_c(1, 0.8), 0.8);
        close(erlang_c(2, 1.0), 1.0 / 3.0);
        close(erlang_c(10, 8.0), 0.409_18);
        close(erlang_c(5, 4.0), 0.554_11);
        close(erlang_c(100_000, 10.0) + 1.0, 1.0);
    }

    /// The recursion from the first server on, which takes one step for each.
    fn from_the_first(servers: u32, load: f64) -> f64 {
        let step =
            |blocked: f64, server: u32| load * blocked / (f64::from(server) + load * blocked);
        let blocked = (1..=servers).fold(1.0, step);
        blocked / (1.0 - load / f64::from(servers) * (1.0 - blocked))
    }

    #[test]
    fn any_number_of_servers_is_reckoned_with_in_a_moment() {
        for (servers, load) in [
            (300, 299.0),
            (300, 250.5),
            (10_000, 9_950.0),
            (10_000, 9_999.9),
        ] {
            close(erlang_c(servers, load), from_the_first(servers, load));
        }
        close(erlang_c(1_000_000_000, 5.0) + 1.0, 1.0);
        let busy = erlang_c(u32::MAX, f64::from(u32::MAX) - 1e4);
        assert!(busy > 0.5 && busy < 1.0, "{busy}");
    }

    #[test]
    fn waits_are_those_of_the_formulas() {
        // M/M/1: ρ / (μ - λ).
        close(mean_wait(1, 8.0, 0.1, ServiceTimes::Exponential), 0.8 / 2.0);
        // M/D/1: ρ / 2(μ - λ).
        close(mean_wait(1, 8.0, 0.1, ServiceTimes::Fixed), 0.8 / 4.0);
        // M/M/2: C / (cμ - λ).
        close(
            mean_wait(2, 10.0, 0.1, ServiceTimes::Exponential),
            1.0 / 30.0,
        );
        close(mean_wait(3, 0.0, 0.1, ServiceTimes::Exponential), 0.0);
    }
}
