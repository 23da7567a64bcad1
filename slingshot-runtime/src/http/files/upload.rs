//! Whether a request is an upload, and how one ended.

use bytes::Bytes;
use hyper::{
    HeaderMap, StatusCode,
    body::Body,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::sync::oneshot;

use super::{
    arrival::{End, STALLED},
    progress::Progress,
};
use crate::{
    files::UploadError,
    handler::{CallError, Handler, Reply},
    http::{
        answer::{Answer, Refused, reply},
        media_type::is_encoded,
        request::failed,
    },
    trace::TraceId,
};

/// The body is the file, and neither a form with the file in it nor something compressed, and it is not known
/// to be too large.
pub(super) fn may_be_a_file(
    headers: &HeaderMap,
    body: &impl Body,
    limit: u64,
) -> Result<(), Refused> {
    if body.size_hint().lower() > limit {
        return Err(broken_off(&UploadError::TooLarge(limit)));
    }
    let unsupported = |message: &str| Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
    if is_encoded(headers) {
        let message = "the file is compressed by the client: send it as it is";
        return Err(unsupported(message));
    }
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let form: &[u8] = b"multipart/";
    let is_form = content_type
        .and_then(|it| it.get(..form.len()))
        .is_some_and(|it| it.eq_ignore_ascii_case(form));
    if is_form {
        let message = "the body is a form: send the file itself, as the whole body";
        return Err(unsupported(message));
    }
    Ok(())
}

/// An upload is a success once all of it has arrived and the function has returned one, and what broke it off is
/// what the client is told whatever the function made of it.
pub(super) async fn finish<B>(
    handler: &Handler,
    called: Result<Reply, CallError>,
    mut end: oneshot::Receiver<End<B>>,
    progress: &Progress,
    trace: Option<TraceId>,
) -> Result<Answer, Refused>
where
    B: Body<Data = Bytes, Error: std::error::Error + 'static> + Send + Unpin + 'static,
{
    let returned = match called {
        Ok(returned) => returned,
        Err(error) => {
            return match end.try_recv() {
                Ok(End::Broken(broken)) => Err(broken_off(&broken)),
                Ok(End::Unread(arrival)) => {
                    arrival.linger();
                    Err(failed(handler, &error, trace).closing())
                }
                Ok(End::Whole) => Err(failed(handler, &error, trace)),
                // A function on a thread of its own still has it.
                Err(_) => Err(failed(handler, &error, trace).closing()),
            };
        }
    };
    // The function may have handed the upload to somebody else.
    let end = tokio::select! {
        end = end => end.ok(),
        () = progress.stands_still(STALLED + handler.timeout) => None,
    };
    let whole = match end {
        Some(End::Whole) => Ok(()),
        Some(End::Broken(error)) => Err(error),
        Some(End::Unread(arrival)) => arrival.skip().await,
        None => Err(UploadError::Stalled(STALLED + handler.timeout)),
    };
    whole.map_err(|error| broken_off(&error))?;
    Ok(reply(returned))
}

fn broken_off(error: &UploadError) -> Refused {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Refused::new(status, error.to_string()).closing()
}
