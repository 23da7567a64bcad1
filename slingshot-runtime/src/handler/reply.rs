//! What a handler answers.

use hyper::{
    HeaderMap,
    header::{
        CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
        UPGRADE,
    },
};

use super::{
    failure::CallFailure,
    payload::{IntoPayload, Payload},
};
use crate::{AnyError, files::Download};

/// How an answer is sent, and how long it is, the server says.
const OF_THE_CONNECTION: [HeaderName; 6] = [
    CONNECTION,
    CONTENT_LENGTH,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A handler's answer: a payload, and over HTTP a status.
#[derive(Debug, Default)]
pub struct Reply {
    pub(crate) payload: Payload,
    pub(crate) status: Option<u16>,
    /// Headers of the HTTP answer.
    pub(crate) headers: HeaderMap,
    /// What a download answers with, in place of the payload.
    pub(crate) file: Option<Box<Download>>,
}

impl Reply {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status.unwrap_or(200)
    }

    pub(crate) fn of_file(file: Download) -> Self {
        Self {
            file: Some(Box::new(file)),
            ..Self::default()
        }
    }

    /// An answer with another status than 200, which only HTTP callers see: `Reply::new(201, Json(order))?`.
    ///
    /// # Errors
    /// When the data has no JSON, or the status does not lie between 200 and 299: what failed is an error,
    /// [`Refusal`](crate::Refusal), and not a reply.
    pub fn new(status: u16, data: impl IntoPayload) -> Result<Self, AnyError> {
        if !(200..300).contains(&status) {
            return Err(
                format!("{status} is no status of a reply: those lie between 200 and 299").into(),
            );
        }
        Ok(Self {
            payload: data.into_payload()?,
            status: Some(status),
            headers: HeaderMap::new(),
            file: None,
        })
    }

    /// With a header, which only HTTP callers see: `Reply::new(201, ())?.header("location", "/orders/7")?`. It takes the
    /// place of what the server would say, as of the `content-type` of bytes.
    ///
    /// # Errors
    /// When name or value are none that a header may have, or the header is the connection's own.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, AnyError> {
        let name =
            HeaderName::try_from(name).map_err(|_| format!("`{name}` is no name of a header"))?;
        if OF_THE_CONNECTION.contains(&name) {
            return Err(format!("the header `{name}` is the server's own").into());
        }
        let value = HeaderValue::try_from(value).map_err(|_| {
            format!("the value of the header `{name}` is none that a header may have")
        })?;
        self.headers.append(name, value);
        Ok(self)
    }
}

/// What a handler may return: everything that can be sent to one, and a [`Reply`]; each bare or in a `Result`.
#[diagnostic::on_unimplemented(
    message = "a handler cannot answer `{Self}`",
    label = "expected `String`, `&'static str`, `Json<T>`, `Bytes`, `()`, `Payload` or `Reply`, bare or in a `Result` with a `std::error::Error`; the `T` of a `Json<T>` derives `serde::Serialize`"
)]
pub trait IntoReply {
    /// Makes a reply of it.
    ///
    /// # Errors
    /// When it has no JSON.
    fn into_reply(self) -> Result<Reply, AnyError>;
}

#[diagnostic::do_not_recommend]
impl<T: IntoPayload> IntoReply for T {
    fn into_reply(self) -> Result<Reply, AnyError> {
        Ok(Reply {
            payload: self.into_payload()?,
            status: None,
            headers: HeaderMap::new(),
            file: None,
        })
    }
}

#[diagnostic::do_not_recommend]
impl IntoReply for Reply {
    fn into_reply(self) -> Result<Reply, AnyError> {
        Ok(self)
    }
}

/// How a call of a handler's function ended.
pub type HandlerOutcome = Result<Reply, CallFailure>;

/// What generated code makes of a function's result.
#[diagnostic::on_unimplemented(
    message = "a handler cannot answer `{Self}`",
    label = "expected `String`, `&'static str`, `Json<T>`, `Bytes`, `()`, `Payload` or `Reply`, bare or in a `Result` with a `std::error::Error`; the `T` of a `Json<T>` derives `serde::Serialize`"
)]
pub trait HandlerReturns {
    /// The reply, or why there is none.
    ///
    /// # Errors
    /// What the function returned as one, and a value that has no JSON.
    fn outcome(self) -> HandlerOutcome;
}

#[diagnostic::do_not_recommend]
impl<T: IntoReply> HandlerReturns for T {
    fn outcome(self) -> HandlerOutcome {
        self.into_reply().map_err(CallFailure::Failed)
    }
}

#[diagnostic::do_not_recommend]
impl<T: IntoReply, E: Into<AnyError>> HandlerReturns for Result<T, E> {
    fn outcome(self) -> HandlerOutcome {
        self.map_err(|error| CallFailure::Failed(error.into()))?
            .outcome()
    }
}
