//! The embedded parts, as the commands start them: what `slingshot.toml` does not name.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use slingshot_local::{
    Environment, LocalConfig, LocalError, LocalSystem, broker::Broker, database::DatabaseError,
};
use slingshot_topology::System;

use crate::{
    Context,
    describe::Needs,
    exit::{Exit, Failure},
    project::Project,
    webassembly,
};

/// A running system without its services.
#[derive(Debug)]
pub(crate) struct Embedded {
    local: LocalSystem,
    /// Where the objects are, if their store is one of ours.
    objects: Option<PathBuf>,
}

impl Embedded {
    /// Starts the parts that are needed; builds PostgreSQL as WebAssembly when nothing else is there.
    ///
    /// # Errors
    ///
    /// If a part does not start.
    pub(crate) async fn start(
        context: &Context,
        project: &Project,
        system: System,
        needs: Needs,
    ) -> Result<Self, Failure> {
        let keeps_objects = needs.objects && system.object_storage.is_none();
        let objects = keeps_objects.then(|| project.objects());
        let mut config = LocalConfig {
            directory: project.state(),
            system,
            file: Some(project.system_file()),
            objects: needs.objects,
            database: needs.database,
            webassembly: webassembly::built(&context.environment),
            environment: Environment::read(),
        };
        let started = match LocalSystem::start(config.clone()).await {
            Err(LocalError::Database(DatabaseError::NoPostgres { .. }))
                if config.webassembly.is_none() =>
            {
                config.webassembly = Some(webassembly::build(context).await?);
                context.printer.status(
                    "Starting",
                    "PostgreSQL as WebAssembly: the first time, up to half a minute",
                );
                LocalSystem::start(config).await
            }
            started => started,
        };
        let local = started.map_err(failure)?;
        Ok(Self { local, objects })
    }

    /// Forgets queues, objects, database and secrets.
    ///
    /// # Errors
    ///
    /// If something still uses them.
    pub(crate) fn reset(project: &Project) -> Result<(), Failure> {
        std::fs::remove_file(project.last_id_file()).ok();
        slingshot_local::reset(&project.state()).map_err(failure)
    }

    /// Says which parts run inside.
    pub(crate) fn announce(&self, context: &Context, project: &Project) {
        let project = format!("{}/", project.directory.display());
        let parts = self.local.parts();
        let width = parts
            .iter()
            .map(|part| part.name.len())
            .max()
            .unwrap_or_default();
        for part in parts {
            context.printer.status(
                "Embedded",
                &format!(
                    "{:width$}  {}  {}",
                    part.name,
                    part.address,
                    part.about.replace(&project, "")
                ),
            );
        }
    }

    /// The system with every engine.
    pub(crate) fn system(&self) -> Arc<System> {
        self.local.system()
    }

    /// Where services learn their routes.
    pub(crate) fn sys_map_url(&self) -> String {
        self.local.sys_map_url()
    }

    /// The broker, unless the system names another.
    pub(crate) fn broker(&self) -> Option<&Broker> {
        self.local.broker()
    }

    /// The directory of all buckets, unless the system names another object store.
    pub(crate) fn objects(&self) -> Option<&Path> {
        self.objects.as_deref()
    }

    /// Stops every part.
    pub(crate) async fn shutdown(self) {
        self.local.shutdown().await;
    }
}

fn failure(error: LocalError) -> Failure {
    let exit = match &error {
        LocalError::InUse { .. } => Exit::Usage,
        _ => Exit::Unreadable,
    };
    Failure::new(exit, "the embedded system does not start").because(error)
}
