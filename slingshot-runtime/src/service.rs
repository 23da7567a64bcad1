//! A queue service: what it is made of, and how it stays alive.

mod gate;
mod life;
mod patience;
mod queues;
mod session;
mod share;

use std::{borrow::Cow, sync::Arc, time::Duration};

use slingshot_settings::Retry;
use slingshot_topology::{
    CaseValue,
    sys_map::{ObjectStorage, RabbitMq, ServiceAnswer},
};
use thiserror::Error;
use tokio::{runtime::Handle, sync::watch};

pub(crate) use session::Drained;
use session::SessionError;
#[cfg(any(test, fuzzing))]
pub(crate) use session::decode;
pub use share::Share;

use crate::{
    Bus,
    argument::Needs,
    database::{Client, Database, DatabaseError, Inbox},
    environment::Environment,
    function::{Process, Startup},
    meter::{Dependency, Meter},
    objects::{Buckets, Keys, Objects, Staging, Store},
    registration::{Settings, SourceLocation},
    routes::{CurrentRoutes, Routes},
    secret::{SecretError, SecretSource},
    settle::Failures,
    sys_map::{Answers, INTERVAL, Reload, SysMap, SysMapError},
    workers::Workshop,
};

/// How long one call may take: below RabbitMQ's own limit on unacknowledged messages, 30 minutes.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(25);

/// The most unsettled messages: beyond it RabbitMQ gains nothing, and a crash gives back more.
const MOST_PREFETCH: u16 = 300;

/// Replicas are threads; a number past this is a mistake.
const MOST_REPLICAS: u32 = 1_000;

/// What the code says of a service.
#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) sys_map: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) source: Source,
    pub(crate) reads: Vec<String>,
    pub(crate) writes: Vec<String>,
    pub(crate) cases: Option<Cow<'static, [CaseValue]>>,
    pub(crate) needs: Needs,
    pub(crate) process: Process,
    pub(crate) startup: Option<Startup>,
    /// Which client the functions work with, whatever they are.
    pub(crate) client: Option<Client>,
    /// Which of the replicas are this process's.
    pub(crate) share: Share,
}

impl Definition {
    /// What the service needs, for its functions and for itself.
    fn needs_in_all(&self) -> Needs {
        let startup = self.startup.as_ref().map_or(Needs::NONE, |it| it.needs);
        let mut needs = self.needs.and(startup);
        needs.database |= self.settings.deduplicate.is_some();
        needs
    }

    /// What the inbox is worked with.
    fn client(&self) -> Client {
        let client = self.client.clone();
        client.unwrap_or_else(|| self.process.client())
    }
}

/// Where the code says it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) file: Cow<'static, str>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl From<SourceLocation> for Source {
    fn from(location: SourceLocation) -> Self {
        Self {
            file: location.file.into(),
            line: location.line,
            column: location.column,
        }
    }
}

/// A service that cannot run, or not any longer.
#[derive(Debug, Error)]
pub(crate) enum ServiceError {
    #[error(
        "the service `{0}` has no sys-map: set SLINGSHOT_SYS_MAP, or write `sys_map = \"host\"` in its \
         annotation"
    )]
    NoSysMap(String),
    #[error(transparent)]
    SysMap(#[from] SysMapError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(
        "the service `{0}` deduplicates in its transaction, and has none: remove `deduplicate`, or \
         `transaction(false)`"
    )]
    DeduplicatesWithoutTransaction(String),
    #[error("no place for staged files: {0}")]
    Staging(std::io::Error),
    #[error(transparent)]
    Broker(#[from] crate::amqp::BrokerError),
    #[error("the startup function failed: {0}")]
    Startup(String),
    #[error("no threads for the workers: {0}")]
    Threads(std::io::Error),
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// A service with everything that it needs.
pub(crate) struct Service {
    name: String,
    queue: String,
    queue_type: Option<String>,
    replicas: u32,
    prefetch: u16,
    limit: Duration,
    failures: Arc<Failures>,
    broker: RabbitMq,
    password: SecretSource,
    workshop: Workshop,
    /// What the sys-map says now. Whoever sees a change first ensures the queues, then swaps the routes
    /// of the workshop.
    newest_routes: watch::Receiver<Arc<Routes>>,
    process: Process,
    startup: Option<Startup>,
    meter: Arc<Meter>,
    /// Where the process's admin server listens, for the log.
    admin: Option<String>,
}

impl Service {
    /// Asks the sys-map for what the code does not say, and for nothing that the function does not need.
    pub(crate) async fn prepare(
        definition: Definition,
        environment: &Environment,
        meter: Arc<Meter>,
        bus: Bus,
    ) -> Result<Self, ServiceError> {
        let (needs, client) = (definition.needs_in_all(), definition.client());
        meter.starting(needs);
        let name = definition.name;
        let settings = definition.settings;
        if settings.deduplicate.is_some() && !settings.transaction {
            return Err(ServiceError::DeduplicatesWithoutTransaction(name));
        }
        let host = environment.sys_map.clone().or(definition.sys_map);
        let host = host.ok_or_else(|| ServiceError::NoSysMap(name.clone()))?;
        let sys_map = SysMap::new(&host, &environment.access)?;
        let started = Answers::find(&sys_map, &name, needs).await?;
        let (answer, broker) = (started.service.clone(), started.rabbitmq.clone());
        meter.queue(&answer.inbound);
        meter.dependency(Dependency::SysMap, Ok(()));
        let password = SecretSource::resolve(&broker.password).await?;
        let objects = match &started.object_storage {
            Some(endpoint) => Some(objects(&name, endpoint, &sys_map, environment, &meter).await?),
            None => None,
        };
        let database = match &started.database {
            Some(endpoint) => Some(Arc::new(Database::resolve(endpoint.clone(), &name).await?)),
            None => None,
        };
        let inbox = inbox(&name, database.as_ref(), client, settings.deduplicate).await?;
        let (replicas, prefetch) = own_part(&answer, &settings, definition.share, &meter);
        let newest_routes = Reload {
            sys_map,
            service: name.clone(),
            started,
            buckets: objects.as_ref().map(|objects| Arc::clone(&objects.buckets)),
            unrouted: settings.unrouted,
            interval: INTERVAL,
            meter: Arc::clone(&meter),
        }
        .start();
        let retry = answer.retry.or(settings.retry).unwrap_or(Retry::DEFAULT);
        let limit = settings.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let workshop = Workshop {
            service: name.as_str().into(),
            routes: CurrentRoutes::new(Arc::clone(&newest_routes.borrow())),
            needs: definition.needs,
            objects,
            database,
            client: definition.client,
            inbox,
            transaction: settings.transaction,
            meter: Arc::clone(&meter),
            limit,
            runtime: Handle::current(),
            bus,
        };
        Ok(Self {
            failures: Arc::new(Failures::of(&name, &answer.inbound, retry)),
            name,
            queue: answer.inbound,
            queue_type: answer.queue_type,
            replicas,
            prefetch,
            limit,
            broker,
            password,
            workshop,
            newest_routes,
            process: definition.process,
            startup: definition.startup,
            meter,
            admin: environment.admin.listening().map(|it| it.to_string()),
        })
    }
}

/// What a service that deduplicates remembers its messages in.
async fn inbox(
    service: &str,
    database: Option<&Arc<Database>>,
    client: Client,
    keep: Option<Duration>,
) -> Result<Option<Arc<Inbox>>, ServiceError> {
    let (Some(database), Some(keep)) = (database, keep) else {
        return Ok(None);
    };
    let inbox = Inbox::open(Arc::clone(database), client, service, keep).await?;
    Ok(Some(Arc::new(inbox)))
}

/// This process's replicas and prefetch.
fn own_part(
    answer: &ServiceAnswer,
    settings: &Settings,
    share: Share,
    meter: &Meter,
) -> (u32, u16) {
    let (replicas, prefetch) = concurrency(answer, settings);
    meter.replicas(replicas);
    share.of(replicas, prefetch)
}

/// Replicas and prefetch: the sys-map's word, else the annotation's, else the default.
fn concurrency(answer: &ServiceAnswer, settings: &Settings) -> (u32, u16) {
    let replicas = answer.replicas.or(settings.replicas).unwrap_or(1);
    let replicas = replicas.clamp(1, MOST_REPLICAS);
    let default = u16::try_from(replicas * 2).unwrap_or(MOST_PREFETCH);
    let prefetch = answer.prefetch.or(settings.prefetch).unwrap_or(default);
    (replicas, prefetch.clamp(1, MOST_PREFETCH))
}

async fn objects(
    service: &str,
    endpoint: &ObjectStorage,
    sys_map: &SysMap,
    environment: &Environment,
    meter: &Arc<Meter>,
) -> Result<Objects, ServiceError> {
    let keys = Keys::resolve(endpoint).await?;
    let staging = Staging::open(&environment.staging, service).map_err(ServiceError::Staging)?;
    Ok(Objects {
        store: Arc::new(Store::new(endpoint, keys)),
        buckets: Arc::new(Buckets::new(service, sys_map.clone())),
        staging: Arc::new(staging),
        meter: Arc::clone(meter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sys_map_wins_over_the_annotation_and_prefetch_is_never_unlimited() {
        let check = |map: &str, settings: Settings, expected| {
            let answer = format!(r#"{{"in": "q", "out": []{map}}}"#);
            let answer = ServiceAnswer::from_json(&answer).unwrap();
            assert_eq!(concurrency(&answer, &settings), expected);
        };
        let annotated = Settings {
            replicas: Some(4),
            ..Settings::NONE
        };
        check("", Settings::NONE, (1, 2));
        check("", annotated, (4, 8));
        check(r#", "replicas": 8"#, annotated, (8, 16));
        check(r#", "replicas": 900"#, annotated, (900, 300));
        check(r#", "prefetch": 65535"#, annotated, (4, 300));
    }
}
