//! `.slingshot/run.json`: where the engines of a running system are to be found.

use std::fs;

use rustix::process::Pid;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use slingshot_topology::{
    System,
    sys_map::{ObjectStorage, RabbitMq},
};

use crate::{exit::Failure, project::Project};

/// What `slingshot run` writes down for the commands that want to talk to its system. Secrets are
/// in it by reference only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Running {
    /// The process of `slingshot run`.
    pub(crate) pid: u32,
    /// The sys-map that its services ask.
    sys_map: String,
    /// As the sys-map answers it.
    rabbitmq: Option<Value>,
    /// As the sys-map answers it.
    object_storage: Option<Value>,
}

impl Running {
    /// The note of this process.
    pub(crate) fn here(sys_map: String, system: &System) -> Self {
        Self {
            pid: std::process::id(),
            sys_map,
            rabbitmq: system.rabbitmq.as_ref().map(RabbitMq::to_json),
            object_storage: system.object_storage.as_ref().map(ObjectStorage::to_json),
        }
    }

    /// The note of a project's run, if that is still alive.
    pub(crate) fn read(project: &Project) -> Option<Self> {
        let text = fs::read_to_string(project.run_file()).ok()?;
        let note: Self = serde_json::from_str(&text).ok()?;
        note.is_alive().then_some(note)
    }

    /// A run that was killed leaves its note behind.
    fn is_alive(&self) -> bool {
        i32::try_from(self.pid)
            .ok()
            .and_then(Pid::from_raw)
            .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
    }

    /// Where its services ask.
    pub(crate) fn sys_map(&self) -> &str {
        &self.sys_map
    }

    /// `declared` with the engines that run.
    pub(crate) fn complete(&self, mut declared: System) -> System {
        let text = |answer: &Option<Value>| answer.as_ref().map(Value::to_string);
        if let Some(answer) = text(&self.rabbitmq) {
            declared.rabbitmq = RabbitMq::from_json(&answer).ok();
        }
        if let Some(answer) = text(&self.object_storage) {
            declared.object_storage = ObjectStorage::from_json(&answer).ok();
        }
        declared
    }

    /// Leaves the note.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub(crate) fn write(&self, project: &Project) -> Result<(), Failure> {
        let path = project.run_file();
        let text = serde_json::to_string_pretty(self).expect("plain data is JSON");
        fs::write(&path, text + "\n").map_err(|error| {
            Failure::unreadable(format!("cannot write {}", path.display())).because(error)
        })
    }

    /// Takes the note away.
    pub(crate) fn remove(project: &Project) {
        fs::remove_file(project.run_file()).ok();
    }
}
