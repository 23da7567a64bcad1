//! The body of an upload, as it arrives.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, stream};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::{runtime::Handle, sync::oneshot, time::timeout};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};

use super::progress::Progress;
use crate::{error::last_cause, files::UploadError};

/// How long a client may send nothing.
pub(super) const STALLED: Duration = Duration::from_secs(30);

/// How much of a refused upload is still read, and for how long: a connection that is closed before the client has
/// sent it all is reset, and with it goes the answer that says why.
const UNREAD: usize = 8 * 1024 * 1024;
const UNREAD_TIME: Duration = Duration::from_secs(2);

/// What a client may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most bytes of a file.
    pub(super) size: u64,
    /// How long it may send nothing.
    pub(super) stalled: Duration,
}

/// A body on its way to a function.
#[derive(Debug)]
pub(super) struct Arrival<B> {
    body: B,
    limits: Limits,
    received: u64,
    progress: Arc<Progress>,
    /// The process does not wait any longer.
    cut: CancellationToken,
    ended: Option<Result<(), UploadError>>,
    /// The request is open for as long as anybody reads.
    _open: TaskTrackerToken,
}

/// How far a body has come when nobody reads it any more.
#[derive(Debug)]
pub(super) enum End<B> {
    Whole,
    Broken(UploadError),
    Unread(Box<Arrival<B>>),
}

impl<B> Arrival<B>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Send + Unpin + 'static,
{
    pub(super) fn new(
        body: B,
        limits: Limits,
        progress: Arc<Progress>,
        cut: CancellationToken,
        open: TaskTrackerToken,
    ) -> Self {
        Self {
            body,
            limits,
            received: 0,
            progress,
            cut,
            ended: None,
            _open: open,
        }
    }

    /// The stream that the function reads, and what tells how far it has read once it is dropped.
    pub(super) fn lend(
        self,
    ) -> (
        impl Stream<Item = Result<Bytes, UploadError>> + Send + use<B>,
        oneshot::Receiver<End<B>>,
    ) {
        let (given_back, end) = oneshot::channel();
        let lent = Lent {
            arrival: Some(self),
            given_back: Some(given_back),
        };
        let chunks = stream::unfold(lent, async |mut lent| {
            let chunk = lent.arrival.as_mut()?.next().await?;
            Some((chunk, lent))
        });
        (chunks, end)
    }

    async fn next(&mut self) -> Option<Result<Bytes, UploadError>> {
        if let Some(ended) = &self.ended {
            return ended.clone().err().map(Err);
        }
        let chunk = if self.cut.is_cancelled() {
            Err(UploadError::Draining)
        } else if let Some(chunk) = self.data().now_or_never() {
            // What is there already needs no clock.
            chunk
        } else {
            let (cut, stalled) = (self.cut.clone(), self.limits.stalled);
            tokio::select! {
                chunk = timeout(stalled, self.data()) => {
                    chunk.unwrap_or(Err(UploadError::Stalled(stalled)))
                }
                () = cut.cancelled() => Err(UploadError::Draining),
            }
        };
        self.progress.moved();
        self.ended = match &chunk {
            Ok(Some(_)) => None,
            Ok(None) => Some(Ok(())),
            Err(error) => Some(Err(error.clone())),
        };
        chunk.transpose()
    }

    /// The next bytes; trailers are nobody's.
    async fn data(&mut self) -> Result<Option<Bytes>, UploadError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                // The body's own error says that there was one; its cause says which.
                UploadError::Truncated(last_cause(&error).to_string())
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.received += data.len() as u64;
            if self.received > self.limits.size {
                return Err(UploadError::TooLarge(self.limits.size));
            }
            return Ok(Some(data));
        }
        Ok(None)
    }

    /// Reads what the function did not want to.
    pub(super) async fn skip(mut self) -> Result<(), UploadError> {
        while let Some(Ok(_)) = self.next().await {}
        match self.end() {
            End::Broken(error) => Err(error),
            End::Whole | End::Unread(_) => Ok(()),
        }
    }

    fn end(self) -> End<B> {
        match self.ended {
            Some(Ok(())) => End::Whole,
            Some(Err(error)) => {
                linger(self.body);
                End::Broken(error)
            }
            None => End::Unread(Box::new(self)),
        }
    }

    /// Reads on for a while, so that the client can read its answer.
    pub(super) fn linger(self) {
        linger(self.body);
    }
}

/// Reads of a body that is of no use for a while, so that the client can read its answer.
pub(super) fn linger(mut body: impl Body<Data = Bytes> + Send + Unpin + 'static) {
    let reading = async move {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > UNREAD {
                break;
            }
        }
    };
    // A thread of a function's own may have been the last to have it.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(timeout(UNREAD_TIME, reading));
    }
}

/// Given back when it is dropped.
struct Lent<B>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Send + Unpin + 'static,
{
    arrival: Option<Arrival<B>>,
    given_back: Option<oneshot::Sender<End<B>>>,
}

impl<B> Drop for Lent<B>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Send + Unpin + 'static,
{
    fn drop(&mut self) {
        if let (Some(arrival), Some(to)) = (self.arrival.take(), self.given_back.take()) {
            // Nobody waits for it when the call has failed already.
            drop(to.send(arrival.end()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::{StreamExt as _, TryStreamExt as _};
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use tokio_util::task::TaskTracker;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    type Chunk = Result<&'static str, &'static str>;

    /// A body of these chunks, which then does not end.
    fn arrival(
        chunks: &[Chunk],
        cut: &CancellationToken,
    ) -> Arrival<impl Body<Data = Bytes, Error = io::Error> + Send + Unpin + use<>> {
        let chunks: Vec<Chunk> = chunks.to_vec();
        let chunks = chunks.into_iter().map(|chunk| {
            let data = chunk.map(|text| Frame::data(Bytes::from(text)));
            data.map_err(io::Error::other)
        });
        let body = StreamBody::new(stream::iter(chunks).chain(stream::pending()));
        Arrival::new(
            body,
            Limits {
                size: 6,
                stalled: SOON,
            },
            Arc::new(Progress::begin()),
            cut.clone(),
            TaskTracker::new().token(),
        )
    }

    #[tokio::test]
    async fn what_breaks_an_upload_is_told_to_who_reads_and_to_who_answers() {
        let check = async |chunks: &[Chunk], cut: bool, expected: UploadError| {
            let token = CancellationToken::new();
            if cut {
                token.cancel();
            }
            let (chunks, end) = arrival(chunks, &token).lend();
            let read: Result<Vec<_>, _> = chunks.try_collect().await;
            assert_eq!(read, Err(expected.clone()));
            let Ok(End::Broken(error)) = end.await else {
                panic!("it is broken");
            };
            assert_eq!(error, expected);
        };
        let truncated = UploadError::Truncated("reset".to_owned());
        check(&[Ok("abc"), Err("reset")], false, truncated).await;
        check(&[Ok("abc"), Ok("defg")], false, UploadError::TooLarge(6)).await;
        check(&[Ok("abc")], false, UploadError::Stalled(SOON)).await;
        check(&[Ok("abc")], true, UploadError::Draining).await;
    }

    #[tokio::test]
    async fn what_a_function_did_not_read_is_still_waited_for() {
        let token = CancellationToken::new();
        let (chunks, end) = arrival(&[Ok("abc"), Ok("d"), Err("reset")], &token).lend();
        let mut chunks = Box::pin(chunks);
        assert_eq!(chunks.next().await, Some(Ok(Bytes::from("abc"))));
        drop(chunks);
        let Ok(End::Unread(rest)) = end.await else {
            panic!("there is more");
        };
        let error = rest.skip().await.expect_err("the client left");
        assert_eq!(error, UploadError::Truncated("reset".to_owned()));
    }
}
