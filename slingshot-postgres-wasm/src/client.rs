//! One client after its handshake: its requests in, its answers out, its turns at the session.

mod copy;

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use crate::cycle::{Answer, Cycle, End, Fault, Statements};
use crate::engine::EngineError;
use crate::server::Limits;
use crate::session::{Session, Turn, no_turn};
use crate::settings::Settings;
use crate::sql::ClientId;
use crate::wire::{self, Message, Refusal, Status};

/// Why a connection ended that did not end in order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error(transparent)]
    Connection(#[from] io::Error),
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The client was told and the connection ends.
    #[error("the client was turned away")]
    TurnedAway,
}

/// How the next message is taken.
#[derive(Debug)]
enum Mode {
    Collecting,
    /// An error ended the request early; what remains of it is dropped.
    SkippingToSync,
    /// The data of a `COPY … FROM STDIN` comes.
    Copying {
        cycle: Cycle,
        begun_by: End,
        overflowed: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Client<S> {
    id: ClientId,
    stream: S,
    session: Arc<Mutex<Session>>,
    turn: Option<Turn>,
    settings: Settings,
    /// A request of this turn may have changed them.
    settings_changed: bool,
    statements: Statements,
    cycle: Cycle,
    mode: Mode,
    limits: Limits,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn new(
        id: ClientId,
        stream: S,
        session: Arc<Mutex<Session>>,
        settings: Settings,
        limits: Limits,
    ) -> Self {
        Self {
            id,
            stream,
            session,
            turn: None,
            settings,
            settings_changed: false,
            statements: Statements::of(id),
            cycle: Cycle::default(),
            mode: Mode::Collecting,
            limits,
        }
    }

    /// Serves until the client leaves or `stop` says so. `is_alone` is asked at the end, in the turn.
    pub(crate) async fn serve(
        mut self,
        mut stop: watch::Receiver<bool>,
        is_alone: impl Fn() -> bool,
    ) -> Result<(), ClientError> {
        let ended = self.talk(&mut stop).await;
        if let Err(ClientError::Engine(error)) = ended {
            let told = Refusal::new("58000", error.to_string());
            // Gone or not, the engine's end is what there is to report.
            drop(self.send(&told.as_fatal()).await);
            return Err(error.into());
        }
        let turn = match self.turn.take() {
            Some(turn) => Some(turn),
            None if !self.statements.left_any && !is_alone() => None,
            // Names are never used twice: where the turn does not come, they cost memory only.
            None => timeout(self.limits.leave_wait, self.session.clone().lock_owned())
                .await
                .ok(),
        };
        if let Some(mut turn) = turn {
            turn.leave(self.id, is_alone()).await?;
        }
        ended
    }

    async fn talk(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), ClientError> {
        loop {
            let message = tokio::select! {
                message = wire::read_message(&mut self.stream, self.limits.request_bytes) => Some(message),
                () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
            };
            match message {
                Some(Ok(None | Some(Message { kind: b'X', .. }))) => return Ok(()),
                Some(Ok(Some(message))) => self.take(message).await?,
                Some(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    return self
                        .turn_away(&Refusal::new("54000", error.to_string()))
                        .await;
                }
                Some(Err(error)) => return Err(error.into()),
                None => {
                    let text = "the embedded database is shutting down";
                    return self.turn_away(&Refusal::new("57P01", text)).await;
                }
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), ClientError> {
        match &mut self.mode {
            Mode::Copying { .. } => self.take_copy(message).await,
            Mode::SkippingToSync if message.kind != b'S' => Ok(()),
            Mode::SkippingToSync if self.turn.is_none() => {
                self.mode = Mode::Collecting;
                self.send(&wire::ready(Status::Idle)).await
            }
            _ => {
                self.mode = Mode::Collecting;
                self.collect(message).await
            }
        }
    }

    async fn collect(&mut self, message: Message) -> Result<(), ClientError> {
        let room = self.limits.request_bytes.saturating_sub(self.cycle.len());
        if message.body.len() > room {
            let text = format!(
                "a request is larger than {} bytes",
                self.limits.request_bytes
            );
            return self.turn_away(&Refusal::new("54000", text)).await;
        }
        let ends_itself = matches!(message.kind, b'Q' | b'S');
        match self.cycle.push(message, &mut self.statements) {
            Ok(None) => Ok(()),
            Ok(Some(end)) => self.run(end).await,
            Err(Fault::Refused(refusal)) => self.refuse(&refusal, ends_itself).await,
            Err(Fault::Violated(refusal)) => self.turn_away(&refusal).await,
        }
    }

    async fn run(&mut self, end: End) -> Result<(), ClientError> {
        let cycle = std::mem::take(&mut self.cycle);
        if !self.take_turn().await? {
            return self
                .refuse(&no_turn(self.limits.turn_wait), end != End::Flush)
                .await;
        }
        if cycle.starts_copy() {
            self.start_copy(cycle, end).await
        } else {
            self.exchange(cycle).await
        }
    }

    /// `false` where another client kept the session for too long.
    async fn take_turn(&mut self) -> Result<bool, ClientError> {
        if self.turn.is_some() {
            return Ok(true);
        }
        let wait = self.session.clone().lock_owned();
        let Ok(mut turn) = timeout(self.limits.turn_wait, wait).await else {
            return Ok(false);
        };
        match turn.enter(&self.settings).await? {
            Ok(parameters) => self.stream.write_all(&parameters).await?,
            Err(error) => {
                self.send(&error).await?;
                return Err(ClientError::TurnedAway);
            }
        }
        self.turn = Some(turn);
        Ok(true)
    }

    fn turn(&mut self) -> &mut Turn {
        self.turn.as_mut().expect("a request runs in a turn")
    }

    async fn exchange(&mut self, mut cycle: Cycle) -> Result<(), ClientError> {
        self.settings_changed |= cycle.changes_settings;
        let answer = self.turn().exchange(cycle.take_bytes()).await?;
        self.deliver(cycle.answer(answer)).await
    }

    async fn deliver(&mut self, answer: Answer) -> Result<(), ClientError> {
        if answer.status.is_none() && answer.failed {
            self.mode = Mode::SkippingToSync;
        }
        if answer.status == Some(Status::Idle) {
            if std::mem::take(&mut self.settings_changed) {
                self.settings = self.turn().read_settings().await?;
            }
            // Before the write: a client that is slow to read keeps nobody waiting.
            self.turn = None;
        }
        self.send(&answer.bytes).await
    }

    async fn refuse(&mut self, refusal: &Refusal, request_ended: bool) -> Result<(), ClientError> {
        self.cycle = Cycle::default();
        let mut answer = refusal.as_error();
        if request_ended {
            let status = self
                .turn
                .as_ref()
                .map_or(Status::Idle, |turn| turn.status());
            answer.extend(wire::ready(status));
        } else {
            self.mode = Mode::SkippingToSync;
        }
        self.send(&answer).await
    }

    async fn turn_away(&mut self, refusal: &Refusal) -> Result<(), ClientError> {
        self.send(&refusal.as_fatal()).await?;
        Err(ClientError::TurnedAway)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }
}
