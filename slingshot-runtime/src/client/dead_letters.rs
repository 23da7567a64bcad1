//! What can be done with a queue of dead letters: look through it, replay it, drop it.
//!
//! A letter's removal is the last thing that happens to it. Whoever is killed in the middle leaves every
//! letter that was not removed where it was; a letter that was replayed and not yet removed is there twice.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    pin::Pin,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until, timeout};

use super::{ClientError, DeadLetter, LetterFilter, Queues};
use crate::amqp::{BrokerError, Inbound, Scan};

/// How many replayed letters may wait for their confirmation at once.
const IN_FLIGHT: usize = 256;

/// How long letters are held that are passed over. RabbitMQ closes a channel that holds one for half an hour;
/// so they are given back before, and the way through the queue begins again behind what was removed.
const LONGEST_HOLD: Duration = Duration::from_mins(10);

/// How long the last replayed letters may take to be confirmed when a removal ends.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedThrough {
    /// The letters in the queue.
    pub ready: u64,
    /// The letters that were looked at.
    pub seen: u64,
}

/// How many letters a second, at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    interval: Duration,
}

impl Rate {
    /// So many letters in a time. None for no letter, and for fewer than one a minute.
    pub fn new(letters: u32, time: Duration) -> Option<Self> {
        let interval = time.checked_div(letters)?;
        (interval <= Duration::from_mins(1)).then_some(Self { interval })
    }
}

/// What to remove from a queue of dead letters.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Which letters.
    pub filter: LetterFilter,
    /// How many at most.
    pub limit: u64,
    /// What becomes of a letter before it is removed; nothing, if it is to be dropped.
    pub replay: Option<Replay>,
}

/// How letters go back to work.
#[derive(Clone, Debug)]
pub struct Replay {
    /// All of them to this queue, and not each to its own.
    pub to: Option<String>,
    /// For letters that do not say where they failed.
    pub home: String,
    /// Also to queues that nobody reads; one that is not there is made.
    pub force: bool,
    /// How fast.
    pub rate: Option<Rate>,
}

impl Replay {
    /// Where a letter goes.
    pub fn target<'a>(&'a self, letter: &'a DeadLetter) -> &'a str {
        let to = self.to.as_ref().or(letter.original_queue.as_ref());
        to.unwrap_or(&self.home)
    }
}

/// How far a removal has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Letters that are dealt with and gone.
    pub removed: u64,
    /// Letters that were looked at.
    pub seen: u64,
    /// Letters that were there at the start.
    pub ready: u64,
}

/// Why a removal ended.
#[derive(Debug)]
pub enum RemovalEnd {
    /// Every letter that is meant is gone, or as many as were asked for.
    Complete,
    /// It was told to stop.
    Stopped,
    /// Something went wrong. What was counted before is done, and the rest is where it was.
    Failed(ClientError),
}

impl Queues {
    /// Goes through the dead letters of a queue from the oldest on, at most `most` of them, until `look` has
    /// seen enough. They stay where they are, in their order. None when there is no such queue.
    ///
    /// # Errors
    ///
    /// [`ClientError::Broker`].
    pub async fn look_through(
        &self,
        queue: &str,
        most: u64,
        mut look: impl FnMut(DeadLetter) -> ControlFlow<()>,
    ) -> Result<Option<LookedThrough>, ClientError> {
        let Some(mut scan) = Scan::open(&self.connection, queue, most).await? else {
            return Ok(None);
        };
        let mut looked = LookedThrough {
            ready: scan.ready(),
            seen: 0,
        };
        while let Some(letter) = scan.next().await? {
            looked.seen += 1;
            if look(DeadLetter::of(&letter)).is_break() {
                break;
            }
        }
        scan.finish(&self.connection).await?;
        Ok(Some(looked))
    }

    /// Removes dead letters from a queue: replays them first, or drops them. Ends early when `stop` does, in an
    /// orderly way. Calls `progress` after each letter.
    ///
    /// What fails again meanwhile is left: no more letters are gone through than there were at the start.
    pub async fn remove_letters(
        &self,
        queue: &str,
        removal: &Removal,
        stop: impl Future<Output = ()>,
        mut progress: impl FnMut(Progress),
    ) -> (Progress, RemovalEnd) {
        let mut removing = Removing {
            queues: self,
            queue,
            removal,
            begun_at: SystemTime::now(),
            begun: 0,
            count: Progress::default(),
            next_at: Instant::now(),
            targets: BTreeSet::new(),
            in_flight: FuturesUnordered::new(),
        };
        let end = removing.run(std::pin::pin!(stop), &mut progress).await;
        (removing.count, end)
    }
}

/// A removal under way.
struct Removing<'a> {
    queues: &'a Queues,
    queue: &'a str,
    removal: &'a Removal,
    begun_at: SystemTime,
    /// Letters that are meant and were taken on.
    begun: u64,
    count: Progress,
    /// When the rate allows the next letter.
    next_at: Instant,
    /// The queues that letters may go to.
    targets: BTreeSet<String>,
    in_flight: FuturesUnordered<BoxFuture<'a, (u64, Result<(), BrokerError>)>>,
}

/// How one way through the queue ended.
enum PassEnd {
    Over(RemovalEnd),
    /// What was passed over has been held for long enough.
    Held,
}

impl Removing<'_> {
    async fn run(
        &mut self,
        mut stop: Pin<&mut impl Future<Output = ()>>,
        progress: &mut impl FnMut(Progress),
    ) -> RemovalEnd {
        // None as long as the queue has not been gone through.
        let mut left = None;
        loop {
            let most = left.unwrap_or(u64::MAX);
            let mut scan = match Scan::open(&self.queues.connection, self.queue, most).await {
                Ok(Some(scan)) => scan,
                Ok(None) => return RemovalEnd::Complete,
                Err(error) => return RemovalEnd::Failed(error.into()),
            };
            if left.is_none() {
                self.count.ready = scan.ready();
            }
            let end = self.pass(&mut scan, stop.as_mut(), progress).await;
            let end = end.unwrap_or_else(|error| PassEnd::Over(RemovalEnd::Failed(error)));
            let settled = self.settle_rest(&mut scan, progress).await;
            let finished = scan.finish(&self.queues.connection).await;
            match (end, settled.and(finished)) {
                (PassEnd::Held, Ok(())) => {
                    // Behind these stands what has failed since we began.
                    left = Some(self.count.ready.saturating_sub(self.count.removed));
                    self.count.seen = self.count.removed;
                }
                (PassEnd::Over(RemovalEnd::Failed(error)), _) => return RemovalEnd::Failed(error),
                (PassEnd::Held | PassEnd::Over(_), Err(error)) => {
                    return RemovalEnd::Failed(error.into());
                }
                (PassEnd::Over(end), Ok(())) => return end,
            }
        }
    }

    /// Once through the queue.
    async fn pass(
        &mut self,
        scan: &mut Scan,
        mut stop: Pin<&mut impl Future<Output = ()>>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<PassEnd, ClientError> {
        let held_too_long = Instant::now() + LONGEST_HOLD;
        loop {
            if self.begun == self.removal.limit {
                return Ok(PassEnd::Over(RemovalEnd::Complete));
            }
            let next_at = self.next_at;
            tokio::select! {
                biased;
                () = stop.as_mut() => return Ok(PassEnd::Over(RemovalEnd::Stopped)),
                Some(published) = self.in_flight.next() => self.settle(scan, published)?,
                () = sleep_until(held_too_long) => return Ok(PassEnd::Held),
                letter = async { sleep_until(next_at).await; scan.next().await },
                    if self.in_flight.len() < IN_FLIGHT =>
                {
                    match letter? {
                        Some(letter) => self.take(scan, letter).await?,
                        None => return Ok(PassEnd::Over(RemovalEnd::Complete)),
                    }
                }
            }
            progress(self.count);
        }
    }

    /// Does with a letter what is to be done, if it is meant.
    async fn take(&mut self, scan: &mut Scan, letter: Inbound) -> Result<(), ClientError> {
        let read = DeadLetter::of(&letter);
        self.count.seen += 1;
        if !self.removal.filter.matches(&read, self.begun_at) {
            return Ok(());
        }
        let Some(replay) = &self.removal.replay else {
            self.begun += 1;
            scan.remove(letter.tag())?;
            self.count.removed += 1;
            return Ok(());
        };
        let target = replay.target(&read).to_owned();
        if !self.targets.contains(&target) {
            self.queues.is_target(&target, replay.force).await?;
            self.targets.insert(target.clone());
        }
        if let Some(rate) = replay.rate {
            self.next_at = self.next_at.max(Instant::now()) + rate.interval;
        }
        self.begun += 1;
        let publisher = &self.queues.publisher;
        let replayed = async move { (letter.tag(), publisher.replay(&target, &letter).await) };
        self.in_flight.push(replayed.boxed());
        Ok(())
    }

    /// Removes a letter that the broker has taken on elsewhere.
    fn settle(
        &mut self,
        scan: &mut Scan,
        (tag, published): (u64, Result<(), BrokerError>),
    ) -> Result<(), BrokerError> {
        published?;
        scan.remove(tag)?;
        self.count.removed += 1;
        Ok(())
    }

    /// Waits for what is on its way, whatever ended the pass: else it would be in both queues.
    async fn settle_rest(
        &mut self,
        scan: &mut Scan,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), BrokerError> {
        let mut result = Ok(());
        let settling = async {
            while let Some(published) = self.in_flight.next().await {
                let settled = self.settle(scan, published);
                result = std::mem::replace(&mut result, Ok(())).and(settled);
                progress(self.count);
            }
        };
        if timeout(STOP_PATIENCE, settling).await.is_err() {
            self.in_flight.clear();
            return Err(BrokerError::Silent {
                asked: "confirm the last letters",
                limit: STOP_PATIENCE,
            });
        }
        result
    }
}

impl Queues {
    /// Whether letters may go to a queue. With `force`, one that is not there is made.
    async fn is_target(&self, queue: &str, force: bool) -> Result<(), ClientError> {
        match self.connection.queue_depth(queue).await? {
            _ if force => Ok(self.ensure(queue).await?),
            None => Err(ClientError::NoTarget(queue.to_owned())),
            Some(depth) if depth.consumers == 0 => Err(ClientError::NoConsumer(queue.to_owned())),
            Some(_) => Ok(()),
        }
    }
}
