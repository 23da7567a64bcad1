//! The Python of a project: the virtual environment that is active, the one beside `slingshot.toml`,
//! or one that is made for it.

mod interpreter;
mod outlook;
mod requirements;
mod venv;

use std::path::{Path, PathBuf};

use crate::{
    Context,
    cargo::Build,
    exit::Failure,
    program::Program,
    project::Project,
    project::{STATE_DIRECTORY, shown},
};

pub(crate) use self::outlook::{Outlook, There};
use self::{interpreter::Found, venv::Venv};

/// What people call the virtual environment of a project.
const VENV: &str = ".venv";
/// What ours is called, beside what else a project keeps.
const MADE: &str = "venv";

/// An interpreter that has the packages of a project's services.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// A project's own; one is made where there is none.
    ///
    /// # Errors
    ///
    /// If there is no Python, one that is too old, or one without the package of services.
    pub(crate) async fn of(
        context: &Context,
        project: &Project,
        build: Build,
    ) -> Result<Self, Failure> {
        let environment = match existing(context, &project.directory) {
            Some(environment) => environment,
            None => Venv::of(project).ready(context, project, build).await?,
        };
        Self::in_environment(context, &environment).await
    }

    /// The one that runs a script outside of projects: nothing is made for it.
    ///
    /// # Errors
    ///
    /// As [`Python::of`].
    pub(crate) async fn beside(context: &Context, script: &Path) -> Result<Self, Failure> {
        let directory = script.parent().unwrap_or(Path::new(""));
        if let Some(environment) = existing(context, directory) {
            return Self::in_environment(context, &environment).await;
        }
        let found = interpreter::on_path(&context.environment.path).await?;
        found.package(&found.interpreter.display().to_string())?;
        Ok(Self {
            interpreter: found.interpreter,
        })
    }

    /// A script of the project's, as its `slingshot.toml` names it.
    pub(crate) fn program(&self, script: impl Into<PathBuf>) -> Program {
        Program::script(&self.interpreter, script.into())
    }

    async fn in_environment(context: &Context, environment: &Path) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        let name = shown(environment, here).to_string();
        let found = found_in(environment, &name, &[]).await?;
        let package = found.package(&name)?;
        context.printer.status(
            "Python",
            &format!(
                "{} in {name}, slingshot-microservice {package}",
                found.version()
            ),
        );
        Ok(Self {
            interpreter: found.interpreter,
        })
    }
}

/// What to do so that an interpreter has a package: pip is told, or the file of which its environment is made.
pub(crate) fn installing(interpreter: &Path, package: &str) -> String {
    let made = Path::new(STATE_DIRECTORY).join(MADE);
    let project = interpreter.ancestors().find_map(|above| {
        let is_ours = above.ends_with(&made);
        is_ours.then(|| above.ancestors().nth(2)).flatten()
    });
    match project {
        Some(project) => format!("add `{package}` to {}", requirements::file(project)),
        None => format!(
            "{} -m pip install {}",
            interpreter.display(),
            crate::quoted(package)
        ),
    }
}

/// The interpreter of an environment, and which of other modules it has.
async fn found_in(environment: &Path, name: &str, others: &[&str]) -> Result<Found, Failure> {
    let interpreter = interpreter_in(environment);
    if !interpreter.is_file() {
        let help = if environment.ends_with(VENV) {
            format!("make it anew: rm -r {name} && python3 -m venv {name}")
        } else {
            "activate another one, or none: `deactivate`".to_owned()
        };
        let failure = Failure::usage(format!("{name} is no virtual environment of Python"));
        return Err(failure.help(help));
    }
    let found = Found::ask_of(&interpreter, others).await?;
    found.recent()?;
    Ok(found)
}

/// The virtual environment that somebody has chosen: by activating it, or by its name.
fn existing(context: &Context, directory: &Path) -> Option<PathBuf> {
    let active = context.environment.virtual_env.clone();
    active.or_else(|| Some(directory.join(VENV)).filter(|path| path.is_dir()))
}

fn interpreter_in(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}
