//! Which binary runs which service, and how many times: the code held against `slingshot.toml`.

use std::collections::BTreeMap;

use slingshot_topology::{Code as ScannedCode, System};

use crate::{
    arguments::ids::Formation,
    describe::{self, DescribedHandler, DescribedService, Needs},
    exit::Failure,
    failures::unknown_service,
    program::Program,
};

/// What is going to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) services: Vec<PlannedService>,
    pub(crate) hosts: Vec<Host>,
}

/// A process of handlers: one for each binary that has any, with the binary's services in it too.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// The binary's name.
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) handlers: Vec<DescribedHandler>,
    /// The services that run in it.
    pub(crate) services: Vec<String>,
}

impl Host {
    /// One for the built-in handlers alone, which every binary has.
    fn of_files(programs: &[Program]) -> Result<Self, Failure> {
        let binaries: Vec<_> = programs.iter().filter(|it| !it.is_script()).collect();
        let [binary] = binaries[..] else {
            return Err(Failure::usage(format!(
                "[http] has `files`, and none of the {} binaries has a handler",
                binaries.len()
            ))
            .help(
                "annotate a function with #[handler] in the one whose process is to keep the files",
            ));
        };
        Ok(Self {
            name: binary.name.clone(),
            program: binary.clone(),
            handlers: Vec::new(),
            services: Vec::new(),
        })
    }
}

/// A service with its code and its place in the system.
#[derive(Clone, Debug)]
pub(crate) struct PlannedService {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) processes: u16,
    /// The queue that it reads.
    pub(crate) queue: String,
    /// The bucket keys that its code writes, as far as that is known.
    pub(crate) writes: Vec<String>,
    needs: Needs,
    /// Whether it runs in the process of its binary's handlers.
    pub(crate) is_hosted: bool,
}

#[cfg(test)]
impl PlannedService {
    /// A service of which nothing else matters.
    pub(crate) fn named(name: &str, processes: u16) -> Self {
        Self {
            name: name.to_owned(),
            program: Program::binary("", ""),
            processes,
            queue: name.to_owned(),
            writes: Vec::new(),
            needs: Needs {
                objects: false,
                database: false,
            },
            is_hosted: false,
        }
    }
}

/// A service's code, and the program that it is in.
type Code = BTreeMap<String, (Program, DescribedService)>;

impl Plan {
    /// Asks every program for its services and joins them with the system's.
    ///
    /// # Errors
    ///
    /// If the two do not agree, or a named service does not exist.
    pub(crate) async fn new(
        programs: &[Program],
        system: &System,
        selected: &[String],
        formation: &[Formation],
    ) -> Result<Self, Failure> {
        let mut code = Code::new();
        let mut hosts = Vec::new();
        for program in programs {
            let manifest = describe::manifest(program).await?;
            if !manifest.handlers.is_empty() {
                hosts.push(Host {
                    name: program.name.clone(),
                    program: program.clone(),
                    handlers: manifest.handlers,
                    services: Vec::new(),
                });
            }
            for service in manifest.services {
                let name = service.name.clone();
                let new = (program.clone(), service);
                if let Some((other, _)) = code.insert(name.clone(), new) {
                    return Err(
                        Failure::usage(format!("two programs have the service `{name}`")).help(
                            format!("they are {other} and {program}: rename one of the two"),
                        ),
                    );
                }
            }
        }
        if hosts.is_empty() && files(system).is_some() {
            hosts.push(Host::of_files(programs)?);
        }
        if code.is_empty() && hosts.is_empty() {
            return Err(Failure::usage("the code has neither services nor handlers").help(
                "annotate a function with #[microservice] or #[handler], and let main return slingshot::run()",
            ));
        }
        let mut plan = Self::join(&code, system, selected, formation)?;
        plan.host(hosts, selected.is_empty(), &code, formation)?;
        Ok(plan)
    }

    /// Puts services into the processes of the handlers that their binaries have. Where services are named,
    /// handlers run with those only.
    fn host(
        &mut self,
        hosts: Vec<Host>,
        all: bool,
        code: &Code,
        formation: &[Formation],
    ) -> Result<(), Failure> {
        for mut host in hosts {
            let is_here = |name: &str| code.get(name).is_some_and(|(it, _)| *it == host.program);
            let mut formation = formation.iter();
            if let Some(several) = formation.find(|it| it.processes != 1 && is_here(&it.service)) {
                let service = &several.service;
                return Err(Failure::usage(format!(
                    "`{service}` runs in the process of the handlers of {}, of which there is one",
                    host.name
                ))
                .help(
                    "say with `replicas` in its annotation how many requests it works on at once",
                ));
            }
            for service in &mut self.services {
                if service.program == host.program {
                    service.is_hosted = true;
                    host.services.push(service.name.clone());
                }
            }
            if all || !host.services.is_empty() {
                self.hosts.push(host);
            }
        }
        Ok(())
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
                "write a function with #[microservice(name = \"…\")], or name its script with `python = \"…\"`, or name the services to run",
            ));
        }
        let services = present
            .into_iter()
            .filter_map(|name| Some((system.service(name)?, code.get(name)?)))
            .map(|(service, (program, described))| PlannedService {
                name: service.name.value.to_string(),
                program: program.clone(),
                processes: formation
                    .iter()
                    .find(|formation| formation.service == service.name.value)
                    .map_or(1, |formation| formation.processes),
                queue: service.inbound.value.to_string(),
                writes: described.writes().to_vec(),
                needs: described.needs,
                is_hosted: false,
            })
            .filter(|service| service.processes > 0)
            .collect();
        Ok(Self {
            services,
            hosts: Vec::new(),
        })
    }

    /// Adds the keys that the sources show, which the binaries do not know.
    pub(crate) fn add_writes(&mut self, code: &ScannedCode) {
        for service in &mut self.services {
            let scanned = code
                .services
                .iter()
                .filter(|scanned| scanned.name == service.name);
            for key in scanned.flat_map(|scanned| &scanned.writes) {
                if !service.writes.contains(&key.value) {
                    service.writes.push(key.value.clone());
                }
            }
        }
    }

    /// What any of the services needs, and what the handlers need of this system.
    pub(crate) fn needs(&self, system: &System) -> Needs {
        let keeps_files = !self.hosts.is_empty() && files(system).is_some();
        Needs {
            objects: keeps_files || self.services.iter().any(|service| service.needs.objects),
            database: self.services.iter().any(|service| service.needs.database),
        }
    }

    /// The service of a name, if it runs.
    pub(crate) fn service(&self, name: &str) -> Option<&PlannedService> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// The bucket of the built-in handlers for files.
fn files(system: &System) -> Option<&str> {
    system.http.as_ref()?.files.as_deref()
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests;
