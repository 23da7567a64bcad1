//! What a scan of the source saw: the facts that rules hold against the map.

use std::time::Duration;

use crate::{
    CaseValue,
    hashing::HashSet,
    source::{Span, Spanned},
};

/// Everything that the scan of a project saw.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The functions that take messages.
    pub services: Vec<CodeService>,
    /// The functions that answer requests.
    pub handlers: Vec<CodeHandler>,
    /// What manifests say of services whose sources are here too.
    pub described: Vec<CodeService>,
    /// What the compiler will refuse, and why: the scan of that place is worth nothing.
    pub refused: Vec<Spanned<String>>,
    /// Where more may be done than the scan saw.
    pub unseen: Vec<Unseen>,
    /// Whether every annotation was seen: no file was unreadable, and no macro makes any.
    pub is_complete: bool,
}

/// A place at which the scan could not see what is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The place.
    pub at: Span,
    /// What is not seen there.
    pub what: String,
    /// The service or the handler that does it; `None` where it may be one that is not known.
    pub of: Option<String>,
    /// What makes it seen.
    pub help: String,
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
    /// Those of its cases that a build may be without.
    pub uncertain: Vec<CaseValue>,
    /// Whether `cfg` decides if it is there.
    pub is_conditional: bool,
    /// The processes that it is in; none where that is not known.
    pub processes: Vec<Process>,
    /// The keys that it gives to `read_file` or names in `reads(..)`.
    pub reads: Vec<Spanned<String>>,
    /// The keys that it gives to `write_file` or names in `writes(..)`.
    pub writes: Vec<Spanned<String>>,
    /// Those of the keys that it reads under which it reads the file of its message's own id.
    pub own_reads: Vec<Spanned<String>>,
    /// Those of the keys that it writes under which it writes the file of its message's own id.
    pub own_writes: Vec<Spanned<String>>,
    /// Where else it names one of these keys.
    pub repeats: Vec<Spanned<String>>,
    /// Whether it uses no other keys.
    pub are_keys_known: bool,
    /// The handlers that it calls.
    pub calls: Vec<BusCall>,
    /// The services that it sends ids to.
    pub sends: Vec<Spanned<String>>,
    /// What its annotation and its arguments say of how it runs.
    pub settings: CodeSettings,
}

impl CodeService {
    /// One of which nothing but its name is known.
    pub fn named(name: String, at: Span) -> Self {
        Self {
            name,
            at,
            cases: Cases::Open(Vec::new()),
            uncertain: Vec::new(),
            is_conditional: false,
            processes: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            own_reads: Vec::new(),
            own_writes: Vec::new(),
            repeats: Vec::new(),
            are_keys_known: false,
            calls: Vec::new(),
            sends: Vec::new(),
            settings: CodeSettings::default(),
        }
    }
}

/// How a function that takes messages runs, by its annotation and its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeSettings {
    /// The annotation's replicas.
    pub replicas: Option<u32>,
    /// The annotation's timeout.
    pub timeout: Option<Duration>,
    /// Whether the function takes a connection to the database.
    pub connection: bool,
    /// Whether the annotation asks for deduplication.
    pub deduplicates: bool,
}

impl CodeSettings {
    /// Whether each replica has a connection to the database: what was worked on is kept there, too.
    #[must_use]
    pub const fn database(&self) -> bool {
        self.connection || self.deduplicates
    }
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
    /// The processes that it is in; none where that is not known.
    pub processes: Vec<Process>,
    /// The handlers that it calls.
    pub calls: Vec<BusCall>,
    /// The services that it sends ids to.
    pub sends: Vec<Spanned<String>>,
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
    /// Any of these types; none where the scan could not follow the type.
    Open(Vec<Spanned<CaseType>>),
}

/// A type of any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseType {
    /// Strings.
    Text,
    /// Integers.
    Signed,
    /// Integers from 0.
    Unsigned,
}

/// Code that runs together, by a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Process {
    /// A binary, with the libraries that it uses.
    Binary(usize),
    /// A library that no binary here uses: whoever uses it may have more.
    Library(usize),
}

impl CaseType {
    /// Whether a value can be of the type.
    pub(crate) fn has(self, value: &CaseValue) -> bool {
        match (self, value) {
            (Self::Text, CaseValue::Text(_)) | (Self::Signed, CaseValue::Integer(_)) => true,
            (Self::Unsigned, CaseValue::Integer(number)) => *number >= 0,
            _ => false,
        }
    }
}

impl Code {
    /// With what manifests say of services and handlers whose sources are not here. What they say of the
    /// others is kept apart: the source knows better.
    #[must_use]
    pub fn with_manifests(mut self, manifests: impl IntoIterator<Item = Self>) -> Self {
        let names = |services: &[CodeService]| -> HashSet<String> {
            services
                .iter()
                .map(|service| service.name.clone())
                .collect()
        };
        let scanned = names(&self.services);
        let handlers: HashSet<_> = self.handlers.iter().map(|it| it.name.clone()).collect();
        for manifest in manifests {
            let (known, new): (Vec<_>, Vec<_>) = manifest
                .services
                .into_iter()
                .partition(|service| scanned.contains(&service.name));
            self.described.extend(known);
            self.services.extend(new);
            let new = manifest.handlers.into_iter();
            self.handlers
                .extend(new.filter(|it| !handlers.contains(&it.name)));
        }
        self
    }

    /// The handlers that the bus knows.
    pub(crate) fn on_bus(&self) -> impl Iterator<Item = &CodeHandler> {
        self.handlers.iter().filter(|handler| handler.is_on_bus)
    }

    /// Every call through the bus, with the name of who calls and where that runs.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&str, &[Process], &BusCall)> {
        let services = self.services.iter().flat_map(|service| {
            let calls = service.calls.iter();
            calls.map(|call| (&*service.name, &*service.processes, call))
        });
        let handlers = self.handlers.iter().flat_map(|handler| {
            let calls = handler.calls.iter();
            calls.map(|call| (&*handler.name, &*handler.processes, call))
        });
        handlers.chain(services)
    }

    /// Every service that ids are sent to, with the name of who sends.
    pub(crate) fn sends(&self) -> impl Iterator<Item = (&str, &Spanned<String>)> {
        let services = self.services.iter().flat_map(|service| {
            let sends = service.sends.iter();
            sends.map(|send| (&*service.name, send))
        });
        let handlers = self.handlers.iter().flat_map(|handler| {
            let sends = handler.sends.iter();
            sends.map(|send| (&*handler.name, send))
        });
        handlers.chain(services)
    }
}
