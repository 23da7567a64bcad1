//! What a handler may take: by type, in any order, any subset.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{
    failure::CallFailure,
    head::{RequestHead, Source},
    payload::{Json, Payload, PayloadError},
};
use crate::{Bus, Queues, SharedState, files::FileParts};

/// Everything that one call offers to a handler's function; each argument takes its part.
#[derive(Debug)]
pub struct CallParts<'a> {
    /// The data, gone once taken.
    pub(crate) payload: Option<&'a mut Payload>,
    pub(crate) source: &'a Source,
    pub(crate) head: &'a RequestHead,
    pub(crate) bus: &'a Bus,
    /// What a file function gets beside the data.
    pub(crate) file: FileParts,
}

/// A type that a handler may take.
#[diagnostic::on_unimplemented(
    message = "a handler cannot take `{Self}`",
    label = "not something that a request offers; the `T` of a `Json<T>` derives `serde::Deserialize`",
    note = "the arguments are, in any order: one of `String`, `&str`, `Json<T>`, `Bytes` and `Payload`, and `Source`, `&Bus`, `&SharedState`, `&RequestHead`, `&Queues`"
)]
pub trait HandlerArgument<'a>: Sized {
    /// Takes it from what the call offers.
    ///
    /// # Errors
    /// When the data is not of this type.
    fn take(parts: &mut CallParts<'a>) -> Result<Self, CallFailure>;
}

const TAKEN_ONCE: &str = "the macro lets one argument take the data";

impl<'a> CallParts<'a> {
    fn payload(&mut self) -> &'a mut Payload {
        self.payload.take().expect(TAKEN_ONCE)
    }
}

fn malformed(error: &PayloadError) -> CallFailure {
    CallFailure::Malformed(error.to_string())
}

#[diagnostic::do_not_recommend]
impl HandlerArgument<'_> for Payload {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        Ok(std::mem::take(parts.payload()))
    }
}

#[diagnostic::do_not_recommend]
impl HandlerArgument<'_> for String {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        let payload = std::mem::take(parts.payload());
        payload.into_text().map_err(|error| malformed(&error))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> HandlerArgument<'a> for &'a str {
    fn take(parts: &mut CallParts<'a>) -> Result<Self, CallFailure> {
        parts.payload().as_text().map_err(|error| malformed(&error))
    }
}

#[diagnostic::do_not_recommend]
impl HandlerArgument<'_> for Bytes {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        Ok(std::mem::take(parts.payload()).into_bytes())
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> HandlerArgument<'_> for Json<T> {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        let value = parts.payload().to().map_err(|error| malformed(&error))?;
        Ok(Self(value))
    }
}

#[diagnostic::do_not_recommend]
impl HandlerArgument<'_> for Source {
    fn take(parts: &mut CallParts<'_>) -> Result<Self, CallFailure> {
        Ok(parts.source.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<'a> HandlerArgument<'a> for &'a RequestHead {
    fn take(parts: &mut CallParts<'a>) -> Result<Self, CallFailure> {
        Ok(parts.head)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> HandlerArgument<'a> for &'a Bus {
    fn take(parts: &mut CallParts<'a>) -> Result<Self, CallFailure> {
        Ok(parts.bus)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> HandlerArgument<'a> for &'a SharedState {
    fn take(parts: &mut CallParts<'a>) -> Result<Self, CallFailure> {
        Ok(parts.bus.state())
    }
}

#[diagnostic::do_not_recommend]
impl<'a> HandlerArgument<'a> for &'a Queues {
    fn take(parts: &mut CallParts<'a>) -> Result<Self, CallFailure> {
        Ok(parts.bus.queues())
    }
}
