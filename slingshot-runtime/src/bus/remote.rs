//! The bus over a broker, as those see it who call: who answers is in whichever process.
//!
//! A call that its caller waits for is made at most once: it is a message that is not kept, and one that a process
//! had when it ended is answered with an error and not run again. What is dispatched is made at least once: it is a
//! message that is kept, until its handler has succeeded or it is a dead letter.

mod calls;
mod dispatched;
mod health;
mod life;
mod listening;
mod patience;
mod telling;
mod waiting;

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, sleep_until, timeout_at},
};

pub(crate) use self::{
    health::BusHealth,
    life::{BusError, BusLife},
};
use self::{
    patience::Patience,
    telling::Told,
    waiting::{Waiting, WaitingCalls},
};
use super::{
    chain::Chain,
    wire::{self, Known, LARGEST, Reply},
};
use crate::{
    amqp::{BrokerError, Letters},
    backoff,
    handler::{CallError, DEFAULT_TIMEOUT, Payload},
    metrics::{BusCalls, Metrics},
    trace::{Operation, TraceContext},
};

/// The longest wait between two attempts to dispatch to a handler whose line is full.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The way to the other processes.
#[derive(Debug)]
pub(crate) struct Remote {
    connected: watch::Receiver<Option<Arc<Connected>>>,
    heard: Mutex<HashMap<String, Heard>>,
    /// Numbers what is sent.
    next: AtomicU64,
    /// Tells this process's messages from those of others.
    process: String,
    told: tokio::sync::Mutex<Told>,
    metrics: Metrics,
}

/// What was learned of another process's handler.
#[derive(Clone, Debug)]
struct Heard {
    known: Known,
    calls: Arc<BusCalls>,
}

/// A connection to the broker, for as long as it lives.
#[derive(Debug)]
struct Connected {
    letters: Letters,
    waiting: WaitingCalls,
    listen: mpsc::Sender<Listen>,
}

/// A topic that is to be listened to, and who waits until it is.
type Listen = (String, oneshot::Sender<()>);

/// A call on its way out.
#[derive(Debug)]
pub(super) struct Outward<'a> {
    pub(super) handler: &'a str,
    /// Up to the caller.
    pub(super) chain: &'a Chain,
    /// Until when the caller's own caller waits.
    pub(super) deadline: Option<Instant>,
    pub(super) trace: Option<&'a TraceContext>,
}

impl Remote {
    fn new(connected: watch::Receiver<Option<Arc<Connected>>>, metrics: &Metrics) -> Self {
        let process = TraceContext::root().trace_id();
        Self {
            connected,
            heard: Mutex::default(),
            next: AtomicU64::new(0),
            told: tokio::sync::Mutex::new(Told::new(process.clone())),
            process,
            metrics: metrics.clone(),
        }
    }

    /// Calls a handler and waits for its reply.
    pub(super) async fn publish(
        &self,
        call: &Outward<'_>,
        payload: Payload,
    ) -> Result<Payload, CallError> {
        check_handler(call.handler, &payload)?;
        let begun = Instant::now();
        let answer = self.answered(call, payload, self.patience(call)).await;
        if let Some(heard) = self.heard(call.handler) {
            let failed = answer.as_ref().err().map(CallError::kind);
            heard
                .calls
                .ended(Operation::Publish, begun.elapsed(), failed);
        }
        answer
    }

    async fn answered(
        &self,
        call: &Outward<'_>,
        payload: Payload,
        mut patience: Patience,
    ) -> Result<Payload, CallError> {
        loop {
            let connected = self.connected(patience.until_connected()).await?;
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let mut waiting = connected.waiting.begin(number).ok_or_else(not_connected)?;
            let remaining = call.deadline.map(|_| patience.left());
            let letter = wire::call(payload.clone(), call.chain, remaining, call.trace);
            let correlation = number.to_string();
            let queue = wire::calls(call.handler);
            let sent = connected
                .letters
                .call(queue, &correlation, letter, patience.left());
            let confirmed = timeout_at(patience.until(), sent)
                .await
                .map_err(|_| patience.late(call.handler))?
                .map_err(|error| CallError::Broker(error.to_string()))?;
            let reply = self.reply(call, confirmed, &mut waiting, &mut patience);
            match reply.await? {
                Some(answer) => return answer,
                None => tracing::debug!(handler = call.handler, "a call came back unbegun"),
            }
        }
    }

    /// None: the call has not begun, and may be made again.
    async fn reply(
        &self,
        call: &Outward<'_>,
        confirmed: impl Future<Output = Result<(), BrokerError>>,
        waiting: &mut Waiting<'_>,
        patience: &mut Patience,
    ) -> Result<Option<Result<Payload, CallError>>, CallError> {
        let handler = call.handler;
        let mut confirmed = pin!(confirmed);
        let mut is_confirmed = false;
        loop {
            tokio::select! {
                biased;
                reply = waiting.next() => {
                    let reply = reply.ok_or_else(|| lost(handler))?;
                    if let Some(known) = Known::read(&reply) {
                        self.learn(handler, known);
                        patience.learn(known.timeout);
                    }
                    match Reply::read(&reply) {
                        Reply::Ended(answer) => return Ok(Some(answer)),
                        Reply::GivenBack => return Ok(None),
                        Reply::Taken => {}
                    }
                }
                answer = &mut confirmed, if !is_confirmed => {
                    is_confirmed = true;
                    answer.map_err(|error| match error {
                        BrokerError::Returned { .. } => CallError::NotFound(handler.to_owned()),
                        BrokerError::Refused { .. } => self.full(handler),
                        _ => lost(handler),
                    })?;
                }
                () = sleep_until(patience.until()) => return Err(patience.late(handler)),
            }
        }
    }

    /// Leaves data for a handler, however long its processes take to fetch it.
    pub(super) async fn dispatch(
        &self,
        call: &Outward<'_>,
        payload: Payload,
    ) -> Result<(), CallError> {
        check_handler(call.handler, &payload)?;
        let handler = call.handler;
        let patience = self.patience(call);
        let letter = wire::call(payload, call.chain, None, call.trace);
        let id = self.message_id();
        let mut pause = FIRST_PAUSE;
        loop {
            let connected = self.connected(patience.until()).await?;
            let left = connected
                .letters
                .leave(wire::dispatched(handler), &id, letter.clone());
            let error = match timeout_at(patience.until(), left).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(BrokerError::Returned { .. })) => {
                    return Err(CallError::NotFound(handler.to_owned()));
                }
                Ok(Err(BrokerError::Refused { .. })) => self.full(handler),
                // Whether it arrived is not known, so that it may arrive twice.
                Ok(Err(error)) => CallError::Broker(error.to_string()),
                Err(_) => return Err(patience.late(handler)),
            };
            drop(connected);
            let wait = backoff::jittered(pause).min(patience.left());
            if wait.is_zero() {
                return Err(error);
            }
            sleep(wait).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    async fn connected(&self, until: Instant) -> Result<Arc<Connected>, CallError> {
        let now = self.connected.borrow().clone();
        if let Some(connected) = now {
            return Ok(connected);
        }
        let mut connected = self.connected.clone();
        let found = timeout_at(until, connected.wait_for(Option::is_some)).await;
        let found = found.ok().and_then(Result::ok);
        let found = found.and_then(|connected| connected.clone());
        found.ok_or_else(not_connected)
    }

    fn patience(&self, call: &Outward<'_>) -> Patience {
        let known = self.heard(call.handler).map(|heard| heard.known.timeout);
        Patience::new(known.unwrap_or(DEFAULT_TIMEOUT), call.deadline)
    }

    fn message_id(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", self.process)
    }

    fn heard(&self, handler: &str) -> Option<Heard> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(handler).cloned()
    }

    /// Only of what has answered is anything kept: there are as many of those as there are handlers.
    fn learn(&self, handler: &str, known: Known) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match heard.get_mut(handler) {
            Some(heard) => heard.known = known,
            None => {
                let calls = Arc::new(BusCalls::new(&self.metrics, handler));
                heard.insert(handler.to_owned(), Heard { known, calls });
            }
        }
    }

    fn full(&self, handler: &str) -> CallError {
        let known = self.heard(handler).map(|heard| heard.known);
        CallError::LineFull {
            handler: handler.to_owned(),
            replicas: known.map_or(0, |known| known.replicas),
            waiting: known.map_or(0, |known| known.waiting),
        }
    }
}

fn check_handler(handler: &str, payload: &Payload) -> Result<(), CallError> {
    if !crate::handler::is_name(handler) {
        return Err(CallError::NotFound(handler.to_owned()));
    }
    check_size(handler, payload)
}

fn check_size(handler: &str, payload: &Payload) -> Result<(), CallError> {
    if payload.len() <= LARGEST {
        return Ok(());
    }
    Err(CallError::Malformed {
        handler: handler.to_owned(),
        message: format!(
            "the data has {} bytes, and the bus carries at most {LARGEST}",
            payload.len()
        ),
    })
}

fn not_connected() -> CallError {
    CallError::Broker("there is no connection to the broker".to_owned())
}

fn lost(handler: &str) -> CallError {
    CallError::Lost {
        handler: handler.to_owned(),
    }
}
