//! A service without a macro.

use std::{borrow::Cow, fmt, panic::Location, time::Duration};

use slingshot_settings::Retry;

use crate::{
    case::Case as _,
    function::{Function, startup},
    registration::{Settings, Unrouted},
    returns::Returns,
    run::{self, Binary},
    service::{Definition, Share, Source},
};

/// A service, made of an ordinary function.
///
/// ```no_run
/// # use slingshot_runtime::{AnyError, Microservice, ReadFileFn};
/// fn process(request: u64, read_file: &ReadFileFn) -> Result<Vec<(u64, String)>, AnyError> {
///     let _reader = read_file("in", request)?;
///     Ok(vec![(request, "read".to_owned())])
/// }
///
/// let microservice = Microservice::new("simple", "sys-map.example.com", process);
/// microservice.replicas(4).start();
/// ```
pub struct Microservice {
    definition: Definition,
}

impl Microservice {
    /// A service called `name`, which asks the sys-map at the host `sys_map` for everything else and calls
    /// `process` for each message: an ordinary function on a thread of its own, an `async` one on the
    /// runtime.
    #[track_caller]
    pub fn new<Marker, F: Function<Marker>>(
        name: impl Into<String>,
        sys_map: impl Into<String>,
        process: F,
    ) -> Self {
        let caller = Location::caller();
        Self {
            definition: Definition {
                name: name.into(),
                sys_map: Some(sys_map.into()),
                settings: Settings::NONE,
                source: Source {
                    file: caller.file().into(),
                    line: caller.line(),
                    column: caller.column(),
                },
                reads: Vec::new(),
                writes: Vec::new(),
                cases: <F::Returns as Returns>::Case::CASES.map(Cow::Borrowed),
                needs: F::NEEDS,
                process: process.into_process(),
                startup: None,
                client: None,
                share: Share::Whole,
            },
        }
    }

    /// A function to run once, before the service consumes, `async` or not. It takes `&ReadFileFn`,
    /// `&WriteFileFn` and a connection, in any order, any subset, and its results are routed like any
    /// others.
    #[must_use]
    pub fn startup<Marker, F: Function<Marker>>(mut self, function: F) -> Self {
        self.definition.startup = Some(startup(function));
        self
    }

    /// How many messages the service works on at once, unless the sys-map says otherwise. Default 1.
    #[must_use]
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.definition.settings.replicas = Some(replicas);
        self
    }

    /// How many unsettled messages the broker may hand out, unless the sys-map says otherwise. Default
    /// `replicas × 2`, at most 300.
    #[must_use]
    pub fn prefetch(mut self, prefetch: u16) -> Self {
        self.definition.settings.prefetch = Some(prefetch);
        self
    }

    /// How long one call of the function may take. Default 25 minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.definition.settings.timeout = Some(timeout);
        self
    }

    /// Whether the function's database work is one transaction, committed before anything is published.
    /// It is, by default.
    #[must_use]
    pub fn transaction(mut self, transaction: bool) -> Self {
        self.definition.settings.transaction = transaction;
        self
    }

    /// What becomes of a result whose case the sys-map does not route. By default its message fails.
    #[must_use]
    pub fn unrouted(mut self, unrouted: Unrouted) -> Self {
        self.definition.settings.unrouted = unrouted;
        self
    }

    /// How often, and after which waits, a failed message is tried again, unless the sys-map says otherwise.
    /// Default [`Retry::DEFAULT`]; what lies outside the bounds of a [`Retry`] is moved to them.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.definition.settings.retry = Some(retry.bounded());
        self
    }

    /// Keeps a redelivered message from running the function twice: what a message led to is remembered in
    /// the database, in the function's own transaction, and for as long as `keep`.
    #[must_use]
    pub fn deduplicate(mut self, keep: Duration) -> Self {
        self.definition.settings.deduplicate = Some(keep);
        self
    }

    pub(crate) fn into_definition(self) -> Definition {
        self.definition
    }

    /// Runs the service until it is told to end, and returns when it has drained.
    ///
    /// A service that could not run, or gave work back, ends the process with the exit code that says so
    /// (2, 1 or 75): a `main` that returns nothing after this could not.
    pub fn start(self) {
        let code = run::run_binary(Binary {
            services: vec![self.into_definition()],
            ..Binary::default()
        });
        if code != run::DRAINED {
            std::process::exit(code.into());
        }
    }
}

impl fmt::Debug for Microservice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Microservice")
            .field("name", &self.definition.name)
            .field("settings", &self.definition.settings)
            .finish_non_exhaustive()
    }
}
