//! Where a system's dead letters are.

use slingshot_runtime::client::{Queues, SysMapClient};
use slingshot_topology::System;

use super::SystemArguments;
use crate::{
    Context,
    attached::Attached,
    exit::Failure,
    failures::{no_broker, unknown_service, unreachable_broker},
    project::Project,
    topology::Declared,
};

/// A connection to the broker, and the services whose queues it holds.
pub(super) struct Places {
    pub(super) queues: Queues,
    pub(super) all: Vec<Place>,
    /// What was started for the moment.
    attached: Option<Attached>,
}

/// A service's queues.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) service: String,
    /// The queue that it reads.
    pub(super) home: String,
    /// The queue of its dead letters.
    pub(super) letters: String,
}

impl Place {
    fn new(service: &str, home: &str) -> Self {
        Self {
            service: service.to_owned(),
            home: home.to_owned(),
            letters: format!("{home}.dlq"),
        }
    }
}

impl Places {
    /// The places of these services, or of every service. Services that share a queue share its dead letters.
    ///
    /// # Errors
    ///
    /// If a service is not known, or the sys-map or the broker does not answer.
    pub(super) async fn open(
        context: &Context,
        arguments: &SystemArguments,
        services: &[String],
    ) -> Result<Self, Failure> {
        if let Some(url) = &arguments.sys_map {
            return Self::of_sys_map(context, url, services).await;
        }
        // Boxed: starting a system is most of what the commands would carry about.
        let attached = Box::pin(Attached::new(context, false)).await?;
        let opened = Self::of_system(&attached.system, services).await;
        match opened {
            Ok((queues, all)) => Ok(Self {
                queues,
                all,
                attached: Some(attached),
            }),
            Err(failure) => {
                attached.detach().await;
                Err(failure)
            }
        }
    }

    async fn of_system(
        system: &System,
        services: &[String],
    ) -> Result<(Queues, Vec<Place>), Failure> {
        let mut all = Vec::new();
        if services.is_empty() {
            for service in &system.services {
                all.push(Place::new(&service.name.value, &service.inbound.value));
            }
        }
        for name in services {
            let service = system
                .service(name)
                .ok_or_else(|| unknown_service(name, system))?;
            all.push(Place::new(name, &service.inbound.value));
        }
        let broker = system.rabbitmq.as_ref().ok_or_else(no_broker)?;
        let queues = Queues::connect(broker).await.map_err(unreachable_broker)?;
        Ok((queues, all))
    }

    async fn of_sys_map(
        context: &Context,
        url: &str,
        services: &[String],
    ) -> Result<Self, Failure> {
        let unanswered = |error| Failure::unreadable("the sys-map is of no help").because(error);
        let sys_map = SysMapClient::new(url)
            .map_err(|error| Failure::usage("--sys-map does not name a sys-map").because(error))?;
        let names = if services.is_empty() {
            declared_services(context)?
        } else {
            services.to_owned()
        };
        let mut all = Vec::new();
        for name in names {
            let answer = sys_map.service(&name).await.map_err(unanswered)?;
            all.push(Place::new(&name, &answer.inbound));
        }
        let broker = sys_map.rabbitmq().await.map_err(unanswered)?;
        let queues = Queues::connect(&broker).await.map_err(unreachable_broker)?;
        Ok(Self {
            queues,
            all,
            attached: None,
        })
    }

    /// The one place that was asked for.
    pub(super) fn only(&self) -> Place {
        self.all[0].clone()
    }

    /// Lets the last words arrive, and stops what was started.
    pub(super) async fn close(self) {
        self.queues.close().await;
        if let Some(attached) = self.attached {
            attached.detach().await;
        }
    }
}

/// A sys-map answers for a name, and does not say which names it has.
fn declared_services(context: &Context) -> Result<Vec<String>, Failure> {
    let project = Project::find(context).map_err(|_| {
        Failure::usage("a sys-map does not list its services, and there is no slingshot.toml here")
            .help("name the services: slingshot dlq ls --sys-map URL SERVICE…")
    })?;
    let here = &context.environment.current_directory;
    let (system, _) = Declared::of_project(&project, here)?.read();
    let names = system.services.iter().map(|it| it.name.value.to_string());
    Ok(names.collect())
}
