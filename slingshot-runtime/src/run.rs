//! A process: its services, its signals and its exit code.

use std::{process::ExitCode, sync::Arc};

use futures_util::future::join_all;
use thiserror::Error;
use tokio::{runtime, sync::Notify};

use crate::{
    admin::{Admin, AdminError, Told},
    drain::{self, Drain, DrainControl},
    environment::{AdminAddress, Environment, EnvironmentError},
    function::Process,
    logs, manifest,
    meter::Meter,
    metrics::Metrics,
    registration::{Call, Registration},
    report,
    service::{Definition, Drained, Service, ServiceError, Source},
    tls,
    trace::{Exporter, Tracer},
};

/// Everything that ran has finished.
pub(crate) const DRAINED: u8 = 0;
const FAILED: u8 = 1;
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
    #[error("the binary holds no service: annotate a function with `#[microservice]`")]
    NoServices,
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
            source: Source {
                file: registration.source.file,
                line: registration.source.line,
                column: registration.source.column,
            },
            reads: owned(registration.reads),
            writes: owned(registration.writes),
            cases: (registration.cases)(),
            needs: registration.needs,
            process: match registration.call {
                Call::Sync(call) => Process::Sync(Arc::new(call)),
                Call::Async(call) => Process::Async(Arc::new(call)),
            },
            startup: registration.startup.map(|startup| startup()),
        }
    }
}

/// Runs every annotated service of the binary until the process is told to end.
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
    ExitCode::from(run_definitions(Definition::registered()))
}

/// Runs these services and says how it ended.
pub(crate) fn run_definitions(definitions: Vec<Definition>) -> u8 {
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(error) => {
            logs::start_plain();
            return refuse(&error.into());
        }
    };
    if environment.describe {
        return describe(&definitions);
    }
    logs::start(&environment);
    let definitions = match chosen(definitions, environment.services.as_deref()) {
        Ok(definitions) => definitions,
        Err(error) => return refuse(&error),
    };
    tls::install();
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return FAILED;
        }
    };
    let code = runtime.block_on(run_all(definitions, &environment));
    // A function that does not return is not waited for: its message has gone back to its queue.
    runtime.shutdown_background();
    code
}

fn refuse(error: &StartError) -> u8 {
    tracing::error!(%error, "cannot start");
    MISCONFIGURED
}

fn describe(definitions: &[Definition]) -> u8 {
    match manifest::print(definitions) {
        Ok(()) => DRAINED,
        Err(_) => FAILED,
    }
}

/// The services to run: all, or those that were named.
fn chosen(
    definitions: Vec<Definition>,
    names: Option<&[String]>,
) -> Result<Vec<Definition>, StartError> {
    let known: Vec<_> = definitions.iter().map(|it| it.name.clone()).collect();
    if known.is_empty() {
        return Err(StartError::NoServices);
    }
    if let Some(twice) = known.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(StartError::SameName(twice[0].clone()));
    }
    let Some(names) = names else {
        return Ok(definitions);
    };
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        return Err(StartError::UnknownService {
            unknown: unknown.clone(),
            known: known.join(", "),
        });
    }
    let named = definitions
        .into_iter()
        .filter(|definition| names.contains(&definition.name));
    Ok(named.collect())
}

async fn run_all(definitions: Vec<Definition>, environment: &Environment) -> u8 {
    let names: Vec<_> = definitions.iter().map(|it| it.name.as_str()).collect();
    let resource = environment.resource(&names.join("+"));
    let exporter = if environment.traces {
        Exporter::start(&resource)
    } else {
        None
    };
    let tracer = exporter.as_ref().map(Exporter::tracer).unwrap_or_default();
    let code = run_observed(definitions, environment, &tracer, resource).await;
    if let Some(exporter) = exporter {
        exporter.finish().await;
    }
    code
}

/// Runs the services, and tells of them until they have ended.
async fn run_observed(
    definitions: Vec<Definition>,
    environment: &Environment,
    tracer: &Tracer,
    resource: Vec<(String, String)>,
) -> u8 {
    let (control, drain) = drain::drain();
    let metrics = Metrics::new();
    let listening = environment.report.is_some();
    let meters = definitions.iter().map(|definition| {
        let (metrics, tracer) = (metrics.clone(), tracer.clone());
        Arc::new(Meter::new(&definition.name, listening, metrics, tracer))
    });
    let meters: Arc<[_]> = meters.collect();
    let told = Told {
        meters: Arc::clone(&meters),
        metrics,
        resource: resource.into(),
        drain: drain.clone(),
    };
    // Before the services are prepared, so that probes see them start; it ends after them.
    let admin = match Admin::start(environment.admin, told).await {
        Ok(admin) => admin,
        Err(error) => return refuse(&error.into()),
    };
    let address = admin.as_ref().map(Admin::address);
    let environment = &Environment {
        admin: address.map_or(AdminAddress::Off, AdminAddress::At),
        ..environment.clone()
    };
    let services = definitions.into_iter().zip(&*meters);
    let services = services.map(|(definition, meter)| {
        let (meter, drain) = (Arc::clone(meter), drain.clone());
        tokio::spawn(run_one(definition, environment.clone(), meter, drain))
    });
    let finish = Notify::new();
    let services = async {
        let codes = join_all(services.map(|service| async {
            let code = service.await.unwrap_or_else(|panic| {
                tracing::error!(%panic, "a service's task broke");
                FAILED
            });
            // One that failed takes the process with it, in an orderly way: a supervisor starts it again.
            control.begin();
            code
        }))
        .await;
        finish.notify_one();
        codes.into_iter().max_by_key(|code| severity(*code))
    };
    let reports = reports(environment, &meters, &finish, &control);
    tokio::select! {
        // The report's last line is awaited with the services.
        (code, ()) = async { tokio::join!(services, reports) } => code.unwrap_or(DRAINED),
        () = signals(&control) => FAILED,
    }
}

async fn run_one(
    definition: Definition,
    environment: Environment,
    meter: Arc<Meter>,
    drain: Drain,
) -> u8 {
    let name = definition.name.clone();
    match prepared_and_run(definition, &environment, meter, drain).await {
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
    mut drain: Drain,
) -> Result<Drained, ServiceError> {
    let service = tokio::select! {
        service = Service::prepare(definition, environment, meter) => service?,
        () = drain.reached(drain::Phase::Draining) => return Ok(Drained { interrupted: 0 }),
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
async fn signals(control: &DrainControl) {
    if let Err(error) = drain::listen(control).await {
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
