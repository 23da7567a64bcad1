//! `--watch`: the scripts of a run start again when one of their files changes.

use slingshot_topology::System;

use crate::{
    Context,
    code::ScannedCode,
    exit::Failure,
    project::Project,
    sources::{Disk, Seen, files},
    topology::Scripts,
};

/// The files of the scripts that run.
#[derive(Debug)]
pub(crate) struct Watch {
    scripts: Scripts,
    seen: Seen,
}

impl Watch {
    /// # Errors
    ///
    /// If the system has no script, or one of its files cannot be read.
    pub(crate) fn of(
        context: &Context,
        project: &Project,
        system: &System,
    ) -> Result<Self, Failure> {
        let scripts = Scripts::of(system, &project.directory, &Disk);
        if scripts.there.is_empty() {
            return Err(Failure::usage(
                "--watch starts Python services again, and the system has none",
            )
            .help("leave it out; `slingshot topology check --watch` checks at each change"));
        }
        let watch = Self {
            scripts,
            seen: Seen::default(),
        };
        watch.look(project)?;
        context
            .printer
            .status("Watching", &files(watch.seen.count()));
        Ok(watch)
    }

    /// Waits until a file changes. What it imports from then on is looked at, too.
    pub(crate) async fn next(&self, context: &Context, project: &Project) -> String {
        let here = &context.environment.current_directory;
        let changed = self.seen.changes(here).await;
        // One that cannot be read now is the interpreter's to report.
        self.look(project).ok();
        changed
    }

    fn look(&self, project: &Project) -> Result<(), Failure> {
        ScannedCode::of_scripts(&self.scripts.there, &project.directory, &self.seen).map(drop)
    }
}
