//! What a scan of the source saw: the facts that rules hold against the map.

use std::time::Duration;

use crate::{
    CaseValue,
    source::{Span, Spanned},
};

/// Everything that the scan of a project saw.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The functions that take messages.
    pub services: Vec<CodeService>,
    /// The functions that answer requests.
    pub handlers: Vec<CodeHandler>,
    /// Whether every annotation was seen: no file was unreadable, and no macro makes any.
    pub is_complete: bool,
}

/// One function that takes messages.
#[derive(Clone, Debug)]
pub struct CodeService {
    /// The service's name.
    pub name: String,
    /// The name in the annotation, or the function's name where the annotation has none.
    pub at: Span,
    /// The cases of its return type.
    pub cases: Cases,
    /// The keys that it gives to `read_file` or names in `reads(..)`.
    pub reads: Vec<Spanned<String>>,
    /// The keys that it gives to `write_file` or names in `writes(..)`.
    pub writes: Vec<Spanned<String>>,
    /// The handlers that it calls.
    pub calls: Vec<BusCall>,
    /// What its annotation and its arguments say of how it runs.
    pub settings: CodeSettings,
}

/// How a function that takes messages runs, by its annotation and its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeSettings {
    /// The annotation's replicas.
    pub replicas: Option<u32>,
    /// The annotation's timeout.
    pub timeout: Option<Duration>,
    /// Whether each replica has a connection to the database.
    pub database: bool,
}

/// One function that answers requests.
#[derive(Clone, Debug)]
pub struct CodeHandler {
    /// The handler's name.
    pub name: String,
    /// The name in the annotation, or the function's name where the annotation has none.
    pub at: Span,
    /// Whether its name is what the bus calls; a function of files is called by its path.
    pub is_on_bus: bool,
    /// Whether `cfg` decides if it is there.
    pub is_conditional: bool,
    /// The handlers that it calls.
    pub calls: Vec<BusCall>,
}

/// A call through the bus.
#[derive(Clone, Debug)]
pub struct BusCall {
    /// The handler that is called, where the code says it.
    pub handler: Spanned<String>,
    /// Whether the caller waits for the reply.
    pub awaits: bool,
}

/// Which cases a function can return.
#[derive(Clone, Debug)]
pub enum Cases {
    /// Exactly these, each where its type declares it (a variant; the return type for `bool`).
    Closed(Vec<Spanned<CaseValue>>),
    /// Any: strings, integers, or a type that the scan could not follow.
    Open,
}

impl Code {
    /// The handlers that the bus knows.
    pub(crate) fn on_bus(&self) -> impl Iterator<Item = &CodeHandler> {
        self.handlers.iter().filter(|handler| handler.is_on_bus)
    }

    /// Every call through the bus, with the name of who calls.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&str, &BusCall)> {
        let services = self.services.iter().flat_map(|service| {
            let calls = service.calls.iter();
            calls.map(|call| (&*service.name, call))
        });
        let handlers = self.handlers.iter().flat_map(|handler| {
            let calls = handler.calls.iter();
            calls.map(|call| (&*handler.name, call))
        });
        handlers.chain(services)
    }
}
