//! Which binary runs which service, and how many times: the code held against `slingshot.toml`.

use std::{collections::BTreeMap, path::PathBuf};

use slingshot_topology::System;

use crate::{
    arguments::ids::Formation,
    cargo::Binary,
    describe::{self, DescribedService, Needs},
    exit::Failure,
    failures::unknown_service,
};

/// What is going to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) services: Vec<PlannedService>,
}

/// A service with its code and its place in the system.
#[derive(Clone, Debug)]
pub(crate) struct PlannedService {
    pub(crate) name: String,
    pub(crate) binary: PathBuf,
    pub(crate) processes: u16,
    /// The queue that it reads.
    pub(crate) queue: String,
    /// The bucket keys that its code says it writes.
    pub(crate) writes: Vec<String>,
    needs: Needs,
}

/// A service's code, and the binary that it is in.
type Code = BTreeMap<String, (PathBuf, DescribedService)>;

impl Plan {
    /// Asks every binary for its services and joins them with the system's.
    ///
    /// # Errors
    ///
    /// If the two do not agree, or a named service does not exist.
    pub(crate) async fn new(
        binaries: &[Binary],
        system: &System,
        selected: &[String],
        formation: &[Formation],
    ) -> Result<Self, Failure> {
        let mut code = Code::new();
        for binary in binaries {
            for service in describe::manifest(&binary.path).await?.services {
                let name = service.name.clone();
                let new = (binary.path.clone(), service);
                if let Some((other, _)) = code.insert(name.clone(), new) {
                    return Err(
                        Failure::usage(format!("two binaries have the service `{name}`")).help(
                            format!(
                                "they are {} and {}: rename one of the two",
                                other.display(),
                                binary.path.display()
                            ),
                        ),
                    );
                }
            }
        }
        Self::join(&code, system, selected, formation)
    }

    fn join(
        code: &Code,
        system: &System,
        selected: &[String],
        formation: &[Formation],
    ) -> Result<Self, Failure> {
        let declared: Vec<_> = system
            .services
            .iter()
            .map(|service| service.name.value.as_str())
            .collect();
        let named = formation
            .iter()
            .map(|formation| &formation.service)
            .chain(selected);
        for name in named {
            if !declared.contains(&name.as_str()) {
                return Err(unknown_service(name, system));
            }
        }
        let is_selected =
            |name: &str| selected.is_empty() || selected.iter().any(|one| one == name);
        let undeclared: Vec<_> = code
            .keys()
            .map(String::as_str)
            .filter(|name| is_selected(name) && !declared.contains(name))
            .collect();
        if !undeclared.is_empty() {
            return Err(Failure::usage(format!(
                "slingshot.toml does not have {}, which the code has",
                quoted(&undeclared)
            ))
            .help(format!(
                "add [services.{}], or name the services to run",
                undeclared.join("], [services.")
            )));
        }
        let wanted = declared.into_iter().filter(|name| is_selected(name));
        let (present, absent): (Vec<_>, Vec<_>) = wanted.partition(|name| code.contains_key(*name));
        if !absent.is_empty() {
            return Err(Failure::usage(format!(
                "no code has {}, which slingshot.toml has",
                quoted(&absent)
            ))
            .help(
                "write a function with #[microservice(name = \"…\")], or name the services to run",
            ));
        }
        let services = present
            .into_iter()
            .filter_map(|name| Some((system.service(name)?, code.get(name)?)))
            .map(|(service, (binary, described))| PlannedService {
                name: service.name.value.clone(),
                binary: binary.clone(),
                processes: formation
                    .iter()
                    .find(|formation| formation.service == service.name.value)
                    .map_or(1, |formation| formation.processes),
                queue: service.inbound.value.clone(),
                writes: described.writes().to_vec(),
                needs: described.needs,
            })
            .filter(|service| service.processes > 0)
            .collect();
        Ok(Self { services })
    }

    /// What any of the services needs.
    pub(crate) fn needs(&self) -> Needs {
        Needs {
            objects: self.services.iter().any(|service| service.needs.objects),
            database: self.services.iter().any(|service| service.needs.database),
        }
    }

    /// The service of a name, if it runs.
    pub(crate) fn service(&self, name: &str) -> Option<&PlannedService> {
        self.services.iter().find(|service| service.name == name)
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
