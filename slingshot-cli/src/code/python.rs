//! What the project's Python scripts say, in the words of the rules. They are parsed, and never run: what
//! `python -m slingshot_microservice describe` finds by running them is found here by reading.

mod arguments;
mod calls;
mod cases;
mod follow;
mod keys;
mod module;
mod modules;
mod options;
mod services;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use slingshot_topology::{CodeHandler, CodeService, Process, Spanned};

use self::{
    modules::{MAX_FILES, Modules},
    services::Found,
};
use super::ScannedCode;
use crate::{exit::Failure, sources::Texts};

impl ScannedCode {
    /// Scans scripts alone.
    ///
    /// # Errors
    ///
    /// If one of their files cannot be read.
    pub(crate) fn of_scripts(
        scripts: &[PathBuf],
        base: &Path,
        texts: &dyn Texts,
    ) -> Result<Self, Failure> {
        let mut scanned = Self::default();
        scanned.add_scripts(scripts, base, texts)?;
        Ok(scanned)
    }

    /// Adds the services and handlers of scripts, and of what these import from beside them.
    ///
    /// # Errors
    ///
    /// If one of the files cannot be read.
    pub(super) fn add_scripts(
        &mut self,
        scripts: &[PathBuf],
        base: &Path,
        texts: &dyn Texts,
    ) -> Result<(), Failure> {
        for (number, script) in scripts.iter().enumerate() {
            // Each is a process of its own: numbers from the other end than those of the binaries.
            let process = Process::Binary(usize::MAX - number);
            let modules = Modules::of(script, base, texts, MAX_FILES)?;
            let mut found = Found::of(&modules);
            for module in modules.all() {
                if let Some(error) = module.error() {
                    let message = "this is not Python".to_owned();
                    self.code
                        .refused
                        .push(Spanned::new(message, module.span(error)));
                }
                found.add(&modules, module);
            }
            self.add_found(found, process);
        }
        Ok(())
    }

    /// Two scripts may import one file.
    fn add_found(&mut self, found: Found, process: Process) {
        for service in found.services {
            let mut known = self.code.services.iter_mut();
            match known.find(|it| it.at == service.at) {
                Some(known) => known.processes.push(process),
                None => self.code.services.push(CodeService {
                    processes: vec![process],
                    ..service
                }),
            }
        }
        for handler in found.handlers {
            let mut known = self.code.handlers.iter_mut();
            match known.find(|it| it.at == handler.at) {
                Some(known) => known.processes.push(process),
                None => self.code.handlers.push(CodeHandler {
                    processes: vec![process],
                    ..handler
                }),
            }
        }
        for unseen in found.unseen {
            self.push_unseen(unseen);
        }
        self.hides_annotations |= found.hides_services;
    }
}
