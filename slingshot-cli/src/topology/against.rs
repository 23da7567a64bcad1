//! The system at work, by a file or by a revision of git: what `--against` names.

mod revision;

use std::path::{Path, PathBuf};

use slingshot_topology::System;

use self::revision::{Found, Revision};
use super::Declared;
use crate::{Context, exit::Failure, sources::Seen};

/// The system that another one is held against.
#[derive(Debug)]
pub(super) struct Against {
    pub(super) system: System,
    /// What it is called: a path, or `main:slingshot.toml`.
    pub(super) name: String,
    /// Whether there was nothing of that name in the revision: every service is new.
    pub(super) was_missing: bool,
    /// The files that it was read from, if it was not a revision.
    pub(super) files: Vec<PathBuf>,
}

impl Against {
    /// Reads the file of that name, if there is one, or else what a revision holds.
    ///
    /// # Errors
    ///
    /// If there is neither such a file nor such a revision, or it cannot be read.
    pub(super) fn read(
        context: &Context,
        named: &str,
        declared: &Declared,
    ) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        if Self::is_file(here, named) {
            let file = Declared::at(context, Some(Path::new(named)))?;
            let (system, _) = file.read();
            return Ok(Self {
                system,
                name: file.path().to_owned(),
                was_missing: false,
                files: file
                    .files()
                    .into_iter()
                    .map(|file| here.join(file))
                    .collect(),
            });
        }
        Self::at_revision(context, named, declared)
    }

    /// Notes what a check that is made again has to look at when a revision is named: its commit.
    pub(super) fn note_revision(
        context: &Context,
        named: &str,
        declared: &Declared,
        seen: &Seen,
    ) -> Result<(), Failure> {
        let here = &context.environment.current_directory;
        if !Self::is_file(here, named) {
            Revision::named(named, here)?.note(declared, seen);
        }
        Ok(())
    }

    fn is_file(here: &Path, named: &str) -> bool {
        named == "-" || here.join(named).exists()
    }

    /// Reads what a revision holds in the place of `declared`, whatever files there are. `REVISION:PATH` is another
    /// file of a revision.
    ///
    /// # Errors
    ///
    /// If there is no such revision, or it cannot be read.
    pub(super) fn at_revision(
        context: &Context,
        named: &str,
        declared: &Declared,
    ) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        Ok(match Revision::named(named, here)?.read(declared)? {
            Found::System { declared, name } => Self {
                system: declared.read().0,
                name,
                was_missing: false,
                files: Vec::new(),
            },
            Found::Nothing { name } => Self {
                system: System {
                    complete: true,
                    ..System::default()
                },
                name,
                was_missing: true,
                files: Vec::new(),
            },
        })
    }

    /// Tells what of it the reader has to know.
    pub(super) fn report(&self, context: &Context) {
        let name = &self.name;
        if self.was_missing {
            let text = format!("with nothing: there is no {name}, so that all is new");
            context.printer.status("Comparing", &text);
        } else if !self.system.complete {
            context.printer.warning(&format!(
                "{name} is not understood as a whole: what it lacks may be there"
            ));
        }
    }
}
