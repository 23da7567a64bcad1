//! What the services have reported, added up.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use hdrhistogram::Histogram;
use slingshot_runtime::report::{Report, State};
use slingshot_topology::CaseValue;

use super::{plan::Plan, reports::Heard};

/// Digits of a duration that are kept: three tell 10.1 ms from 10.2 ms.
const DIGITS: u8 = 3;
/// A day, in microseconds: a longer call counts as one of a day.
const LONGEST: u64 = 86_400_000_000;

/// Every service of a run, in the order of `slingshot.toml`.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) services: Vec<ServiceStatistics>,
}

/// One service, over all its processes and restarts.
#[derive(Debug)]
pub(crate) struct ServiceStatistics {
    pub(crate) name: String,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) retried: u64,
    pub(crate) skipped: u64,
    pub(crate) duplicates: u64,
    pub(crate) cases: BTreeMap<CaseValue, u64>,
    durations: Histogram<u64>,
    tiers: BTreeSet<String>,
    /// How many processes there should be.
    wanted: usize,
    processes: BTreeMap<u32, Process>,
}

/// The last word of a process.
#[derive(Clone, Copy, Debug)]
struct Process {
    state: State,
    in_flight: u64,
    /// It was said since somebody asked for news.
    is_new: bool,
}

impl Statistics {
    pub(crate) fn new(plan: &Plan) -> Self {
        let service = |service: &super::plan::PlannedService| ServiceStatistics {
            name: service.name.clone(),
            succeeded: 0,
            failed: 0,
            retried: 0,
            skipped: 0,
            duplicates: 0,
            cases: BTreeMap::new(),
            durations: Histogram::new_with_bounds(1, LONGEST, DIGITS)
                .expect("a microsecond to a day, in three digits, is a histogram"),
            tiers: BTreeSet::new(),
            wanted: service.processes.into(),
            processes: BTreeMap::new(),
        };
        Self {
            services: plan.services.iter().map(service).collect(),
        }
    }

    /// Adds what was heard. A service that is none of ours is ignored.
    pub(crate) fn add(&mut self, heard: Heard) {
        let name = match &heard {
            Heard::Report(report) => &report.service,
            Heard::Gone { service, .. } => service,
        };
        let Some(service) = self
            .services
            .iter_mut()
            .find(|service| service.name == *name)
        else {
            return;
        };
        match heard {
            Heard::Report(report) => service.add(report),
            Heard::Gone { pid, .. } => {
                service.processes.remove(&pid);
            }
        }
    }

    /// The services that are not ready yet.
    pub(crate) fn not_ready(&self) -> Vec<&str> {
        self.services
            .iter()
            .filter(|service| !service.is_ready())
            .map(|service| service.name.as_str())
            .collect()
    }

    /// Requests that are being worked on, as of the last reports.
    pub(crate) fn in_flight(&self) -> u64 {
        self.services.iter().map(ServiceStatistics::in_flight).sum()
    }

    /// Whether every process has reported since the last time that this was so.
    pub(crate) fn take_news(&mut self) -> bool {
        let has_news = self.services.iter().all(ServiceStatistics::has_news);
        if has_news {
            let services = self.services.iter_mut();
            for process in services.flat_map(|service| service.processes.values_mut()) {
                process.is_new = false;
            }
        }
        has_news
    }

    /// The queues in which requests wait for their next attempt.
    pub(crate) fn tiers(&self) -> impl Iterator<Item = &str> {
        self.services
            .iter()
            .flat_map(|service| service.tiers.iter().map(String::as_str))
    }

    /// Whether anything was worked on at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.services.iter().all(|service| service.requests() == 0)
    }
}

impl ServiceStatistics {
    fn add(&mut self, report: Report) {
        self.succeeded += report.succeeded;
        self.failed += report.failed;
        self.retried += report.retried;
        self.skipped += report.skipped;
        self.duplicates += report.duplicates;
        for (case, count) in report.cases {
            *self.cases.entry(case).or_default() += count;
        }
        self.tiers.extend(report.tiers);
        for duration in report.durations_us {
            self.durations.saturating_record(duration);
        }
        self.processes.insert(
            report.pid,
            Process {
                state: report.state,
                in_flight: report.in_flight,
                is_new: true,
            },
        );
    }

    fn is_ready(&self) -> bool {
        let ready = self
            .processes
            .values()
            .filter(|process| process.state == State::Ready);
        ready.count() >= self.wanted
    }

    fn has_news(&self) -> bool {
        self.processes.len() >= self.wanted && self.processes.values().all(|process| process.is_new)
    }

    /// Requests that were finished, well or badly or without need. One that comes again is none of them yet.
    pub(crate) fn requests(&self) -> u64 {
        self.succeeded + self.failed + self.skipped + self.duplicates
    }

    /// Requests that are being worked on.
    pub(crate) fn in_flight(&self) -> u64 {
        self.processes
            .values()
            .map(|process| process.in_flight)
            .sum()
    }

    /// The time within which this share of the calls was done; `None` without calls.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        (!self.durations.is_empty())
            .then(|| Duration::from_micros(self.durations.value_at_quantile(share)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::plan::PlannedService;

    fn report(pid: u32, state: State, durations_us: Vec<u64>) -> Heard {
        Heard::Report(Report {
            service: "a".into(),
            pid,
            state,
            received: durations_us.len() as u64,
            succeeded: durations_us.len() as u64,
            failed: 0,
            retried: 0,
            skipped: 0,
            duplicates: 0,
            in_flight: 1,
            tiers: Vec::new(),
            cases: vec![(CaseValue::text("x"), durations_us.len() as u64)],
            durations_us,
            dead_letter_reasons: Vec::new(),
        })
    }

    #[test]
    fn reports_of_all_processes_and_restarts_add_up() {
        let plan = Plan {
            services: vec![PlannedService::named("a", 2)],
            hosts: Vec::new(),
        };
        let mut statistics = Statistics::new(&plan);
        assert_eq!(statistics.not_ready(), ["a"]);
        statistics.add(report(1, State::Ready, vec![1_000, 2_000]));
        assert_eq!(statistics.not_ready(), ["a"]);
        statistics.add(report(2, State::Ready, vec![90_000_000]));
        assert!(statistics.not_ready().is_empty());
        assert!(statistics.take_news());
        statistics.add(report(1, State::Ready, Vec::new()));
        assert!(!statistics.take_news(), "one of two has none");
        statistics.add(Heard::Gone {
            service: "a".into(),
            pid: 1,
        });
        assert_eq!(statistics.not_ready(), ["a"]);
        assert_eq!(statistics.in_flight(), 1);
        assert!(!statistics.take_news(), "one of two is gone");
        insta::assert_snapshot!(crate::run::summary::table(&statistics), @r"
        service  in  out  failed   median     p99
        a         3  x 3       0  2.00 ms  90.0 s
        ");

        let Heard::Report(mut retried) = report(2, State::Ready, Vec::new()) else {
            panic!("a report");
        };
        retried.retried = 2;
        retried.duplicates = 1;
        statistics.add(Heard::Report(retried));
        insta::assert_snapshot!(crate::run::summary::table(&statistics), @r"
        service  in  out  retried  duplicates  failed   median     p99
        a         4  x 3        2           1       0  2.00 ms  90.0 s
        ");
    }
}
