//! What the annotation of a handler leaves in the binary.

use std::{pin::Pin, time::Duration};

use serde::Serialize;

use super::{HandlerDefinition, argument::CallParts, reply::HandlerOutcome};
use crate::registration::SourceLocation;

/// One annotated function. The macro submits it; [`run`](crate::run) finds it.
#[derive(Debug)]
pub struct HandlerRegistration {
    /// The handler's name: the last part of its address, and what the bus knows it by.
    pub name: &'static str,
    /// What it is called for.
    pub kind: HandlerKind,
    /// The annotation's other words.
    pub settings: HandlerSettings,
    /// Where the function stands.
    pub source: SourceLocation,
    /// The function.
    pub call: HandlerCall,
}

inventory::collect!(HandlerRegistration);

/// What a handler is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HandlerKind {
    /// `POST /{name}`, and calls over the bus.
    Request,
    /// `POST /stream/upload/{file_name}`.
    Upload,
    /// `GET /stream/download/{file_id}`.
    Download,
    /// `GET /stream/metadata/{file_id}`.
    Metadata,
}

/// The words of an annotation that tune how a handler runs. `None` leaves it to the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct HandlerSettings {
    /// How many calls run at once. Default 1.
    pub replicas: Option<u32>,
    /// How many calls may wait for a replica. Default 1,000.
    pub queue: Option<u32>,
    /// How long one call may take, with its wait in the line. Default 30 seconds.
    pub timeout: Option<Duration>,
}

impl HandlerSettings {
    /// An annotation without any of the words.
    pub const NONE: Self = Self {
        replicas: None,
        queue: None,
        timeout: None,
    };
}

/// How to call the function.
#[derive(Clone, Copy, Debug)]
pub enum HandlerCall {
    /// On a thread that may block.
    Sync(for<'a> fn(CallParts<'a>) -> HandlerOutcome),
    /// Where the request is read.
    Async(for<'a> fn(CallParts<'a>) -> ReplyFuture<'a>),
}

/// The boxed future of an `async` function.
pub type ReplyFuture<'a> = Pin<Box<dyn Future<Output = HandlerOutcome> + Send + 'a>>;

impl HandlerDefinition {
    /// The annotated functions of this binary, by kind and name: the linker keeps no order.
    pub(crate) fn registered() -> Vec<Self> {
        let registrations = inventory::iter::<HandlerRegistration>();
        Self::in_order(registrations.map(Self::of))
    }

    /// By kind and name.
    pub(crate) fn in_order(definitions: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut definitions: Vec<_> = definitions.into_iter().collect();
        definitions.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        definitions
    }

    fn of(registration: &HandlerRegistration) -> Self {
        Self {
            name: registration.name.to_owned(),
            kind: registration.kind,
            settings: registration.settings,
            source: registration.source.into(),
            function: registration.call.into(),
        }
    }
}
