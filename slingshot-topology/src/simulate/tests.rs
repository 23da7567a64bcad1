//! Networks whose answers are known, and runs that agree with them.

use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{
    Estimate, Network, Run, RunSettings, Scenario, ScenarioError, ServiceTimes, Stop, WhatIf,
    figures::{digits, time},
    json,
};
use crate::{
    SourceFile, System,
    graph::{Picture, svg},
    read_toml,
};

fn system(text: &str) -> System {
    let (system, diagnostics) = read_toml(&SourceFile::new("slingshot.toml", text));
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    system
}

fn network(text: &str, scenario: &Scenario) -> Network {
    Network::of(&system(text), None, scenario).expect("it can be simulated")
}

fn estimate(text: &str) -> (Network, Estimate) {
    let network = network(text, &Scenario::default());
    let estimate = network.estimate();
    (network, estimate)
}

const AN_HOUR: RunSettings = RunSettings {
    duration: Duration::from_hours(1),
    seed: 7,
};

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    let difference = (found - expected).abs();
    assert!(
        difference <= tolerance * expected.abs().max(1e-9),
        "{found}, not {expected}"
    );
}

/// What the formulas and a run say, side by side.
fn both(network: &Network) -> String {
    let estimate = network.estimate();
    let run = network.run(AN_HOUR);
    let stations = network.stations.iter().enumerate().map(|(index, station)| {
        let (expected, counted) = (&estimate.stations[index], &run.stations[index]);
        format!(
            "{}: {}|{} a second, {}|{} at work, waits {}|{}, {}|{} waiting\n",
            station.name,
            digits(expected.arrivals),
            digits(counted.arrivals),
            digits(expected.utilisation.unwrap_or(0.0)),
            digits(counted.utilisation.unwrap_or(0.0)),
            time(expected.wait),
            time(counted.wait),
            digits(expected.waiting),
            digits(counted.waiting),
        )
    });
    let sources = estimate
        .sources
        .iter()
        .zip(&run.sources)
        .map(|(expected, counted)| {
            let queue = &network.queues[expected.queue].name;
            let (expected, mean, most) = (
                time(expected.time),
                time(counted.time),
                time(counted.time_95),
            );
            format!("{queue}: {expected}|{mean}, 95% in {most}\n")
        });
    stations.chain(sources).collect()
}

const ONE: &str = r#"
[topology]
sources = ["in"]
[rates]
in = "8/s"
[services.work]
in = "in"
service-time = "100ms"
out = [{ case = "done", queues = [] }]
"#;

/// M/M/1 with ρ = 0.8: Lq = ρ² / (1 - ρ) = 3.2, Wq = 0.4 s, W = 0.5 s.
#[test]
fn one_server_is_m_m_1() {
    let (_, estimate) = estimate(ONE);
    let station = estimate.stations[0];
    close(station.utilisation.unwrap(), 0.8, 1e-12);
    close(station.waiting, 3.2, 1e-12);
    close(station.wait, 0.4, 1e-12);
    close(estimate.sources[0].time, 0.5, 1e-12);
    assert_eq!(estimate.bottleneck.map(|(station, _)| station), Some(0));
    close(estimate.bottleneck.unwrap().1, 1.25, 1e-12);
}

/// M/M/3 with a = 2: C = 4/9, Wq = C / (cμ - λ) = 4/9 · 0.1, Lq = 8/9.
#[test]
fn three_servers_are_m_m_3() {
    let text = ONE
        .replace("\"8/s\"", "\"20/s\"")
        .replace("in = \"in\"", "in = \"in\"\nreplicas = 3");
    let (_, estimate) = estimate(&text);
    close(estimate.stations[0].wait, 4.0 / 90.0, 1e-9);
    close(estimate.stations[0].waiting, 8.0 / 9.0, 1e-9);
}

const TANDEM: &str = r#"
[topology]
sources = ["in"]
sinks = ["out"]
[rates]
in = "10/s"
[services.first]
in = "in"
service-time = "50ms"
out = [{ case = "good", queues = ["middle"], share = 0.6 }, { case = "bad", queues = [] }]
[services.second]
in = "middle"
service-time = "200ms"
replicas = 2
out = [{ case = "done", queues = ["out"] }]
"#;

/// Two stations in line, each for itself: 6 of 10 messages go on, and a result has taken 0.1 s after the first.
#[test]
fn a_line_of_stations_is_each_of_them() {
    let (network, estimate) = estimate(TANDEM);
    close(estimate.stations[0].arrivals, 10.0, 1e-12);
    close(estimate.stations[1].arrivals, 6.0, 1e-12);
    close(estimate.stations[0].wait, 0.05, 1e-9);
    // M/M/2 with ρ = 0.6: Wq = s ρ² / (1 - ρ²).
    close(estimate.stations[1].wait, 0.2 * 0.36 / 0.64, 1e-9);
    let second = 0.2 + 0.2 * 0.36 / 0.64;
    close(estimate.sources[0].time, 0.1 + 0.6 * second, 1e-9);
    let out = network
        .queues
        .iter()
        .position(|queue| queue.name == "out")
        .unwrap();
    close(estimate.queues[out], 6.0, 1e-12);
    assert!(estimate.loops.is_empty());
}

const LOOP: &str = r#"
[topology]
sources = ["in"]
[rates]
in = "4/s"
[services.review]
in = "in"
service-time = "100ms"
out = [
  { case = "bad", queues = ["fix"], share = 0.5 },
  { case = "good", queues = [], share = 0.5 },
]
[services.fix]
in = "fix"
service-time = "50ms"
out = [{ case = "fixed", queues = ["in"] }]
"#;

/// Half of the messages go round again: twice as many as come in.
#[test]
fn a_loop_of_gain_a_half_doubles_what_comes_in() {
    let (_, estimate) = estimate(LOOP);
    close(estimate.stations[0].arrivals, 8.0, 1e-9);
    close(estimate.stations[1].arrivals, 4.0, 1e-9);
    close(estimate.stations[0].wait, 0.4, 1e-9);
    // Two steps of it multiply by a half.
    close(estimate.loops[0].gain, 0.5_f64.sqrt(), 1e-6);
    assert!(!estimate.loops[0].is_amplifying());
    // Two visits to the review and one to the fix, on average.
    close(
        estimate.sources[0].time,
        2.0 * 0.5 + (0.05 + 0.05 * 0.2 / 0.8),
        1e-9,
    );
}

/// It passes on what it can: the next is busy with 10 a second, not with 12.
#[test]
fn an_overloaded_station_holds_back_the_rest() {
    let text = TANDEM
        .replace("10/s", "24/s")
        .replace("share = 0.6", "share = 0.1");
    let (network, estimate) = estimate(&text);
    let [first, second] = *estimate.stations else {
        panic!("there are two");
    };
    close(first.utilisation.unwrap(), 1.2, 1e-12);
    close(first.growth(), 4.0, 1e-12);
    assert!(first.wait.is_infinite() && first.waiting.is_infinite());
    close(second.arrivals, 2.0, 1e-12);
    assert!(second.wait.is_finite() && second.growth() == 0.0);
    assert!(estimate.is_overloaded() && estimate.sources[0].time.is_infinite());
    close(estimate.bottleneck.unwrap().1, 20.0 / 24.0, 1e-12);
    let run = network.run(AN_HOUR);
    let queue = network.stations[0].queue;
    // Arrivals and departures of an hour differ by 0.12 a second at random.
    close(run.queues[queue].growth, 4.0, 0.1);
    close(run.stations[0].utilisation.unwrap(), 1.0, 0.001);
}

/// Each round doubles: the slowest station has all it can do, and its queue takes the rest.
#[test]
fn a_loop_that_makes_more_messages_fills_its_slowest_station() {
    let text = LOOP.replace("queues = [\"in\"] }", "queues = [\"in\"], share = 4 }");
    let (network, estimate) = estimate(&text);
    assert!(estimate.loops[0].is_amplifying());
    // Ten reviews a second make five fixes, and those twenty reviews beside the four from outside.
    close(estimate.stations[0].arrivals, 24.0, 1e-9);
    close(estimate.stations[0].growth(), 14.0, 1e-9);
    close(estimate.stations[1].arrivals, 5.0, 1e-9);
    let run = network.run(AN_HOUR);
    close(run.queues[network.stations[0].queue].growth, 14.0, 0.03);
}

#[test]
fn a_loop_that_takes_no_time_and_makes_more_messages_has_no_bound() {
    let text = LOOP
        .replace("service-time", "# ")
        .replace("queues = [\"in\"] }", "queues = [\"in\"], share = 2 }");
    let (_, estimate) = estimate(&text);
    assert!(
        estimate
            .stations
            .iter()
            .all(|station| station.arrivals.is_infinite())
    );
    assert!(estimate.is_overloaded() && estimate.bottleneck.is_none());
    assert!(estimate.loops[0].is_amplifying());
}

#[test]
fn a_loop_that_nothing_enters_is_idle() {
    let text = LOOP.replace(
        "[rates]\nin",
        "[services.other]\nin = 'other'\n[rates]\nother",
    );
    let (network, estimate) = estimate(&text);
    assert!(network.stations.len() == 3);
    assert!(
        estimate.stations[1..]
            .iter()
            .all(|station| station.arrivals == 0.0),
        "{estimate:?}"
    );
}

const FAN_OUT: &str = r#"
[topology]
sources = ["in", "more"]
sinks = ["out"]
[rates]
in = "6/s"
more = "120/min"
[services.split]
in = "in"
service-time = "20ms"
out = [{ case = "page", queues = ["pages"], share = 2.5 }, { case = "cover", queues = ["covers", "out"], share = 1 }]
[services.pages]
in = "pages"
service-time = "100ms"
replicas = 2
out = [{ case = 1, queues = ["out"] }, { case = 2, queues = [] }]
[services.covers]
in = "covers"
out = []
[services.pages-too]
in = "pages"
service-time = "100ms"
group = "readers"
out = []
[services.extra]
in = "more"
service-time = "30ms"
out = [{ case = "page", queues = ["pages"] }]
"#;

#[test]
fn readers_of_one_queue_share_it_by_what_they_can_take() {
    let (_, estimate) =
        estimate(&FAN_OUT.replace("replicas = 2", "replicas = 2\ngroup = \"readers\""));
    // 6 · 2.5 + 2, of which two replicas take two thirds.
    close(estimate.stations[1].arrivals, 17.0 * 2.0 / 3.0, 1e-9);
    close(estimate.stations[3].arrivals, 17.0 / 3.0, 1e-9);
    close(estimate.stations[2].arrivals, 6.0, 1e-9);
    // All three replicas stand behind one queue: M/M/3 with a = 1.7, where C = 0.3131.
    close(estimate.stations[1].wait, 0.3131 * 0.1 / 1.3, 1e-3);
    close(estimate.stations[3].wait, estimate.stations[1].wait, 1e-9);
    assert_eq!(estimate.stations[2].utilisation, None);
}

#[test]
fn runs_agree_with_the_formulas() {
    let fixed = Scenario {
        times: ServiceTimes::Fixed,
        ..Scenario::default()
    };
    let grouped = FAN_OUT.replace("replicas = 2", "replicas = 2\ngroup = \"readers\"");
    let all = [
        ("one server", network(ONE, &Scenario::default())),
        ("one server, fixed times", network(ONE, &fixed)),
        ("in line", network(TANDEM, &Scenario::default())),
        ("a loop", network(LOOP, &Scenario::default())),
        ("several results", network(&grouped, &Scenario::default())),
    ];
    let all = all.map(|(name, network)| format!("{name}\n{}", both(&network)));
    assert_snapshot!(all.join("\n"));
}

#[test]
fn a_run_is_near_what_the_formulas_say() {
    for (text, tolerance) in [(ONE, 0.05), (TANDEM, 0.05), (LOOP, 0.05)] {
        let network = network(text, &Scenario::default());
        let estimate = network.estimate();
        for seed in 1..3 {
            let settings = RunSettings {
                duration: Duration::from_hours(6),
                seed,
            };
            let run = network.run(settings);
            assert_eq!(run.stop, Stop::Finished);
            for (expected, counted) in estimate.stations.iter().zip(&run.stations) {
                close(counted.arrivals, expected.arrivals, 0.02);
                close(
                    counted.utilisation.unwrap(),
                    expected.utilisation.unwrap(),
                    0.02,
                );
                close(counted.wait, expected.wait, tolerance);
                close(counted.waiting, expected.waiting, tolerance);
            }
            close(run.sources[0].time, estimate.sources[0].time, tolerance);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_another() {
    let network = network(LOOP, &Scenario::default());
    let run = |seed| format!("{:?}", network.run(RunSettings { seed, ..AN_HOUR }));
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_run_that_would_take_too_long_is_shortened() {
    let network = network(ONE, &Scenario::default());
    let settings = RunSettings {
        duration: Duration::from_hours(24 * 365),
        seed: 1,
    };
    let run = network.run(settings);
    assert_eq!(run.stop, Stop::Shortened);
    assert!(run.counted > Duration::from_hours(24));
}

fn what_if<T>(name: &str, value: T) -> Vec<WhatIf<T>> {
    vec![WhatIf {
        name: name.to_owned(),
        value,
    }]
}

#[test]
fn assumptions_take_the_place_of_what_is_declared() {
    let scenario = Scenario {
        scale: Some(2.0),
        rates: what_if("in", 3.0),
        replicas: what_if("work", 4),
        service_times: what_if("work", Duration::from_millis(500)),
        times: ServiceTimes::Fixed,
    };
    let estimate = network(ONE, &scenario).estimate();
    close(estimate.stations[0].arrivals, 6.0, 1e-12);
    close(estimate.stations[0].utilisation.unwrap(), 0.75, 1e-12);
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let refused =
        |text: &str, scenario: &Scenario| Network::of(&system(text), None, scenario).unwrap_err();
    let none = refused(&ONE.replace("in = \"8/s\"", ""), &Scenario::default());
    assert_eq!(none, ScenarioError::NoRates);
    assert!(none.help().unwrap().contains("[rates]"));
    let unknown = Scenario {
        replicas: what_if("wrok", 2),
        ..Scenario::default()
    };
    let unknown = refused(ONE, &unknown);
    assert_eq!(unknown.to_string(), "there is no service `wrok`");
    assert_eq!(unknown.help().unwrap(), "did you mean `work`?");
}

fn counted(network: &Network) -> (Estimate, Run) {
    (network.estimate(), network.run(AN_HOUR))
}

#[test]
fn the_json_form_says_both() {
    let network = network(LOOP, &Scenario::default());
    let (estimate, run) = counted(&network);
    assert_snapshot!(json(&network, &estimate, Some((&run, AN_HOUR))));
}

#[test]
fn what_grows_without_end_is_null() {
    let network = network(&ONE.replace("8/s", "12/s"), &Scenario::default());
    let estimate = network.estimate();
    assert_snapshot!(json(&network, &estimate, None));
}

#[test]
fn a_picture_shows_the_load() {
    let system = system(&TANDEM.replace("10/s", "19/s"));
    let network = Network::of(&system, None, &Scenario::default()).unwrap();
    let mut picture = Picture::of(&system);
    picture.show_load(&network, &network.estimate());
    assert_snapshot!(svg(&picture));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is connected with whatever: no panic, nothing negative, and what comes in equals what leaves or
    /// stays, where every message gives one result.
    #[test]
    fn nothing_is_lost_or_made_up(
        edges in proptest::collection::vec((0..6_usize, 0..8_usize), 0..14),
        times in proptest::collection::vec(0..300_u32, 6),
        rate in 1..40_u32,
    ) {
        let mut text = format!("[topology]\nsources = ['q0']\nsinks = ['q6', 'q7']\n[rates]\nq0 = '{rate}/s'\n");
        for (service, time) in times.iter().enumerate() {
            let queues = edges.iter().filter(|(from, _)| *from == service);
            let routes: Vec<_> = queues
                .enumerate()
                .map(|(case, (_, to))| format!("{{ case = {case}, queues = ['q{to}'] }}"))
                .collect();
            let time = if *time == 0 { String::new() } else { format!("service-time = '{time}ms'") };
            let routes = routes.join(", ");
            text = format!("{text}[services.s{service}]\nin = 'q{service}'\n{time}\nout = [{routes}]\n");
        }
        let (system, _) = read_toml(&SourceFile::new("slingshot.toml", text));
        let network = Network::of(&system, None, &Scenario::default()).unwrap();
        let estimate = network.estimate();
        for station in &estimate.stations {
            prop_assert!(station.arrivals >= 0.0 && station.wait >= 0.0);
            prop_assert!(station.departures <= station.arrivals * (1.0 + 1e-9));
        }
        if estimate.stations.iter().all(|station| station.arrivals.is_finite()) {
            let grows: f64 = estimate.stations.iter().map(super::StationEstimate::growth).sum();
            let leaves: f64 = network.stations.iter().zip(&estimate.stations)
                .filter(|(station, _)| station.outputs.is_empty())
                .map(|(_, estimate)| estimate.departures)
                .sum();
            let sinks = network.queues.iter().zip(&estimate.queues);
            let sinks: f64 = sinks.filter(|(queue, _)| ["q6", "q7"].contains(&&*queue.name)).map(|(_, flow)| flow).sum();
            close(grows + leaves + sinks, f64::from(rate), 1e-6);
            let run = network.run(RunSettings { duration: Duration::from_secs(20), seed: 1 });
            prop_assert!(run.stations.iter().all(|station| station.wait >= 0.0));
        }
    }
}
