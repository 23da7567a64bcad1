//! The Python scripts that a system names.

use std::path::{Path, PathBuf};

use slingshot_topology::{Spanned, System};

use crate::sources::Texts;

/// Those that are there, each once, and the names of those that are not.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    pub(crate) there: Vec<PathBuf>,
    pub(crate) missing: Vec<Spanned<String>>,
}

impl Scripts {
    /// From the directory of the system's file on.
    pub(crate) fn of(system: &System, directory: &Path, texts: &dyn Texts) -> Self {
        let mut scripts = Self::default();
        let services = system.services.iter();
        let of_services = services.filter_map(|service| service.python.as_ref());
        for named in of_services.chain(&system.handler_script) {
            let path = directory.join(&named.value);
            if !texts.is_file(&path) {
                scripts.missing.push(named.clone());
            } else if !scripts.there.contains(&path) {
                scripts.there.push(path);
            }
        }
        scripts
    }
}
