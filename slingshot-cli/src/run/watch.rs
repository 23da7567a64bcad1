//! `--watch`: what runs starts again when one of its files changes.

use std::time::SystemTime;

use slingshot_topology::System;

use super::rebuild::Rebuild;
use crate::{
    Context,
    cargo::Build,
    code::ScannedCode,
    exit::Failure,
    program::Program,
    project::Project,
    sources::{Disk, Seen, files},
    topology::Scripts,
};

/// The files of what runs.
#[derive(Debug)]
pub(crate) struct Watch {
    scripts: Option<WatchedScripts>,
    rebuild: Option<Rebuild>,
}

/// The files of the scripts, which are not built.
#[derive(Debug)]
struct WatchedScripts {
    scripts: Scripts,
    seen: Seen,
}

impl Watch {
    /// # Errors
    ///
    /// If nothing that runs could change, or a file cannot be read.
    pub(crate) async fn of(
        context: &Context,
        project: &Project,
        system: &System,
        programs: &[Program],
        (build, begun): (Build, SystemTime),
    ) -> Result<Self, Failure> {
        let scripts = WatchedScripts::of(project, system, programs)?;
        let rebuild = Rebuild::of(context, project, build, programs, begun).await?;
        if scripts.is_none() && rebuild.is_none() {
            return Err(
                Failure::usage("--watch builds what changes, and --no-build does not")
                    .help("leave one of the two out"),
            );
        }
        let of_scripts = scripts.as_ref().map_or(0, |it| it.seen.count());
        let of_rust = rebuild.as_ref().map_or(0, Rebuild::count);
        context
            .printer
            .status("Watching", &files(of_scripts + of_rust));
        Ok(Self { scripts, rebuild })
    }

    /// Whether a program starts again when it changes.
    pub(crate) fn is_of(&self, program: &Program) -> bool {
        if program.is_script() {
            self.scripts.is_some()
        } else {
            self.rebuild.is_some()
        }
    }
}

impl WatchedScripts {
    fn of(
        project: &Project,
        system: &System,
        programs: &[Program],
    ) -> Result<Option<Self>, Failure> {
        if !programs.iter().any(Program::is_script) {
            return Ok(None);
        }
        let watched = Self {
            scripts: Scripts::of(system, &project.directory, &Disk),
            seen: Seen::default(),
        };
        watched.look(project)?;
        Ok(Some(watched))
    }

    /// Waits until a script changes, and names it. What it imports from then on is looked at, too.
    async fn next(&self, context: &Context, project: &Project) -> String {
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

/// The next script that changes; never one where nobody watches.
pub(crate) async fn changed(watch: Option<&Watch>, context: &Context, project: &Project) -> String {
    match watch.and_then(|watch| watch.scripts.as_ref()) {
        Some(scripts) => scripts.next(context, project).await,
        None => std::future::pending().await,
    }
}

/// Waits until a source of Rust changes, and builds: the programs that have become others; never where nobody watches.
///
/// # Errors
///
/// If the build fails.
pub(crate) async fn built(
    watch: Option<&Watch>,
    context: &Context,
    project: &Project,
) -> Result<Vec<Program>, Failure> {
    match watch.and_then(|watch| watch.rebuild.as_ref()) {
        Some(rebuild) => rebuild.next(context, project).await,
        None => std::future::pending().await,
    }
}
