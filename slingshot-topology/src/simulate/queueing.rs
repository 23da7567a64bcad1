//! The formulas for one queue with several servers.

use super::network::ServiceTimes;

/// How likely it is that a message has to wait: Erlang's C, from the recursion for his B.
///
/// Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone
/// Exchanges" (1917); the recursion is in Cooper, "Introduction to Queueing Theory" (1981), chapter 3.
pub(super) fn erlang_c(servers: u32, load: f64) -> f64 {
    let mut blocked = 1.0;
    for server in 1..=servers {
        blocked = load * blocked / (f64::from(server) + load * blocked);
    }
    let free = 1.0 - load / f64::from(servers);
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
