//! A type that is a handler.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::io::AsyncRead;

use super::SharedState;
use crate::{
    AnyError, Download, FileId, Upload, UploadError,
    files::download_outcome,
    handler::{CallFailure, CallParts, HandlerArgument, HandlerKind, HandlerReturns, ReplyFuture},
    multibus::MultiBus,
};

/// A handler: what it does with a request, and with the requests for files.
#[expect(clippy::too_many_arguments, reason = "the predecessor's signatures")]
#[async_trait]
pub trait Base {
    /// Answers a request: `POST /{name}`, or a call over the bus.
    async fn run(
        &self,
        _src: String,
        _data: String,
        _communication_line: Arc<MultiBus>,
        _shared_state: Arc<SharedState>,
    ) -> Result<String, AnyError> {
        Err("run() not implemented for this handler".into())
    }

    /// Takes a file: `POST /stream/upload/{file_name}`. A file that breaks off is answered as an error, whatever
    /// this returns.
    async fn run_stream(
        &self,
        _src: String,
        _stream: Pin<Box<dyn Stream<Item = Bytes> + Send>>,
        _file_name: String,
        _approx_size: usize,
        _communication_line: Arc<MultiBus>,
        _shared_state: Arc<SharedState>,
    ) -> Result<String, AnyError> {
        Err("run_stream() not implemented for this handler".into())
    }

    /// Gives a file and its size: `GET /stream/download/{file_id}`.
    async fn run_file(
        &self,
        _src: String,
        _filename: String,
        _communication_line: Arc<MultiBus>,
        _shared_state: Arc<SharedState>,
    ) -> Result<(Box<dyn AsyncRead + Send + Unpin>, u64), AnyError> {
        Err("run_file() not implemented for this handler".into())
    }

    /// Tells of a file: `GET /stream/metadata/{file_id}`.
    async fn run_metadata(
        &self,
        _src: String,
        _filename: String,
        _communication_line: Arc<MultiBus>,
        _shared_state: Arc<SharedState>,
    ) -> Result<String, AnyError> {
        Err("run_metadata() not implemented for this handler".into())
    }

    /// Calls another handler and waits for its reply. The bus knows who calls: `_src` is what the predecessor asked
    /// for.
    async fn publish(
        &self,
        message: String,
        _src: String,
        to: String,
        communication_line: Arc<MultiBus>,
    ) -> Result<String, AnyError> {
        Ok(communication_line.bus().publish(&to, message).await?.into())
    }

    /// Hands a message to another handler and does not wait for its reply.
    async fn dispatch(
        &self,
        message: String,
        to: String,
        communication_line: Arc<MultiBus>,
    ) -> Result<(), AnyError> {
        Ok(communication_line.bus().dispatch(&to, message).await?)
    }

    /// Makes the handler, once.
    fn new() -> Self
    where
        Self: Sized;
}

/// A call of the method that the kind of the handler asks for.
pub(super) fn called<H: Base + Send + Sync + 'static>(
    handler: Arc<H>,
    kind: HandlerKind,
    mut parts: CallParts<'_>,
) -> ReplyFuture<'_> {
    Box::pin(async move {
        let parts = &mut parts;
        let source = parts.source.to_string();
        let line = Arc::new(MultiBus::over(parts.bus.clone()));
        let state = Arc::new(SharedState::over(parts.bus.state().clone()));
        match kind {
            HandlerKind::Request => {
                let data = HandlerArgument::take(parts)?;
                handler.run(source, data, line, state).await.outcome()
            }
            HandlerKind::Upload => {
                let (file, broken) = stream_of(HandlerArgument::take(parts)?);
                let File { name, size, chunks } = file;
                let answer = handler.run_stream(source, chunks, name, size, line, state);
                let answer = answer.await;
                match broken.take() {
                    Some(error) => Err(CallFailure::Failed(error.into())),
                    None => answer.outcome(),
                }
            }
            HandlerKind::Download => {
                let id: FileId = HandlerArgument::take(parts)?;
                let file = handler.run_file(source, id.to_string(), line, state).await;
                download_outcome(file.map(|(content, size)| Download::new(content).size(size)))
            }
            HandlerKind::Metadata => {
                let id: FileId = HandlerArgument::take(parts)?;
                let told = handler
                    .run_metadata(source, id.to_string(), line, state)
                    .await;
                told.outcome()
            }
        }
    })
}

/// An upload as the predecessor's handlers take it.
struct File {
    name: String,
    size: usize,
    chunks: Pin<Box<dyn Stream<Item = Bytes> + Send>>,
}

/// Why an upload broke off: its stream of chunks just ends.
#[derive(Clone, Default)]
struct Broken(Arc<Mutex<Option<UploadError>>>);

impl Broken {
    fn take(&self) -> Option<UploadError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn stream_of(upload: Upload) -> (File, Broken) {
    let broken = Broken::default();
    let noted = broken.clone();
    let (name, size) = (upload.name().to_string(), upload.size().unwrap_or(0));
    let chunks = stream::unfold((upload, noted), |(mut upload, noted)| async move {
        match upload.chunk().await {
            Ok(chunk) => Some((chunk?, (upload, noted))),
            Err(error) => {
                *noted.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            }
        }
    });
    let file = File {
        name,
        size: usize::try_from(size).unwrap_or(usize::MAX),
        chunks: Box::pin(chunks),
    };
    (file, broken)
}
