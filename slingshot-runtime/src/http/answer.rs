//! What is answered: `{"status": "ok", "message": …}`, or an error in the same form.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use hyper::{
    HeaderMap, Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{
        CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
        RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
    },
};
use tokio::time::Instant;

use super::activity::Activity;
use crate::{
    AnyError,
    handler::{CallError, Form, Payload, Reply},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// An answer that a browser shows as a page can load and do nothing.
const NO_CONTENT: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Seconds after which a client that was told to wait may ask again.
const SOON: HeaderValue = HeaderValue::from_static("1");

/// An answer.
pub(super) type Answer = Response<AnswerBody>;

/// What is sent: at once, or as it comes.
pub(super) enum AnswerBody {
    Whole(Bytes),
    Stream(
        BoxStream<'static, Result<Bytes, AnyError>>,
        Option<u64>,
        Option<ThenRests>,
    ),
}

/// A connection rests when this is dropped.
pub(super) struct ThenRests(Arc<Activity>);

impl Drop for ThenRests {
    fn drop(&mut self) {
        self.0.rests(Instant::now());
    }
}

impl AnswerBody {
    /// What comes when it comes, of this size.
    pub(super) fn stream(
        chunks: impl Stream<Item = Result<Bytes, AnyError>> + Send + 'static,
        size: Option<u64>,
    ) -> Self {
        Self::Stream(chunks.boxed(), size, None)
    }

    /// The connection rests when this is sent.
    pub(super) fn then_rests(&mut self, activity: &Arc<Activity>, now: Instant) {
        match self {
            Self::Whole(_) => activity.rests(now),
            Self::Stream(.., then) => *then = Some(ThenRests(Arc::clone(activity))),
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = AnyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnyError>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(chunks, ..) => {
                let next = std::task::ready!(chunks.poll_next_unpin(context));
                Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(_, Some(size), _) => SizeHint::with_exact(*size),
            Self::Stream(_, None, _) => SizeHint::default(),
        }
    }
}

/// A request that is refused or has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// Headers that belong to the status.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether what the client sends from here on is of no use.
    pub(super) close: bool,
}

impl Refused {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            headers: Vec::new(),
            close: false,
        }
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// The client may come again soon.
    pub(super) fn for_now(self) -> Self {
        self.with(RETRY_AFTER, SOON)
    }

    pub(super) fn answer(&self) -> Answer {
        let mut body = BytesMut::with_capacity(32 + self.message.len());
        body.put_slice(br#"{"status":"error","message":"#);
        write_text(&mut body, &self.message);
        body.put_u8(b'}');
        let mut answer = whole(self.status, JSON, body.freeze());
        let headers = answer.headers_mut();
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

impl From<&CallError> for Refused {
    fn from(error: &CallError) -> Self {
        let status = StatusCode::from_u16(error.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let refused = Self::new(status, error.to_string());
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            return refused.for_now();
        }
        refused
    }
}

/// The answer of a handler.
pub(super) fn reply(reply: Reply) -> Answer {
    let status = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::OK);
    let mut answer = match reply.payload {
        Payload(Form::Bytes(bytes)) => whole(status, BYTES, bytes),
        Payload(Form::Text(text)) => message(status, text.len(), |body| write_text(body, &text)),
        Payload(Form::Json(json)) => message(status, json.len(), |body| body.put_slice(&json)),
        Payload(Form::Empty) => message(status, 4, |body| body.put_slice(b"null")),
    };
    let headers = answer.headers_mut();
    for name in reply.headers.keys() {
        headers.remove(name);
    }
    for (name, value) in &reply.headers {
        headers.append(name, value.clone());
    }
    answer
}

/// `{"status": "ok"}` with a message of about this length.
pub(super) fn message(
    status: StatusCode,
    length: usize,
    write: impl FnOnce(&mut BytesMut),
) -> Answer {
    let mut body = BytesMut::with_capacity(32 + length);
    body.put_slice(br#"{"status":"ok","message":"#);
    write(&mut body);
    body.put_u8(b'}');
    whole(status, JSON, body.freeze())
}

fn whole(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(AnswerBody::Whole(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    secure(headers);
    answer
}

/// What every answer says to browsers and caches.
pub(super) fn secure(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(CONTENT_SECURITY_POLICY, NO_CONTENT);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
}

/// A text as JSON has it.
pub(super) fn write_text(body: &mut BytesMut, text: &str) {
    serde_json::to_writer(body.writer(), text).expect("a buffer takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(answer: Answer) -> String {
        let AnswerBody::Whole(body) = answer.into_body() else {
            panic!("a whole answer");
        };
        String::from_utf8(body.into()).expect("JSON")
    }

    #[test]
    fn a_reply_is_a_message() {
        let check = |payload: Payload, expected: &str| {
            let answer = reply(Reply {
                payload,
                ..Reply::default()
            });
            assert_eq!(text(answer), expected);
        };
        check(
            Payload::text("a \"b\"\n"),
            r#"{"status":"ok","message":"a \"b\"\n"}"#,
        );
        let numbers = Payload::json(&[1, 2]).expect("JSON");
        check(numbers, r#"{"status":"ok","message":[1,2]}"#);
        check(Payload::default(), r#"{"status":"ok","message":null}"#);
        check(Payload::bytes("as it is"), "as it is");
    }

    #[test]
    fn a_reply_s_headers_take_the_place_of_the_server_s() {
        let image = Reply::new(200, Bytes::from_static(b"GIF")).expect("a reply");
        let image = image.header("Content-Type", "image/gif").expect("a header");
        let image = image.header("set-cookie", "a=1").expect("a header");
        let answer = reply(image.header("set-cookie", "b=2").expect("a header"));
        let values = |name: &str| -> Vec<_> {
            let values = answer.headers().get_all(name).iter();
            values.map(|value| value.to_str().expect("text")).collect()
        };
        assert_eq!(values("content-type"), ["image/gif"]);
        assert_eq!(values("set-cookie"), ["a=1", "b=2"]);
        assert_eq!(values("cache-control"), ["no-store"]);
        let refused = |name: &str, value: &str| {
            let refused = Reply::default().header(name, value);
            refused.expect_err("a wrong header").to_string()
        };
        assert_eq!(
            refused("Content-Length", "7"),
            "the header `content-length` is the server's own"
        );
        assert_eq!(refused("a b", "c"), "`a b` is no name of a header");
        assert_eq!(
            refused("location", "a\r\nb"),
            "the value of the header `location` is none that a header may have"
        );
    }

    #[test]
    fn an_error_has_the_same_form() {
        let error = CallError::NotFound("x".to_owned());
        let refused = Refused::from(&error);
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert_eq!(
            text(refused.answer()),
            r#"{"status":"error","message":"Handler not found: x"}"#
        );
    }
}
