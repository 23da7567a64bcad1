//! `--watch`, of Rust: services are built again when one of their sources changes, and those that are others then start
//! again.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    Context,
    cargo::{self, Build},
    describe,
    exit::Failure,
    program::Program,
    project::Project,
    sources::Seen,
};

/// What a run prepares is prepared once.
const AGAIN: &str = "end the run and begin it again, for it runs what it began with";

/// The sources of the binaries that run, and what these were when they were started.
#[derive(Debug)]
pub(crate) struct Rebuild {
    build: Build,
    /// Whether there may be scripts alone.
    is_optional: bool,
    seen: Seen,
    running: RefCell<BTreeMap<PathBuf, Running>>,
}

/// A binary, as its processes have it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Running {
    stamp: Option<(SystemTime, u64)>,
    /// What it says it holds.
    holds: Vec<String>,
}

impl Rebuild {
    /// Of the binaries among the programs, whose build has begun then; none if there is none.
    ///
    /// # Errors
    ///
    /// If the project cannot be read.
    pub(crate) async fn of(
        context: &Context,
        project: &Project,
        build: Build,
        programs: &[Program],
        begun: SystemTime,
    ) -> Result<Option<Self>, Failure> {
        let binaries: Vec<_> = programs.iter().filter(|it| !it.is_script()).collect();
        if binaries.is_empty() || build.skip {
            return Ok(None);
        }
        let mut running = BTreeMap::new();
        for program in &binaries {
            running.insert(program.path().to_owned(), Running::of(program).await?);
        }
        let rebuild = Self {
            build,
            is_optional: binaries.len() < programs.len(),
            seen: Seen::default(),
            running: RefCell::new(running),
        };
        rebuild.look(context, project).await?;
        // What was saved during the build may not be in it. The lock file is the build's own.
        let is_source = |path: &Path| !path.ends_with("Cargo.lock");
        rebuild.seen.doubt_since(begun, is_source);
        Ok(Some(rebuild))
    }

    /// How many files are looked at.
    pub(crate) fn count(&self) -> usize {
        self.seen.count()
    }

    /// Waits until a source changes, and builds: the programs that are others than those that run, which they then are
    /// no more. Changes meanwhile are those of the next time.
    ///
    /// # Errors
    ///
    /// If the build fails, or what it makes does not say what it holds: what runs is as good as it was.
    pub(crate) async fn next(
        &self,
        context: &Context,
        project: &Project,
    ) -> Result<Vec<Program>, Failure> {
        let here = &context.environment.current_directory;
        let changed = self.seen.changes(here).await;
        context.printer.status("Changed", &changed);
        let built = cargo::build_again(context, project, self.build, self.is_optional).await;
        // Sources may have come and gone; a manifest that cannot be read is the build's to report.
        self.look(context, project).await.ok();
        let mut others = Vec::new();
        for program in built?.into_iter().map(Program::from) {
            let known = self.running.borrow().get(program.path()).cloned();
            match known {
                None => context.printer.warning(&format!(
                    "there is a new program, {}: {AGAIN}",
                    program.name
                )),
                Some(known) if known.stamp == stamp(program.path()) => {}
                Some(known) => {
                    let now = Running::of(&program).await?;
                    if now.holds != known.holds {
                        context.printer.warning(&format!(
                            "{} holds something else than it did: {AGAIN}",
                            program.name
                        ));
                    }
                    others.push((program, now));
                }
            }
        }
        // All or none: what does not start again now is another one after the next build, too.
        let mut running = self.running.borrow_mut();
        let others = others.into_iter().map(|(program, now)| {
            running.insert(program.path().to_owned(), now);
            program
        });
        Ok(others.collect())
    }

    async fn look(&self, context: &Context, project: &Project) -> Result<(), Failure> {
        let binaries: Vec<_> = self.running.borrow().keys().cloned().collect();
        cargo::look(context, project, &binaries, &self.seen).await
    }
}

impl Running {
    async fn of(program: &Program) -> Result<Self, Failure> {
        Ok(Self {
            stamp: stamp(program.path()),
            holds: describe::manifest(program).await?.holds(),
        })
    }
}

/// By this we see that a binary was linked again.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
