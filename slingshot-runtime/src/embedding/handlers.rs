//! Handlers of another language, and what their functions work with.

use std::{any::Any, fmt, time::Duration};

use tokio::runtime::Handle;

use crate::{
    Bus, Payload, Queues, RequestHead, SharedState, Source, StateError,
    handler::{CallParts, Form, HandlerDefinition, HandlerFunction, HandlerKind, HandlerSettings},
    rehearsal,
    service::Source as Place,
};

/// A handler of another language.
#[derive(Clone)]
pub struct EmbeddedHandler {
    /// Its name.
    pub name: String,
    /// How it runs.
    pub settings: HandlerSettings,
    /// The file that its function is in.
    pub file: String,
    /// The function's line there, from 1.
    pub line: u32,
    /// The function.
    pub function: HandlerFunction,
}

impl EmbeddedHandler {
    fn into_definition(self) -> HandlerDefinition {
        HandlerDefinition {
            name: self.name,
            kind: HandlerKind::Request,
            settings: self.settings,
            source: Place {
                file: self.file.into(),
                line: self.line,
                column: 1,
            },
            function: self.function,
        }
    }
}

impl fmt::Debug for EmbeddedHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedHandler")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

pub(super) fn definitions(handlers: Vec<EmbeddedHandler>) -> Vec<HandlerDefinition> {
    HandlerDefinition::in_order(handlers.into_iter().map(EmbeddedHandler::into_definition))
}

/// What one call offers to a handler's function, for one that is called elsewhere.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The data.
    pub payload: Payload,
    /// Who sent it.
    pub source: Source,
    /// The HTTP request's head; empty where it was not asked for.
    pub head: RequestHead,
    /// The bus, as this call sees it.
    pub bus: Bus,
}

impl Offered {
    /// Takes it from a call.
    pub fn by(parts: CallParts<'_>, with_head: bool) -> Self {
        let head = if with_head {
            parts.head.clone()
        } else {
            RequestHead::default()
        };
        Self {
            payload: parts.payload.map(std::mem::take).unwrap_or_default(),
            source: parts.source.clone(),
            head,
            bus: parts.bus.clone(),
        }
    }
}

impl From<Form> for Payload {
    fn from(form: Form) -> Self {
        Self(form)
    }
}

impl From<Payload> for Form {
    fn from(payload: Payload) -> Self {
        payload.0
    }
}

/// Where what a bus is used for runs, for who is on no thread of the runtime's.
pub fn runtime_of(bus: &Bus) -> &Handle {
    bus.runtime()
}

/// What all share who have a bus of this process.
pub fn state_of(bus: &Bus) -> SharedState {
    bus.state().clone()
}

/// The queues, within the trace of the call that the bus belongs to.
pub fn queues_of(bus: &Bus) -> Queues {
    bus.queues().clone()
}

/// A bus for who needs an answer within so long.
pub fn sooner(bus: Bus, within: Duration) -> Bus {
    bus.sooner(within)
}

/// Puts a value of a shared state in the place of what is there, or takes it away, if what is there is what it is
/// taken for; says whether it was.
///
/// # Errors
/// [`StateError::WrongType`].
pub fn exchange<T: Any + Clone + Send + Sync>(
    state: &SharedState,
    name: &str,
    is_expected: impl Fn(Option<&T>) -> bool,
    next: Option<&T>,
) -> Result<bool, StateError> {
    state.exchange(name, is_expected, next)
}

/// A bus that knows these handlers, for tests: they run on threads of the runtime's, and nothing is sent to queues.
pub fn rehearse(handlers: Vec<EmbeddedHandler>, state: &SharedState, runtime: &Handle) -> Bus {
    let _entered = runtime.enter();
    rehearsal::bus_of(definitions(handlers), state)
}
