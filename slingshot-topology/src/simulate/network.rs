//! A system as a network of queues.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use thiserror::Error;

use crate::{
    code::Code,
    diagnostic::did_you_mean,
    graph::bare,
    system::{Service, System},
    traffic::unsaid_share,
};

/// Queues, and the stations that take messages from them.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Every queue that anything names.
    pub queues: Vec<Queue>,
    /// The services.
    pub stations: Vec<Station>,
    /// How the time of one message differs from that of another.
    pub times: ServiceTimes,
}

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Messages a second from outside.
    pub rate: f64,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// The queue that it reads.
    pub queue: usize,
    /// How many messages it works on at once, at least 1.
    pub servers: u32,
    /// How long one message takes, on average; `None` if nobody said, and then messages pass at once.
    pub service_time: Option<Duration>,
    /// What comes of a message.
    pub outputs: Vec<Output>,
}

/// The results of one case.
#[derive(Clone, Debug)]
pub struct Output {
    /// The case.
    pub case: String,
    /// How many results of it one message gives, on average.
    pub mean: f64,
    /// The queues that each of them goes to; none if it ends.
    pub queues: Vec<usize>,
}

/// How the time of one message differs from that of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServiceTimes {
    /// Exponentially: most are short, few are very long.
    #[default]
    Exponential,
    /// Not at all.
    Fixed,
}

/// What is assumed besides what the system declares.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// All rates from outside, times this; 1 if absent.
    pub scale: Option<f64>,
    /// Rates of queues, in place of the declared ones.
    pub rates: Vec<WhatIf<f64>>,
    /// Replicas of services, in place of the declared ones.
    pub replicas: Vec<WhatIf<u32>>,
    /// Mean times of services, in place of the declared ones.
    pub service_times: Vec<WhatIf<Duration>>,
    /// How the time of one message differs from that of another.
    pub times: ServiceTimes,
}

/// A name and a value for it.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf<T> {
    /// The queue or service.
    pub name: String,
    /// What is assumed of it.
    pub value: T,
}

/// Why nothing can be simulated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ScenarioError {
    /// No message comes in.
    #[error("no queue has a rate")]
    NoRates,
    /// An assumption about something that is not there.
    #[error("there is no {kind} `{name}`")]
    Unknown {
        /// What it would be.
        kind: &'static str,
        /// The name.
        name: String,
        /// What was probably meant.
        suggestion: Option<String>,
    },
}

impl Network {
    /// The network that a system declares. What it does not say of replicas, the annotations in the code do.
    ///
    /// # Errors
    ///
    /// If no queue has a rate, or an assumption is about something that is not there.
    pub fn of(
        system: &System,
        code: Option<&Code>,
        scenario: &Scenario,
    ) -> Result<Self, ScenarioError> {
        let in_code = code.into_iter().flat_map(|code| &code.services);
        let annotated = in_code.filter_map(|code| Some((&*code.name, code.settings.replicas?)));
        let mut builder = Builder {
            annotated: annotated.collect(),
            ..Builder::default()
        };
        for service in &system.services {
            builder.station(service);
        }
        let Builder {
            mut queues,
            mut stations,
            by_name,
            ..
        } = builder;
        // A rate of a queue that nothing names is a finding of its own.
        for rate in &system.rates {
            if let Some(&queue) = by_name.get(&*rate.queue.value) {
                queues[queue].rate = rate.per_second;
            }
        }
        let names: Vec<String> = queues.iter().map(|queue| queue.name.clone()).collect();
        for (index, rate) in found("queue", &scenario.rates, &names)? {
            queues[index].rate = rate;
        }
        let names: Vec<String> = stations
            .iter()
            .map(|station| station.name.clone())
            .collect();
        for (index, replicas) in found("service", &scenario.replicas, &names)? {
            stations[index].servers = replicas.max(1);
        }
        for (index, time) in found("service", &scenario.service_times, &names)? {
            stations[index].service_time = Some(time);
        }
        for queue in &mut queues {
            queue.rate *= scenario.scale.unwrap_or(1.0);
        }
        if queues.iter().all(|queue| queue.rate <= 0.0) {
            return Err(ScenarioError::NoRates);
        }
        Ok(Self {
            queues,
            stations,
            times: scenario.times,
        })
    }

    /// The stations that read each queue.
    pub(super) fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.queues.len()];
        for (index, station) in self.stations.iter().enumerate() {
            readers[station.queue].push(index);
        }
        readers
    }
}

impl Station {
    /// Seconds that one message takes.
    pub(super) fn seconds(&self) -> f64 {
        self.service_time.map_or(0.0, |time| time.as_secs_f64())
    }

    /// Messages a second that it can take; infinitely many if they take no time.
    pub(super) fn capacity(&self) -> f64 {
        f64::from(self.servers) / self.seconds()
    }

    /// Whether a message gives one result at most.
    pub(super) fn is_exclusive(&self) -> bool {
        const ROUNDING: f64 = 1e-9;
        self.outputs.iter().map(|output| output.mean).sum::<f64>() <= 1.0 + ROUNDING
    }

    /// How likely it is that a message gives no result.
    pub(super) fn no_result(&self) -> f64 {
        let means = self.outputs.iter().map(|output| output.mean);
        if self.is_exclusive() {
            (1.0 - means.sum::<f64>()).max(0.0)
        } else {
            means.map(|mean| (1.0 - mean).max(0.0)).product()
        }
    }
}

impl ScenarioError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoRates => Some(
                "say how many messages come from outside: a table [rates] with lines like \
                 scans = \"50/s\", or --rate scans=50/s"
                    .to_owned(),
            ),
            Self::Unknown { suggestion, .. } => suggestion
                .as_ref()
                .map(|name| format!("did you mean `{name}`?")),
        }
    }
}

#[derive(Default)]
struct Builder<'s> {
    queues: Vec<Queue>,
    stations: Vec<Station>,
    by_name: HashMap<&'s str, usize>,
    /// The replicas of annotations, by service.
    annotated: HashMap<&'s str, u32>,
}

impl<'s> Builder<'s> {
    fn station(&mut self, service: &'s Service) {
        let queue = self.queue(&service.inbound.value);
        let unsaid = unsaid_share(&service.routes);
        let outputs = service.routes.iter();
        let outputs = outputs
            .map(|route| Output {
                case: bare(&route.case.value),
                mean: route.share.as_ref().map_or(unsaid, |share| share.value),
                queues: route
                    .queues
                    .iter()
                    .map(|queue| self.queue(&queue.value))
                    .collect(),
            })
            .collect();
        let annotated = self.annotated.get(&*service.name.value).copied();
        self.stations.push(Station {
            name: service.name.value.to_string(),
            queue,
            servers: service.replicas.or(annotated).unwrap_or(1),
            service_time: service.service_time.as_ref().map(|time| time.value),
            outputs,
        });
    }

    fn queue(&mut self, name: &'s str) -> usize {
        let next = self.queues.len();
        let index = *self.by_name.entry(name).or_insert(next);
        if index == next {
            self.queues.push(Queue {
                name: name.to_owned(),
                rate: 0.0,
            });
        }
        index
    }
}

/// The places of the names, with what is assumed there.
fn found<T: Clone>(
    kind: &'static str,
    assumptions: &[WhatIf<T>],
    names: &[String],
) -> Result<Vec<(usize, T)>, ScenarioError> {
    let places: BTreeMap<&str, usize> = names.iter().map(|name| &**name).zip(0..).collect();
    let find = |assumption: &WhatIf<T>| match places.get(&*assumption.name) {
        Some(&place) => Ok((place, assumption.value.clone())),
        None => Err(ScenarioError::Unknown {
            kind,
            name: assumption.name.clone(),
            suggestion: did_you_mean(&assumption.name, places.keys().copied()).map(str::to_owned),
        }),
    };
    assumptions.iter().map(find).collect()
}
