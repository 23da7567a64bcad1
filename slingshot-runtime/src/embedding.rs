//! What a binding for another language drives: services and handlers whose functions are known at run time only.
//!
//! The binding says what each function needs and how to call it; what becomes of a message or a request, it does not decide.

mod handlers;
mod lifeline;

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

pub use handlers::{
    EmbeddedHandler, Offered, exchange, queues_of, rehearse, runtime_of, sooner, state_of,
};
pub use lifeline::Lifeline;
pub use slingshot_settings::duration;
pub use slingshot_topology::CaseValue;

pub use crate::{
    argument::{Needs, Parts},
    database::{ForeignClient, ForeignConnection, ForeignError, Login, PARAMETER},
    function::SharedCall,
    handler::{
        CallFailure, CallParts, Form as PayloadForm, HandlerFunction, HandlerOutcome,
        HandlerSettings, ReplyFuture,
    },
    objects::MessageFiles,
    registration::{Settings, Unrouted},
    returns::{Outcome, Outputs},
    service::{DEFAULT_TIMEOUT, Share},
};
use crate::{
    database::Client,
    function::{Process, Startup},
    logs, manifest,
    run::{self, Binary},
    service::{Definition, Source},
};

/// A function of another language.
#[derive(Clone)]
pub struct Embedded {
    /// What it takes.
    pub needs: Needs,
    /// Calls it, on a thread that may block.
    pub call: SharedCall,
}

impl Embedded {
    /// Has no call begin before the supervisor knows that the service consumes. A call may end the process, which it
    /// would take for one that cannot start.
    fn wait_for(&mut self, told: Arc<OnceLock<()>>) {
        let call = Arc::clone(&self.call);
        self.call = Arc::new(move |parts| {
            told.wait();
            call(parts)
        });
    }
}

/// A service of another language.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The sys-map's host.
    pub sys_map: Option<String>,
    /// How it runs.
    pub settings: Settings,
    /// The file that its function is in.
    pub file: String,
    /// The function's line there, from 1.
    pub line: u32,
    /// The bucket keys that it says it reads.
    pub reads: Vec<String>,
    /// The bucket keys that it says it writes.
    pub writes: Vec<String>,
    /// Its closed set of cases.
    pub cases: Option<Vec<CaseValue>>,
    /// The function.
    pub process: Embedded,
    /// What runs once before the service consumes.
    pub startup: Option<Embedded>,
    /// Opens the connections that the functions take. Without one, the runtime's own client does what there is to
    /// do in the database.
    pub client: Option<Arc<dyn ForeignClient>>,
    /// Which of the replicas are this process's.
    pub share: Share,
}

/// The client that deduplicates where no function takes a connection: the one whose TLS is the runtime's own.
const OWN_CLIENT: Client = if cfg!(feature = "async-postgres") {
    Client::Async
} else {
    Client::Blocking
};

impl Service {
    fn into_definition(self) -> Definition {
        Definition {
            name: self.name,
            sys_map: self.sys_map,
            settings: self.settings,
            source: Source {
                file: self.file.into(),
                line: self.line,
                column: 1,
            },
            reads: self.reads,
            writes: self.writes,
            cases: self.cases.map(Cow::Owned),
            needs: self.process.needs,
            process: Process::Sync(self.process.call),
            startup: self.startup.map(|startup| Startup {
                needs: startup.needs,
                process: Process::Sync(startup.call),
            }),
            client: Some(self.client.map_or(OWN_CLIENT, Client::Foreign)),
            share: self.share,
        }
    }
}

/// Runs services and handlers until the process is told to end, by a signal or by whoever holds its lifeline, and says how it
/// ended: the exit codes are those of [`crate::run()`].
pub fn run(
    mut services: Vec<Service>,
    handlers: Vec<EmbeddedHandler>,
    lifeline: Option<Lifeline>,
) -> u8 {
    if let Some(lifeline) = &lifeline {
        for service in &mut services {
            service.process.wait_for(lifeline.told());
        }
    }
    run::run_binary(Binary {
        services: definitions(services),
        handlers: handlers::definitions(handlers),
        lifeline,
        ..Binary::default()
    })
}

/// The manifest of services and handlers, as `BINARY --describe` prints it, without the line's end.
pub fn describe(services: Vec<Service>, handlers: Vec<EmbeddedHandler>) -> String {
    manifest::describe(&definitions(services), &handlers::definitions(handlers))
}

/// Starts the log of a process that runs no service itself, in the form and with the filter of one that does.
pub fn start_log() {
    logs::start_of_supervisor();
}

fn definitions(services: Vec<Service>) -> Vec<Definition> {
    let definitions = services.into_iter().map(Service::into_definition);
    let mut definitions: Vec<_> = definitions.collect();
    definitions.sort_by(|a, b| a.name.cmp(&b.name));
    definitions
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs = ("needs", &self.needs);
        f.debug_struct("Embedded")
            .field(needs.0, needs.1)
            .finish_non_exhaustive()
    }
}
