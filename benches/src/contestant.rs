//! Who races, and how its process is started.

use std::{fmt, process::Stdio};

use anyhow::Result;
use tokio::process::Command;

use crate::{
    engines::{Engines, SECRETS, Stage},
    process::Process,
};

/// The prefetch where there is nothing to do but to pass a message on.
const PREFETCH: u16 = 64;

#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    work: Work,
    pub(crate) prefetch: u16,
    /// The size of the objects, where there are any.
    pub(crate) object_size: Option<usize>,
    pub(crate) rows: bool,
}

#[derive(Clone, Debug)]
enum Work {
    ByHand {
        role: &'static str,
        at_once: u16,
        /// What it publishes is a body and nothing else.
        bare: bool,
    },
    Service {
        name: &'static str,
        replicas: u16,
    },
}

impl Contestant {
    pub(crate) fn service(name: &'static str, replicas: u16, prefetch: u16) -> Self {
        Self {
            work: Work::Service { name, replicas },
            prefetch,
            object_size: None,
            rows: false,
        }
    }

    fn by_hand(role: &'static str, at_once: u16, prefetch: u16) -> Self {
        Self {
            work: Work::ByHand {
                role,
                at_once,
                bare: false,
            },
            ..Self::service("", 0, prefetch)
        }
    }

    /// Without files and database.
    pub(crate) fn passing() -> Vec<Self> {
        let by_hand = Self::by_hand("pass", 0, PREFETCH);
        let mut bare = by_hand.clone();
        if let Work::ByHand { bare, .. } = &mut bare.work {
            *bare = true;
        }
        let mut contestants = vec![by_hand, bare];
        for replicas in [1, 8, 32] {
            contestants.push(Self::service("pass", replicas, PREFETCH));
            contestants.push(Self::service("pass-async", replicas, PREFETCH));
        }
        contestants
    }

    /// With an object of a size read and another written.
    pub(crate) fn copying(replicas: u16, size: usize) -> Vec<Self> {
        let mut contestants = vec![
            Self::by_hand("copy", replicas, replicas * 2),
            Self::service("copy", replicas, replicas * 2),
            Self::service("copy-async", replicas, replicas * 2),
        ];
        for contestant in &mut contestants {
            contestant.object_size = Some(size);
        }
        contestants
    }

    /// With a row inserted.
    pub(crate) fn inserting(replicas: u16) -> Vec<Self> {
        let mut contestants = vec![
            Self::by_hand("insert", replicas, replicas * 2),
            Self::service("insert", replicas, replicas * 2),
        ];
        for contestant in &mut contestants {
            contestant.rows = true;
        }
        contestants
    }

    /// The service of the sys-map. Where the work is done by hand, nobody asks for it.
    pub(crate) fn system(&self) -> String {
        match &self.work {
            Work::ByHand { role, .. } => Stage::system(role, 1, self.prefetch),
            Work::Service { name, replicas } => Stage::system(name, *replicas, self.prefetch),
        }
    }

    pub(crate) fn spawn(&self, engines: &Engines, stage: &Stage) -> Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--rabbitmq", "-", "--database", "-"]);
        match &self.work {
            Work::ByHand {
                role,
                at_once,
                bare,
            } => {
                command.args([role, "--rabbitmq", &engines.rabbitmq, "--prefetch"]);
                command.arg(self.prefetch.to_string());
                if let Some(store) = stage.store_url() {
                    command.args(["--store", store]);
                }
                if self.rows {
                    command.args(["--database", &engines.database]);
                }
                if *bare {
                    command.arg("--bare");
                }
                if *at_once > 0 {
                    command.args(["--at-once", &at_once.to_string()]);
                }
            }
            Work::Service { name, .. } => {
                command
                    .arg("services")
                    .env("SLINGSHOT_SERVICES", name)
                    .env("SLINGSHOT_SYS_MAP", stage.sys_map_url())
                    .envs(SECRETS.into_iter().zip(engines.secrets()));
            }
        }
        command
            .env("RUST_LOG", "warn,lapin=off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        Process::spawn(command)
    }
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.work {
            Work::ByHand { bare: true, .. } => f.write_str("by hand, bodies only"),
            Work::ByHand { at_once: 0, .. } => f.write_str("by hand"),
            Work::ByHand { at_once, .. } => write!(f, "by hand, {at_once} at once"),
            Work::Service { name, replicas } => {
                let kind = if name.ends_with("-async") {
                    "async"
                } else {
                    "sync"
                };
                write!(f, "Slingshot, {kind}, {replicas} replicas")
            }
        }
    }
}
