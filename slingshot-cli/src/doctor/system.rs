//! The project's system: its file, the sys-map that serves it, and the secrets that it refers to.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use slingshot_runtime::client::{ClientError, SysMapClient, find_secret, sys_map_host};
use slingshot_settings::Retry;
use slingshot_topology::{Inputs, SecretReference, Service, Severity, System, check};

use super::{code::Code, finding::Finding};
use crate::{Context, project::Project, running::Running, topology::Declared};

/// How many questions are asked at once.
const AT_ONCE: usize = 8;

/// How many findings are listed of one kind.
pub(super) const LISTED: usize = 10;

/// What is known before anything is asked.
pub(super) struct Examined {
    /// With the engines that run, if the system runs.
    pub(super) system: System,
    /// The findings about `slingshot.toml`.
    pub(super) file: Vec<Finding>,
    pub(super) code: Code,
    pub(super) project: Option<Project>,
    /// Where the sys-map is, if anywhere.
    sys_map: Option<String>,
    pub(super) is_running: bool,
}

impl Examined {
    /// Reads what is there. What is not is a finding.
    pub(super) fn of(context: &Context, sys_map: Option<&str>) -> Self {
        let mut examined = Self {
            system: System::default(),
            file: Vec::new(),
            code: Code::default(),
            project: None,
            sys_map: sys_map.map(str::to_owned).or_else(sys_map_host),
            is_running: false,
        };
        let help = "go to a project, name one with --project, or create one: slingshot new NAME";
        let project = match Project::find(context) {
            Ok(project) => project,
            Err(failure) => {
                let finding = Finding::wrong("slingshot.toml", failure.to_string(), help);
                examined.file.push(finding);
                return examined;
            }
        };
        let here = &context.environment.current_directory;
        match Declared::of_project(&project, here) {
            Ok(declared) => examined.read(&declared),
            Err(failure) => {
                let words = [vec![failure.to_string()], failure.causes()].concat();
                let finding = Finding::wrong("slingshot.toml", words.join(": "), help);
                examined.file.push(finding);
            }
        }
        examined.code = Code::of(&examined.system, &project.directory, here);
        examined.file.extend(examined.of_handlers());
        if let Some(running) = Running::read(&project) {
            examined.is_running = true;
            examined
                .sys_map
                .get_or_insert_with(|| running.sys_map().to_owned());
            examined.system = running.complete(examined.system);
        }
        examined.project = Some(project);
        examined
    }

    fn read(&mut self, declared: &Declared) {
        let (system, mut diagnostics) = declared.read();
        diagnostics.extend(check(&Inputs::of(&system)));
        let errors: Vec<_> = diagnostics
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .collect();
        for error in errors.iter().take(LISTED) {
            let finding = Finding::wrong(
                "slingshot.toml",
                error.message.clone(),
                "see where: slingshot topology check",
            );
            self.file.push(finding);
        }
        if errors.is_empty() {
            let services = system.services.len();
            let plural = if services == 1 { "" } else { "s" };
            let words = format!("{services} service{plural}, no errors");
            self.file.push(Finding::fine("slingshot.toml", words));
        }
        self.system = system;
    }

    /// How many handlers the code has, and which.
    fn of_handlers(&self) -> Option<Finding> {
        let count = self.code.handlers.len();
        let plural = if count == 1 { "" } else { "s" };
        let mut names: Vec<_> = self
            .code
            .handlers
            .iter()
            .map(String::as_str)
            .take(LISTED)
            .collect();
        if count > names.len() {
            names.push("…");
        }
        let words = format!("{count} handler{plural} in the code: {}", names.join(", "));
        (count > 0).then(|| Finding::fine("handlers", words))
    }

    /// When a failed message of a service is tried again: the map's word wins over the code's.
    pub(super) fn retry(&self, service: &Service) -> Retry {
        let in_code = || self.code.services.get(&*service.name.value)?.retry;
        service.retry.or_else(in_code).unwrap_or_default().bounded()
    }

    /// How long a function may take at most.
    pub(super) fn longest_timeout(&self, default: Duration) -> (Duration, Option<&str>) {
        let said = self
            .code
            .services
            .values()
            .filter_map(|it| Some((it.timeout?, Some(it.name.as_str()))));
        said.max()
            .filter(|(timeout, _)| *timeout > default)
            .unwrap_or((default, None))
    }
}

/// Whether the sys-map answers, and answers what the file says.
pub(super) async fn sys_map(examined: &Examined) -> Vec<Finding> {
    let Some(host) = &examined.sys_map else {
        let words = "neither --sys-map nor SLINGSHOT_SYS_MAP names one";
        return vec![Finding::not_looked_at("sys-map", words)];
    };
    let sys_map = match SysMapClient::new(host) {
        Ok(sys_map) => sys_map,
        Err(error) => {
            let help = "write a host, or a URL with https:// or http://";
            return vec![Finding::wrong("sys-map", error.to_string(), help)];
        }
    };
    let help = "services start from the last good answer, and not at all without one";
    if let Err(error) = sys_map.rabbitmq().await {
        return vec![Finding::wrong("sys-map", error.to_string(), help)];
    }
    let services: Vec<_> = stream::iter(&examined.system.services)
        .map(|service| async {
            let name = &service.name.value;
            let wrong = |error: ClientError| Finding::wrong("sys-map", error.to_string(), help);
            let answer = sys_map.service(name).await.map_err(wrong)?;
            if answer.inbound != service.inbound.value {
                let words = format!(
                    "`{name}` reads `{}` there, and `{}` in slingshot.toml",
                    answer.inbound, service.inbound.value
                );
                let help = "services do what the sys-map says: is it the one of this project?";
                return Err(Finding::doubtful("sys-map", words, help));
            }
            for bucket in &service.buckets {
                sys_map
                    .bucket(name, &bucket.key.value)
                    .await
                    .map_err(wrong)?;
            }
            Ok(())
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let count = services.len();
    let mut findings: Vec<_> = services.into_iter().filter_map(Result::err).collect();
    findings.truncate(LISTED);
    if findings.is_empty() {
        let plural = if count == 1 { "" } else { "s" };
        let words = format!("answers for {count} service{plural}");
        findings.push(Finding::fine("sys-map", words));
    }
    findings
}

/// Whether each secret is where its reference says. None is shown.
pub(super) async fn secrets(examined: &Examined) -> Vec<Finding> {
    let system = &examined.system;
    let mut references: Vec<(&str, &SecretReference)> = Vec::new();
    if let Some(broker) = &system.rabbitmq {
        references.push(("the password of RabbitMQ", &broker.password));
    }
    if let Some(database) = &system.database {
        references.push(("the password of PostgreSQL", &database.password));
    }
    if let Some(objects) = &system.object_storage {
        references.push(("the access key of the object store", &objects.access_key));
        references.push(("the secret key of the object store", &objects.secret_key));
    }
    stream::iter(references)
        .map(|(what, reference)| async move {
            match find_secret(reference).await {
                Ok(()) => Finding::fine("secret", format!("{reference}: {what} is there")),
                Err(error) => Finding::wrong(
                    "secret",
                    format!("{what}: {error}"),
                    "services find it on the machine that they run on, as the user that they run as",
                ),
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}
