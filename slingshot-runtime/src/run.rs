//! A process: its services, its signals and its exit code.

mod bus;

use std::{borrow::Cow, net::SocketAddr, process::ExitCode, sync::Arc};

use futures_util::future::join_all;
use thiserror::Error;
use tokio::{runtime, sync::Notify, task::JoinHandle};

use self::bus::RunningBus;
use crate::{
    Queues, SharedState,
    admin::{Admin, AdminError, Told},
    bus::{Bus, BusError, BusLife, Hub},
    drain::{self, DRAIN_TIMEOUT, Drain, DrainControl, Phase},
    embedding::Lifeline,
    environment::{AdminAddress, Environment, EnvironmentError},
    files::{KeptFiles, KeptFilesError},
    function::Process,
    handler::HandlerDefinition,
    http::{Http, HttpError, HttpHealth, HttpSettings, Router, RouterError, Shared},
    logs, manifest,
    meter::Meter,
    metrics::Metrics,
    registration::{Call, Registration},
    report,
    service::{Definition, Drained, Service, ServiceError, Share},
    tls,
    trace::{Exporter, Tracer},
};

/// Everything that ran has finished.
pub(crate) const DRAINED: u8 = 0;
pub(crate) const FAILED: u8 = 1;
const MISCONFIGURED: u8 = 2;
/// `EX_TEMPFAIL`: unfinished work went back to its queues.
const GAVE_WORK_BACK: u8 = 75;

/// A process that cannot begin.
#[derive(Debug, Error)]
enum StartError {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Handlers(#[from] RouterError),
    #[error(transparent)]
    Files(#[from] KeptFilesError),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(
        "the binary holds no service and no handler: annotate a function with `#[microservice]` or `#[handler]`"
    )]
    Nothing,
    #[error("SLINGSHOT_SERVICES names `{unknown}`, and the binary holds {known}")]
    UnknownService { unknown: String, known: String },
    #[error("the binary holds two services called `{0}`")]
    SameName(String),
}

impl Definition {
    /// The annotated functions of this binary, by name: the linker keeps no order.
    pub(crate) fn registered() -> Vec<Self> {
        let mut definitions: Vec<_> = inventory::iter::<Registration>().map(Self::of).collect();
        definitions.sort_by(|a, b| a.name.cmp(&b.name));
        definitions
    }

    fn of(registration: &Registration) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            name: registration.name.to_owned(),
            sys_map: registration.sys_map.map(str::to_owned),
            settings: registration.settings,
            source: registration.source.into(),
            reads: owned(registration.reads),
            writes: owned(registration.writes),
            cases: (registration.cases)().map(Cow::Borrowed),
            needs: registration.needs,
            process: match registration.call {
                Call::Sync(call) => Process::Sync(Arc::new(call)),
                Call::Async(call) => Process::Async(Arc::new(call)),
            },
            startup: registration.startup.map(|startup| startup()),
            client: None,
            share: Share::Whole,
        }
    }
}

/// What a binary holds, and how its handlers are served.
#[derive(Default)]
pub(crate) struct Binary {
    pub(crate) services: Vec<Definition>,
    pub(crate) handlers: Vec<HandlerDefinition>,
    pub(crate) http: HttpSettings,
    pub(crate) state: SharedState,
    /// Who started the process as one of several, and is told of it.
    pub(crate) lifeline: Option<Lifeline>,
}

/// Runs every annotated service and handler of the binary until the process is told to end.
///
/// `--describe` prints what the binary holds instead. The exit codes: 0 drained, 75 gave work back, 2 wrong
/// configuration, 1 any other failure.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     slingshot_runtime::run()
/// }
/// ```
pub fn run() -> ExitCode {
    ExitCode::from(run_binary(Binary {
        services: Definition::registered(),
        handlers: HandlerDefinition::registered(),
        ..Binary::default()
    }))
}

/// Runs what a binary holds and says how it ended.
pub(crate) fn run_binary(mut binary: Binary) -> u8 {
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(error) => {
            logs::start_plain();
            return refuse(&error.into());
        }
    };
    if environment.describe {
        return describe(&binary);
    }
    logs::start(&environment);
    if let Err(error) = binary.choose(&environment) {
        return refuse(&error);
    }
    tls::install();
    let runtime = runtime::Builder::new_multi_thread()
        .max_blocking_threads(binary.blocking_threads())
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return FAILED;
        }
    };
    let code = runtime.block_on(run_all(binary, &environment));
    // A function that does not return is not waited for: its message has gone back to its queue.
    runtime.shutdown_background();
    code
}

fn refuse(error: &StartError) -> u8 {
    tracing::error!(%error, "cannot start");
    MISCONFIGURED
}

fn describe(binary: &Binary) -> u8 {
    match manifest::print(binary) {
        Ok(()) => DRAINED,
        Err(_) => FAILED,
    }
}

/// What tokio takes for itself.
const BLOCKING_THREADS: usize = 512;

impl Binary {
    /// Keeps the services to run: all, or those that were named.
    fn choose(&mut self, environment: &Environment) -> Result<(), StartError> {
        let known: Vec<_> = self.services.iter().map(|it| it.name.clone()).collect();
        if known.is_empty() && self.handlers.is_empty() && environment.files.is_none() {
            return Err(StartError::Nothing);
        }
        if let Some(twice) = known.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(StartError::SameName(twice[0].clone()));
        }
        let Some(names) = &environment.services else {
            return Ok(());
        };
        if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
            return Err(StartError::UnknownService {
                unknown: unknown.clone(),
                known: known.join(", "),
            });
        }
        self.services
            .retain(|definition| names.contains(&definition.name));
        Ok(())
    }

    /// Every replica of every handler may keep a thread.
    fn blocking_threads(&self) -> usize {
        let replicas = self.handlers.iter().map(HandlerDefinition::replicas);
        replicas.fold(BLOCKING_THREADS, |sum, replicas| {
            sum.saturating_add(usize::try_from(replicas).unwrap_or(usize::MAX))
        })
    }

    fn names(&self) -> String {
        let services = self.services.iter().map(|it| it.name.as_str());
        let mut names: Vec<_> = services.collect();
        if names.is_empty() {
            names.extend(self.handlers.iter().map(|it| it.name.as_str()));
        }
        names.join("+")
    }

    /// Adds the built-in handlers for files, if there is a bucket for them.
    async fn keep_files(
        &mut self,
        sys_map: Option<&str>,
        environment: &Environment,
    ) -> Result<(), KeptFilesError> {
        if let Some(bucket) = &environment.files {
            let files = KeptFiles::open(bucket, sys_map, &environment.access).await?;
            files.serve(&mut self.handlers);
        }
        Ok(())
    }

    /// The sys-map's host, as far as anybody says it.
    fn sys_map(&self, environment: &Environment) -> Option<String> {
        let annotated = self.services.iter().find_map(|it| it.sys_map.clone());
        environment.sys_map.clone().or(annotated)
    }
}

async fn run_all(binary: Binary, environment: &Environment) -> u8 {
    let resource = environment.resource(&binary.names());
    let exporter = if environment.traces {
        Exporter::start(&resource)
    } else {
        None
    };
    let tracer = exporter.as_ref().map(Exporter::tracer).unwrap_or_default();
    let code = match run_observed(binary, environment, &tracer, resource).await {
        Ok(code) => code,
        Err(error) => refuse(&error),
    };
    if let Some(exporter) = exporter {
        exporter.finish().await;
    }
    code
}

/// Runs the services and the handlers, and tells of them until they have ended.
async fn run_observed(
    mut binary: Binary,
    environment: &Environment,
    tracer: &Tracer,
    resource: Vec<(String, String)>,
) -> Result<u8, StartError> {
    let (control, drain) = drain::drain();
    let control = Arc::new(control);
    let lifeline = binary.lifeline.take();
    let metrics = Metrics::new();
    let listening = environment.report.is_some();
    let meters = binary.services.iter().map(|definition| {
        let (metrics, tracer) = (metrics.clone(), tracer.clone());
        Arc::new(Meter::new(&definition.name, listening, metrics, tracer))
    });
    let meters: Arc<[_]> = meters.collect();
    let sys_map = binary.sys_map(environment);
    let (bus, remote) = bus::over_broker(environment, sys_map.clone(), &metrics)?.unzip();
    let settings = environment.http.clone();
    let settings = settings.over(std::mem::take(&mut binary.http));
    let serves = !binary.handlers.is_empty() || environment.files.is_some();
    let settings = settings.filter(|_| serves);
    let health = Arc::new(HttpHealth::new());
    let told = Told {
        http: settings.as_ref().map(|_| Arc::clone(&health)),
        bus: bus.as_ref().map(|bus: &BusLife| Arc::clone(bus.health())),
        meters: Arc::clone(&meters),
        metrics: metrics.clone(),
        resource: resource.into(),
        drain: drain.clone(),
    };
    // Before the services are prepared, so that probes see them start; it ends after them.
    let admin = Admin::start(environment.admin, told).await?;
    let address = admin.as_ref().map(Admin::address);
    let environment = &Environment {
        admin: address.map_or(AdminAddress::Off, AdminAddress::At),
        ..environment.clone()
    };
    binary.keep_files(sys_map.as_deref(), environment).await?;
    let shared = Shared {
        queues: Queues::new(sys_map, environment.access.clone()),
        state: binary.state,
        metrics,
        control: Arc::clone(&control),
        tracer: tracer.clone(),
        scheme: settings.as_ref().map_or("http", HttpSettings::scheme),
    };
    let router = Router::new(binary.handlers, &shared, remote)?;
    let hub = Arc::clone(router.hub());
    let http = match settings {
        Some(settings) => Some(serve_handlers(settings, router, health, address).await?),
        None => None,
    };
    let services = binary.services.into_iter().zip(&*meters);
    let services = services.map(|(definition, meter)| {
        let (meter, drain) = (Arc::clone(meter), drain.clone());
        let bus = Bus::of(&hub, &definition.name);
        tokio::spawn(run_one(definition, environment.clone(), meter, bus, drain))
    });
    let bus = bus
        .map(|bus| RunningBus::start(bus, Arc::clone(&hub), drain.clone(), Arc::clone(&control)));
    let handlers = tokio::spawn(run_handlers(http, Arc::clone(&hub), drain.clone()));
    let running = services.chain([handlers]);
    let finish = Notify::new();
    let running = async {
        let code = all_ended(running, bus, &control).await;
        finish.notify_one();
        code
    };
    let reports = reports(environment, &meters, &finish, &control);
    Ok(tokio::select! {
        // The report's last line is awaited with the services.
        (code, ()) = async { tokio::join!(running, reports) } => code.unwrap_or(DRAINED),
        () = told_to_end(&control, lifeline, address, &meters) => FAILED,
    })
}

/// Waits for all that runs, and then for the bus: what drains may still call others.
async fn all_ended(
    running: impl Iterator<Item = JoinHandle<u8>>,
    bus: Option<RunningBus>,
    control: &DrainControl,
) -> Option<u8> {
    let codes = running.map(|it| async {
        let code = it.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "a service's task broke");
            FAILED
        });
        // One that failed takes the process with it, in an orderly way: a supervisor starts it again.
        control.begin();
        code
    });
    let mut codes = join_all(codes).await;
    if let Some(bus) = bus {
        codes.push(bus.finish().await);
    }
    codes.into_iter().max_by_key(|code| severity(*code))
}

async fn serve_handlers(
    settings: HttpSettings,
    router: Router,
    health: Arc<HttpHealth>,
    admin: Option<SocketAddr>,
) -> Result<Http, HttpError> {
    let (names, scheme) = (router.names().join(", "), settings.scheme());
    let http = Http::start(settings, router, health).await?;
    let url = format!("{scheme}://{}", http.address());
    let admin = admin.map(tracing::field::display);
    tracing::info!(%url, handlers = names, admin, "listening");
    Ok(http)
}

/// Serves the handlers until the process drains, and then finishes what they began.
async fn run_handlers(http: Option<Http>, hub: Arc<Hub>, mut drain: Drain) -> u8 {
    let mut cut_off = 0;
    match http {
        Some(http) => cut_off += http.run(drain.clone(), DRAIN_TIMEOUT).await,
        None => drain.reached(Phase::Draining).await,
    }
    // The handlers' own calls have ended: what they dispatched is all that is left.
    cut_off += tokio::select! {
        left = hub.drain(DRAIN_TIMEOUT) => left,
        () = drain.reached(Phase::Leaving) => hub.left(),
    };
    if cut_off == 0 {
        return DRAINED;
    }
    tracing::warn!(cut_off, "requests and dispatched calls were cut off");
    GAVE_WORK_BACK
}

async fn run_one(
    definition: Definition,
    environment: Environment,
    meter: Arc<Meter>,
    bus: Bus,
    drain: Drain,
) -> u8 {
    let name = definition.name.clone();
    match prepared_and_run(definition, &environment, meter, bus, drain).await {
        Ok(Drained { interrupted: 0 }) => {
            tracing::info!(service = name, "drained");
            DRAINED
        }
        Ok(Drained { interrupted }) => {
            tracing::warn!(service = name, interrupted, "gave unfinished work back");
            GAVE_WORK_BACK
        }
        Err(error) => {
            tracing::error!(service = name, %error, "the service ended");
            match error {
                ServiceError::NoSysMap(_) | ServiceError::DeduplicatesWithoutTransaction(_) => {
                    MISCONFIGURED
                }
                ServiceError::SysMap(error) if error.is_configuration() => MISCONFIGURED,
                ServiceError::Database(error) if !error.is_outage() => MISCONFIGURED,
                _ => FAILED,
            }
        }
    }
}

async fn prepared_and_run(
    definition: Definition,
    environment: &Environment,
    meter: Arc<Meter>,
    bus: Bus,
    mut drain: Drain,
) -> Result<Drained, ServiceError> {
    let service = tokio::select! {
        service = Service::prepare(definition, environment, meter, bus) => service?,
        () = drain.reached(Phase::Draining) => return Ok(Drained { interrupted: 0 }),
    };
    service.run(drain).await
}

/// Reports to `slingshot run`, if that is who started the process. When it is gone, so is the reason to run.
async fn reports(
    environment: &Environment,
    meters: &[Arc<Meter>],
    finish: &Notify,
    control: &DrainControl,
) {
    let Some(address) = environment.report else {
        return;
    };
    if let Err(error) = report::send(address, meters, finish).await {
        tracing::warn!(%error, "nobody listens to the reports any more");
        control.begin();
    }
}

/// Never returns while signals can be heard.
async fn told_to_end(
    control: &DrainControl,
    lifeline: Option<Lifeline>,
    admin: Option<SocketAddr>,
    meters: &[Arc<Meter>],
) {
    // Ctrl-C reaches all processes of a terminal, and the one that holds the lifeline tells of it too: that is no
    // second signal. When to leave, it says.
    let supervised = lifeline.is_some();
    let attended = async {
        if let Some(lifeline) = lifeline {
            lifeline.attend(control, admin, meters).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = signals(control, supervised) => {}
        () = attended => {}
    }
}

/// Never returns while signals can be heard.
async fn signals(control: &DrainControl, supervised: bool) {
    let heard = || {
        if supervised {
            control.begin();
        } else {
            control.advance();
        }
    };
    if let Err(error) = drain::listen(heard).await {
        tracing::error!(%error, "no signals can be heard");
    }
}

/// Which of several services' codes is the process's.
fn severity(code: u8) -> u8 {
    match code {
        DRAINED => 0,
        GAVE_WORK_BACK => 1,
        FAILED => 2,
        _ => 3,
    }
}
