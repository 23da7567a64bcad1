//! The one `PostgreSQL` backend behind all clients, as a trait, and the thread that it lives on.

use std::fmt;

use tokio::sync::{mpsc, oneshot};

/// A backend that takes protocol messages and gives back what they cause.
///
/// It is created, used and dropped on one thread.
pub trait Engine {
    /// Runs `request`: whole frontend messages of which the last is a `Query`, `FunctionCall`, `Sync`
    /// or `Flush` (or the `CopyDone`/`CopyFail` that ends a `COPY` of the same request). Returns every
    /// message that the backend answers, `ReadyForQuery` included where it sends one.
    ///
    /// # Errors
    /// Only where the backend is gone: what a statement does wrong is part of the answer.
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, EngineError>;

    /// Stops the backend, with everything committed on disk.
    ///
    /// # Errors
    /// Where the backend did not stop in order; its files recover at the next start.
    fn close(&mut self) -> Result<(), EngineError>;
}

/// The backend could not start, stopped working, or did not stop in order.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database engine {doing}: {reason}")]
pub struct EngineError {
    doing: &'static str,
    reason: String,
}

impl EngineError {
    /// The engine did not start.
    pub fn start(reason: impl fmt::Display) -> Self {
        Self {
            doing: "did not start",
            reason: reason.to_string(),
        }
    }

    /// The engine broke while it worked.
    pub fn work(reason: impl fmt::Display) -> Self {
        Self {
            doing: "stopped",
            reason: reason.to_string(),
        }
    }

    /// The engine did not close in order.
    pub fn close(reason: impl fmt::Display) -> Self {
        Self {
            doing: "did not close in order",
            reason: reason.to_string(),
        }
    }
}

struct Request {
    bytes: Vec<u8>,
    answer: oneshot::Sender<Result<Vec<u8>, EngineError>>,
}

/// `PostgreSQL` as wasm recurses on the host's stack; the default 2 MiB are too few for deep queries.
const STACK_BYTES: usize = 64 << 20;

/// Hands requests to the engine's thread. When the last one is dropped, the engine closes.
#[derive(Debug)]
pub(crate) struct EngineHandle {
    requests: mpsc::Sender<Request>,
}

/// Resolves when the engine has closed.
#[derive(Debug)]
pub(crate) struct EngineEnd(oneshot::Receiver<Result<(), EngineError>>);

impl EngineHandle {
    /// Opens an engine on a thread of its own.
    pub(crate) async fn start<E: Engine>(
        open: impl FnOnce() -> Result<E, EngineError> + Send + 'static,
    ) -> Result<(Self, EngineEnd), EngineError> {
        // One place: only the holder of the turn sends, and it waits for the answer.
        let (requests, mut inbox) = mpsc::channel::<Request>(1);
        let (opened, is_open) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        let work = move || {
            let mut engine = match open() {
                Ok(engine) => engine,
                Err(error) => return drop(opened.send(Err(error))),
            };
            drop(opened.send(Ok(())));
            while let Some(Request { bytes, answer }) = inbox.blocking_recv() {
                // A client that left while its statement ran no longer wants the answer.
                drop(answer.send(engine.exchange(&bytes)));
            }
            drop(ended.send(engine.close()));
        };
        std::thread::Builder::new()
            .name("engine".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(work)
            .map_err(EngineError::start)?;
        is_open
            .await
            .map_err(|_| EngineError::start("its thread panicked"))??;
        Ok((Self { requests }, EngineEnd(end)))
    }

    pub(crate) async fn exchange(&self, bytes: Vec<u8>) -> Result<Vec<u8>, EngineError> {
        let (answer, answered) = oneshot::channel();
        let gone = || EngineError::work("its thread is gone");
        self.requests
            .send(Request { bytes, answer })
            .await
            .map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl EngineEnd {
    pub(crate) async fn wait(self) -> Result<(), EngineError> {
        self.0
            .await
            .map_err(|_| EngineError::close("its thread panicked"))?
    }
}
