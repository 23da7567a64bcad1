//! The bytes of a file, on their way to a client.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::task_tracker::TaskTrackerToken,
};

use super::{
    super::activity::{Activity, Ending},
    progress::Progress,
};
use crate::{AnyError, files::Chunks, handler::Occupied, trace::TraceId};

/// How long a client may read nothing.
pub(super) const STALLED: Duration = Duration::from_mins(1);

/// Who a file is sent to.
#[derive(Debug)]
pub(super) struct Recipient {
    /// The client's connection.
    pub(super) activity: Arc<Activity>,
    /// The request is open until this is dropped.
    pub(super) open: TaskTrackerToken,
    /// The handler that gives the file.
    pub(super) handler: Arc<str>,
    pub(super) trace: Option<TraceId>,
}

/// A file that is being sent. The request is open and its replica busy until it is dropped.
pub(super) struct Sending {
    chunks: Chunks,
    /// How many bytes are to come, where that is known.
    left: Option<u64>,
    progress: Arc<Progress>,
    handler: Arc<str>,
    trace: Option<TraceId>,
    _sent: DropGuard,
    _open: TaskTrackerToken,
    _replica: Option<Occupied>,
}

impl Sending {
    /// Sends; who reads nothing for as long as `stalled` is hung up on.
    pub(super) fn begin(
        chunks: Chunks,
        size: Option<u64>,
        recipient: Recipient,
        stalled: Duration,
        replica: Option<Occupied>,
    ) -> Self {
        let Recipient {
            activity,
            open,
            handler,
            trace,
        } = recipient;
        let progress = Arc::new(Progress::begin());
        let sent = CancellationToken::new();
        tokio::spawn({
            let (progress, sent) = (Arc::clone(&progress), sent.clone());
            async move {
                tokio::select! {
                    () = sent.cancelled() => {}
                    () = progress.stands_still(stalled) => activity.end(Ending::HangUp),
                }
            }
        });
        Self {
            chunks,
            left: size,
            progress,
            handler,
            trace,
            _sent: sent.drop_guard(),
            _open: open,
            _replica: replica,
        }
    }

    /// No more and no fewer than were promised.
    fn counted(
        &mut self,
        chunk: Option<Result<Bytes, AnyError>>,
    ) -> Option<Result<Bytes, AnyError>> {
        let Some(left) = &mut self.left else {
            return chunk;
        };
        match chunk {
            Some(Ok(mut chunk)) => {
                if let Ok(left) = usize::try_from(*left) {
                    chunk.truncate(left);
                }
                *left -= chunk.len() as u64;
                Some(Ok(chunk))
            }
            None if *left > 0 => Some(Err(format!("it ends {left} bytes too early").into())),
            ended => ended,
        }
    }
}

impl Stream for Sending {
    type Item = Result<Bytes, AnyError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, AnyError>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        // While the file is waited for, nothing is the client's fault.
        self.progress.stop();
        let chunk = ready!(self.chunks.poll_next_unpin(context));
        self.progress.moved();
        let chunk = self.counted(chunk);
        if let Some(Err(error)) = &chunk {
            tracing::warn!(
                handler = &*self.handler,
                trace_id = self.trace.map(tracing::field::display),
                %error,
                "a download broke off"
            );
        }
        Poll::Ready(chunk)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, TryStreamExt as _, stream};
    use tokio::{
        sync::oneshot,
        time::{Instant, timeout},
    };
    use tokio_util::task::TaskTracker;

    use super::*;

    const SOON: Duration = Duration::from_millis(40);

    fn sending(
        chunks: Chunks,
        size: Option<u64>,
    ) -> (Sending, oneshot::Receiver<Ending>, TaskTracker) {
        let ((activity, ended), open) = (Activity::new(), TaskTracker::new());
        let recipient = Recipient {
            activity: activity.into(),
            open: open.token(),
            handler: "give".into(),
            trace: None,
        };
        let sending = Sending::begin(chunks, size, recipient, SOON, None);
        (sending, ended, open)
    }

    fn chunks(content: &'static [u8]) -> Chunks {
        let chunks = content.chunks(2).map(|chunk| Ok(Bytes::from_static(chunk)));
        stream::iter(chunks).boxed()
    }

    #[tokio::test]
    async fn a_file_is_as_long_as_it_said_or_an_error() {
        let check = async |content: &'static [u8], size, expected: Result<&[u8], &str>| {
            let (sending, ..) = sending(chunks(content), size);
            let sent: Result<Vec<Bytes>, AnyError> = sending.try_collect().await;
            let sent = sent.map(|chunks| chunks.concat());
            let sent = sent.map_err(|error| error.to_string());
            assert_eq!(sent.as_deref().map_err(String::as_str), expected);
        };
        check(b"abcde", None, Ok(b"abcde")).await;
        check(b"abcde", Some(5), Ok(b"abcde")).await;
        check(b"abcde", Some(3), Ok(b"abc")).await;
        check(b"abcde", Some(7), Err("it ends 2 bytes too early")).await;
        check(b"", Some(0), Ok(b"")).await;
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_hung_up_on() {
        let (mut sending, ended, open) = sending(chunks(b"abcde"), None);
        assert!(sending.next().await.is_some());
        let begun = Instant::now();
        assert_eq!(ended.await, Ok(Ending::HangUp));
        assert!(begun.elapsed() >= SOON / 2);
        open.close();
        assert!(open.wait().now_or_never().is_none(), "it is still open");
        drop(sending);
        open.wait().await;
    }

    #[tokio::test]
    async fn one_that_waits_for_the_file_is_not() {
        let (mut sending, mut ended, _open) = sending(stream::pending().boxed(), None);
        assert!(timeout(SOON * 3, sending.next()).await.is_err());
        assert!(ended.try_recv().is_err());
    }
}
