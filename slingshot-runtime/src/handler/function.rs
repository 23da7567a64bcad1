//! A handler's function behind a pointer.

use std::{fmt, sync::Arc};

use super::{
    argument::CallParts,
    registration::{HandlerCall, ReplyFuture},
    reply::HandlerOutcome,
};

/// A function, ready to be called from anywhere.
#[derive(Clone)]
pub enum HandlerFunction {
    /// On a thread that may block.
    Sync(Arc<dyn Fn(CallParts<'_>) -> HandlerOutcome + Send + Sync>),
    /// Where its caller is.
    Async(Arc<dyn for<'a> Fn(CallParts<'a>) -> ReplyFuture<'a> + Send + Sync>),
}

impl From<HandlerCall> for HandlerFunction {
    fn from(call: HandlerCall) -> Self {
        match call {
            HandlerCall::Sync(function) => Self::Sync(Arc::new(function)),
            HandlerCall::Async(function) => Self::Async(Arc::new(function)),
        }
    }
}

impl fmt::Debug for HandlerFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync(_) => "Sync(..)",
            Self::Async(_) => "Async(..)",
        })
    }
}
