//! The text that declares a system: where it is, and what it says.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use slingshot_topology::{Diagnostic, SourceFile, System, read_json, read_toml};

use crate::{
    Context,
    exit::{Exit, Failure},
    project::{Project, SYSTEM_FILE, shown},
};

/// The text that declares a system, and where its code is.
#[derive(Debug)]
pub(crate) struct Declared {
    text: String,
    /// As it is printed.
    path: String,
    /// Where its code is.
    pub(super) sources: PathBuf,
}

impl Declared {
    /// A project's `slingshot.toml`.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn of_project(project: &Project, base: &Path) -> Result<Self, Failure> {
        Self::file(&project.system_file(), project.directory.clone(), base)
    }

    /// A project's `slingshot.toml`, or what a path of the command line names.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub(super) fn at(context: &Context, path: Option<&Path>) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        let code_of_map = || {
            context
                .project
                .as_ref()
                .map_or_else(|| here.clone(), |dir| here.join(dir))
        };
        let Some(path) = path else {
            return Self::of_project(&Project::find(context)?, here);
        };
        if path == Path::new("-") {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::unreadable("cannot read stdin").because(error))?;
            return Ok(Self {
                text,
                path: "stdin".to_owned(),
                sources: code_of_map(),
            });
        }
        let path = here.join(path);
        if !path.exists() {
            return Err(Failure::new(
                Exit::NoInput,
                format!("{} does not exist", shown(&path, here)),
            ));
        }
        if path.is_dir() {
            let file = path.join(SYSTEM_FILE);
            if !file.is_file() {
                return Err(Failure::new(
                    Exit::NoInput,
                    format!("{} holds no {SYSTEM_FILE}", shown(&path, here)),
                ));
            }
            return Self::file(&file, path, here);
        }
        let sources = match path.file_name() {
            Some(name) if name == SYSTEM_FILE => path.parent().unwrap_or(here).to_owned(),
            _ => code_of_map(),
        };
        Self::file(&path, sources, here)
    }

    fn file(path: &Path, sources: PathBuf, base: &Path) -> Result<Self, Failure> {
        let shown = shown(path, base).to_string();
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::unreadable(format!("cannot read {shown}")).because(error))?;
        Ok(Self {
            text,
            path: shown,
            sources,
        })
    }

    /// JSON begins with a brace, which no `slingshot.toml` does.
    pub(crate) fn read(&self) -> (System, Vec<Diagnostic>) {
        let file = SourceFile::new(self.path.clone(), self.text.clone());
        if self.text.trim_start().starts_with(['{', '<']) {
            read_json(&file)
        } else {
            read_toml(&file)
        }
    }
}
