//! What the code of a project says of itself: its Rust sources, and the scripts that `slingshot.toml` names.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use slingshot_settings::Retry;
use slingshot_syntax::scan::{DeclaredService, resolve};
use slingshot_topology::{CodeService, System};

use super::finding::Finding;
use crate::{
    code::ScannedCode,
    sources::{self, Disk},
    topology::Scripts,
};

/// The services and handlers; none without sources.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// By the service's name.
    pub(super) services: BTreeMap<String, Said>,
    /// The names of the handlers.
    pub(super) handlers: BTreeSet<String>,
    /// Whether cargo has something to build.
    pub(super) is_rust: bool,
    /// The scripts that are there.
    pub(super) scripts: usize,
    /// What is wrong with scripts.
    pub(super) found: Vec<Finding>,
}

/// What there is to say of one service.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) is_python: bool,
    pub(super) timeout: Option<Duration>,
    /// Where it can be read of the code.
    pub(super) retry: Option<Retry>,
    /// Whether the function takes a connection.
    pub(super) connection: bool,
    pub(super) deduplicates: bool,
}

impl From<DeclaredService> for Said {
    fn from(declared: DeclaredService) -> Self {
        Self {
            name: declared.name,
            is_python: false,
            timeout: declared.timeout,
            retry: declared.retry,
            connection: declared.connection,
            deduplicates: declared.deduplicates,
        }
    }
}

impl From<CodeService> for Said {
    fn from(read: CodeService) -> Self {
        Self {
            name: read.name,
            is_python: true,
            timeout: read.settings.timeout,
            retry: None,
            connection: read.settings.connection,
            deduplicates: read.settings.deduplicates,
        }
    }
}

impl Code {
    /// Reads what is there; paths are shown as somebody in `here` writes them.
    pub(super) fn of(system: &System, directory: &Path, here: &Path) -> Self {
        let mut code = Self {
            is_rust: sources::has_manifest(directory),
            ..Self::default()
        };
        let found = sources::packages(directory, here, &Disk);
        for package in found.unwrap_or_default().packages {
            let scans: Vec<_> = package.files.into_iter().map(|file| file.scan).collect();
            let found = resolve(&scans);
            let services = found.services.into_iter().map(|it| it.declared);
            code.add(services.map(Said::from));
            let handlers = found.handlers.into_iter().map(|it| it.declared.name);
            code.handlers.extend(handlers);
        }
        code.read_scripts(system, directory, here);
        code
    }

    fn add(&mut self, services: impl Iterator<Item = Said>) {
        let services = services.map(|said| (said.name.clone(), said));
        self.services.extend(services);
    }

    fn read_scripts(&mut self, system: &System, directory: &Path, here: &Path) {
        let scripts = Scripts::of(system, directory, &Disk);
        for missing in &scripts.missing {
            self.found.push(Finding::wrong(
                "python",
                format!("{}: there is no script {}", missing.span, missing.value),
                "`python` is the path of a script, from the directory of slingshot.toml on",
            ));
        }
        self.scripts = scripts.there.len();
        match ScannedCode::of_scripts(&scripts.there, here, &Disk) {
            Ok(scanned) => {
                for refused in &scanned.code.refused {
                    self.found.push(Finding::wrong(
                        "python",
                        format!("{}: {}", refused.span, refused.value),
                        "see where: slingshot topology check",
                    ));
                }
                self.add(scanned.code.services.into_iter().map(Said::from));
                let handlers = scanned.code.handlers.into_iter().map(|it| it.name);
                self.handlers.extend(handlers);
            }
            Err(failure) => self.found.push(Finding::of("python", &failure)),
        }
    }
}
