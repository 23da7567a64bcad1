//! The system that `slingshot send` and `slingshot get` talk to: the running one, else the one that
//! `slingshot.toml` names, else the embedded parts, started for a moment.

use slingshot_topology::System;

use crate::{
    Context, describe::Needs, embedded::Embedded, exit::Failure, project::Project,
    running::Running, topology::Declared,
};

/// A system with its engines.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) system: System,
    /// What was started for the moment.
    embedded: Option<Embedded>,
}

impl Attached {
    /// Finds the system, or starts what it needs.
    ///
    /// # Errors
    ///
    /// If there is no project, or an embedded part does not start.
    pub(crate) async fn new(context: &Context, needs_objects: bool) -> Result<Self, Failure> {
        let project = Project::find(context)?;
        let here = &context.environment.current_directory;
        let (declared, _) = Declared::of_project(&project, here)?.read();
        if let Some(running) = Running::read(&project) {
            return Ok(Self {
                system: running.complete(declared),
                embedded: None,
            });
        }
        let is_named = if needs_objects {
            declared.object_storage.is_some()
        } else {
            declared.rabbitmq.is_some()
        };
        if is_named {
            return Ok(Self {
                system: declared,
                embedded: None,
            });
        }
        let needs = Needs {
            objects: needs_objects,
            database: false,
        };
        let embedded = Embedded::start(context, &project, declared, needs).await?;
        Ok(Self {
            system: (*embedded.system()).clone(),
            embedded: Some(embedded),
        })
    }

    /// Stops what was started.
    pub(crate) async fn detach(self) {
        if let Some(embedded) = self.embedded {
            embedded.shutdown().await;
        }
    }
}
