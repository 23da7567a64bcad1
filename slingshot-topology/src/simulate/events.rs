//! A run of the model: what happens next, until the time is over.

mod counts;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

pub(super) use self::counts::Counts;
use self::counts::{QueueCounts, StationCounts};
use super::{
    network::{Network, ServiceTimes},
    random::Random,
    run::MOST_EVENTS,
};

/// The part of the time that is not counted, because queues begin empty.
const WARM_UP: u32 = 10;

/// A message on its way, or a result that came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    /// The queue at which it came in, and when, in nanoseconds.
    source: usize,
    entered: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A message comes in from outside.
    Enter {
        queue: usize,
    },
    /// A station is done with one.
    Done {
        station: usize,
        message: Message,
    },
    /// Counting begins.
    Count,
    End,
}

/// The state of a run.
#[derive(Debug)]
pub(super) struct Events<'n> {
    network: &'n Network,
    random: Random,
    /// By time, and then in the order in which they were planned.
    next: BinaryHeap<Reverse<(u64, u64, Event)>>,
    planned: u64,
    now: u64,
    readers: Vec<Vec<usize>>,
    queues: Vec<Waiting>,
    /// How many servers of each station are at work, and since when it is so many.
    busy: Vec<(u32, u64)>,
    counts: Counts,
}

/// What waits in a queue, since when it is so much, and who takes the next if several could.
#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<(Message, u64)>,
    changed: u64,
    turn: usize,
}

impl<'n> Events<'n> {
    pub(super) fn new(network: &'n Network, seed: u64) -> Self {
        let (stations, queues) = (network.stations.len(), network.queues.len());
        let fed = network
            .queues
            .iter()
            .enumerate()
            .filter(|(_, queue)| queue.rate > 0.0);
        Self {
            network,
            random: Random::seeded(seed),
            next: BinaryHeap::new(),
            planned: 0,
            now: 0,
            readers: network.readers(),
            queues: (0..queues).map(|_| Waiting::default()).collect(),
            busy: vec![(0, 0); stations],
            counts: Counts {
                stations: vec![StationCounts::default(); stations],
                queues: vec![QueueCounts::default(); queues],
                times: fed.map(|(queue, _)| (queue, Vec::new())).collect(),
                counted: Duration::ZERO,
            },
        }
    }

    /// Runs for so long; whether it came to the end.
    pub(super) fn run(mut self, duration: Duration) -> (Counts, bool) {
        let end = nanoseconds(duration);
        let start = end / u64::from(WARM_UP);
        self.plan(start, Event::Count);
        self.plan(end, Event::End);
        let sources: Vec<usize> = self.counts.times.keys().copied().collect();
        for queue in sources {
            self.plan_entry(queue);
        }
        for _ in 0..MOST_EVENTS {
            let Some(Reverse((time, _, event))) = self.next.pop() else {
                break;
            };
            self.now = time;
            match event {
                Event::Enter { queue } => {
                    let message = Message {
                        source: queue,
                        entered: time,
                    };
                    self.put(queue, message);
                    self.plan_entry(queue);
                }
                Event::Done { station, message } => self.done(station, message),
                Event::Count => self.begin_counting(),
                Event::End => return (self.finish(start), true),
            }
        }
        (self.finish(start), false)
    }

    fn plan(&mut self, time: u64, event: Event) {
        self.planned += 1;
        self.next.push(Reverse((time, self.planned, event)));
    }

    fn plan_entry(&mut self, queue: usize) {
        let pause = self
            .random
            .exponential(1.0 / self.network.queues[queue].rate);
        self.plan(
            self.now.saturating_add(to_nanoseconds(pause)),
            Event::Enter { queue },
        );
    }

    /// A message comes to a queue: a free server takes it, or it waits. Where nobody reads, it has left.
    fn put(&mut self, queue: usize, message: Message) {
        self.counts.queues[queue].arrivals += 1;
        let readers = &self.readers[queue];
        if readers.is_empty() {
            return self.leave(message);
        }
        let turn = self.queues[queue].turn;
        let mut in_turn = (0..readers.len()).map(|offset| (turn + offset) % readers.len());
        let free = in_turn.find(|&place| {
            let station = readers[place];
            let settings = &self.network.stations[station];
            self.busy[station].0 < settings.servers || settings.service_time.is_none()
        });
        match free {
            Some(place) => {
                let station = readers[place];
                self.queues[queue].turn = place + 1;
                self.begin(station, message, self.now);
            }
            None => {
                self.settle_queue(queue);
                self.queues[queue].messages.push_back((message, self.now));
            }
        }
    }

    fn begin(&mut self, station: usize, message: Message, since: u64) {
        let mean = self.network.stations[station].seconds();
        let time = match self.network.times {
            _ if mean == 0.0 => 0.0,
            ServiceTimes::Exponential => self.random.exponential(mean),
            ServiceTimes::Fixed => mean,
        };
        self.settle_station(station);
        self.busy[station].0 += 1;
        let counts = &mut self.counts.stations[station];
        counts.begun += 1;
        counts.waited += seconds(self.now - since);
        let done = self.now.saturating_add(to_nanoseconds(time));
        self.plan(done, Event::Done { station, message });
    }

    fn done(&mut self, station: usize, message: Message) {
        self.settle_station(station);
        self.busy[station].0 -= 1;
        let queue = self.network.stations[station].queue;
        if !self.queues[queue].messages.is_empty() {
            self.settle_queue(queue);
            if let Some((next, since)) = self.queues[queue].messages.pop_front() {
                self.begin(station, next, since);
            }
        }
        self.pass_on(station, message);
    }

    /// One case at most where the means allow no more; otherwise each case for itself, so often as its mean says.
    fn pass_on(&mut self, index: usize, message: Message) {
        let network = self.network;
        let station = &network.stations[index];
        let mut results = 0;
        if station.is_exclusive() {
            let mut left = self.random.fraction();
            let chosen = station.outputs.iter().find(|output| {
                left -= output.mean;
                left < 0.0
            });
            if let Some(output) = chosen {
                results = 1;
                self.emit(&output.queues, message);
            }
        } else {
            for output in &station.outputs {
                let mut left = output.mean;
                while left > 0.0 {
                    if left >= 1.0 || self.random.fraction() < left {
                        results += 1;
                        self.emit(&output.queues, message);
                    }
                    left -= 1.0;
                }
            }
        }
        if results == 0 {
            self.leave(message);
        }
    }

    fn emit(&mut self, queues: &[usize], message: Message) {
        if queues.is_empty() {
            self.leave(message);
        }
        for &queue in queues {
            self.put(queue, message);
        }
    }

    fn leave(&mut self, message: Message) {
        if let Some(times) = self.counts.times.get_mut(&message.source) {
            times.push(self.now - message.entered);
        }
    }

    /// Adds what waited until now, before that changes.
    fn settle_queue(&mut self, queue: usize) {
        let waiting = &mut self.queues[queue];
        let count = f64::from(length(&waiting.messages));
        self.counts.queues[queue].waiting += count * seconds(self.now - waiting.changed);
        waiting.changed = self.now;
    }

    fn settle_station(&mut self, station: usize) {
        let (count, since) = &mut self.busy[station];
        self.counts.stations[station].busy += f64::from(*count) * seconds(self.now - *since);
        *since = self.now;
    }

    fn begin_counting(&mut self) {
        for (queue, counts) in self.queues.iter_mut().zip(&mut self.counts.queues) {
            queue.changed = self.now;
            *counts = QueueCounts {
                at_the_start: length(&queue.messages),
                ..QueueCounts::default()
            };
        }
        for ((_, since), counts) in self.busy.iter_mut().zip(&mut self.counts.stations) {
            *since = self.now;
            *counts = StationCounts::default();
        }
        for times in self.counts.times.values_mut() {
            times.clear();
        }
    }

    fn finish(mut self, start: u64) -> Counts {
        for queue in 0..self.queues.len() {
            self.settle_queue(queue);
            self.counts.queues[queue].at_the_end = length(&self.queues[queue].messages);
        }
        for station in 0..self.busy.len() {
            self.settle_station(station);
        }
        self.counts.counted = Duration::from_nanos(self.now.saturating_sub(start));
        self.counts
    }
}

/// No queue holds more messages than there are events.
fn length(messages: &VecDeque<(Message, u64)>) -> u32 {
    u32::try_from(messages.len()).unwrap_or(u32::MAX)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn to_nanoseconds(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds).map_or(u64::MAX, nanoseconds)
}

fn seconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}
