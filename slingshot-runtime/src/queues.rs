//! How handlers start work: ids sent to services.

use std::{collections::HashMap, sync::Arc};

use slingshot_topology::sys_map::ServiceAnswer;
use thiserror::Error;
use tokio::sync::Mutex;

use crate::{
    AnyError, client,
    sys_map::{Access, RABBITMQ, SysMap, SysMapError},
    trace::TraceContext,
};

/// Sends requests to queue services; an argument of a handler: `queues: &Queues`.
///
/// It connects to the broker when it is used for the first time.
#[derive(Clone, Debug)]
pub struct Queues {
    inner: Arc<Inner>,
    /// Whose work what is sent belongs to.
    trace: Option<TraceContext>,
}

#[derive(Debug)]
struct Inner {
    sys_map: Option<(String, Access)>,
    line: Mutex<Option<Arc<Line>>>,
}

/// An open connection, and what was learned with it.
#[derive(Debug)]
struct Line {
    sys_map: SysMap,
    broker: client::Queues,
    /// The queue of each service that was sent to.
    inbound: Mutex<HashMap<String, String>>,
}

/// An id that was not sent, or not for certain.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// Nobody has said where the sys-map is.
    #[error("no sys-map says where the services' queues are: set SLINGSHOT_SYS_MAP")]
    NoSysMap,
    /// The sys-map does not say what the service's queue is, or where the broker is.
    #[error("{0}")]
    SysMap(#[source] AnyError),
    /// The broker did not take the id.
    #[error("{0}")]
    Broker(#[source] AnyError),
}

impl Queues {
    /// `host` is the sys-map's, if anybody has said it.
    pub(crate) fn new(host: Option<String>, access: Access) -> Self {
        Self {
            inner: Arc::new(Inner {
                sys_map: host.map(|host| (host, access)),
                line: Mutex::default(),
            }),
            trace: None,
        }
    }

    /// The same within a trace.
    pub(crate) fn within(&self, trace: Option<TraceContext>) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            trace,
        }
    }

    pub(crate) fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// Sends an id to a service. It returns when the broker has taken responsibility for it.
    ///
    /// # Errors
    /// [`SendError`]. After [`SendError::Broker`] the id may have arrived all the same.
    pub async fn send(&self, service: &str, id: u64) -> Result<(), SendError> {
        self.send_all(service, [id]).await
    }

    /// Sends many ids to a service, without waiting for each. It returns when the broker has taken responsibility
    /// for all of them.
    ///
    /// # Errors
    /// [`SendError`]. After [`SendError::Broker`] some of the ids may have arrived.
    pub async fn send_all(
        &self,
        service: &str,
        ids: impl IntoIterator<Item = u64>,
    ) -> Result<(), SendError> {
        let line = self.line().await?;
        let queue = line.queue_of(service).await?;
        let sent = line
            .broker
            .send_within(self.trace.as_ref(), &queue, ids)
            .await;
        if sent.is_err() {
            self.forget(&line).await;
        }
        sent.map_err(|error| SendError::Broker(error.into()))
    }

    async fn line(&self) -> Result<Arc<Line>, SendError> {
        let mut line = self.inner.line.lock().await;
        if let Some(line) = &*line {
            return Ok(Arc::clone(line));
        }
        let (host, access) = self.inner.sys_map.as_ref().ok_or(SendError::NoSysMap)?;
        let sys_map = SysMap::new(host, access)?;
        let endpoint = sys_map.find(RABBITMQ).await?;
        let broker = client::Queues::connect(&endpoint).await;
        let opened = Arc::new(Line {
            sys_map,
            broker: broker.map_err(|error| SendError::Broker(error.into()))?,
            inbound: Mutex::default(),
        });
        *line = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The next one to send opens another connection, unless somebody has.
    async fn forget(&self, broken: &Arc<Line>) {
        let mut line = self.inner.line.lock().await;
        if line.as_ref().is_some_and(|line| Arc::ptr_eq(line, broken)) {
            *line = None;
        }
    }
}

impl Line {
    async fn queue_of(&self, service: &str) -> Result<String, SendError> {
        let mut inbound = self.inbound.lock().await;
        if let Some(queue) = inbound.get(service) {
            return Ok(queue.clone());
        }
        let answer: ServiceAnswer = self.sys_map.find(&[service]).await?;
        inbound.insert(service.to_owned(), answer.inbound.clone());
        Ok(answer.inbound)
    }
}

impl From<SysMapError> for SendError {
    fn from(error: SysMapError) -> Self {
        Self::SysMap(error.into())
    }
}
