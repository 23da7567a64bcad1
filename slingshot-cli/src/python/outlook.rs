//! Which Python a run would take, looked at and not made.

use super::{
    Found, Venv, existing, found_in, installing,
    interpreter::{self, Module},
    requirements::Requirements,
};
use crate::{Context, exit::Failure, project::Project, project::shown};

/// What functions that take a `connection` need.
const ALCHEMY: &str = "sqlalchemy";
/// The drivers, in the order in which the package of services takes them.
const DRIVERS: [&str; 2] = ["psycopg", "psycopg2"];
/// The oldest SQLAlchemy that will do.
const OLDEST_ALCHEMY: u32 = 2;

/// The Python of a project's next run.
#[derive(Debug)]
pub(crate) enum Outlook {
    /// An environment that is there.
    There(Box<There>),
    /// One that the run makes or completes first, and with what.
    Made {
        /// Where.
        place: String,
        /// The version of its Python.
        version: String,
        /// The file that names what is installed.
        file: &'static str,
    },
}

/// An environment that a run takes as it is.
#[derive(Debug)]
pub(crate) struct There {
    found: Found,
    place: String,
    /// Whether it is taken because somebody has activated it.
    pub(crate) is_active: bool,
}

impl Outlook {
    /// Looks where [`Python::of`](super::Python::of) does.
    ///
    /// # Errors
    ///
    /// If a run would end for want of a Python, or of a word about what to install.
    pub(crate) async fn of(context: &Context, project: &Project) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        let venv = Venv::of(project);
        let environment = match existing(context, &project.directory) {
            Some(environment) => environment,
            None => {
                let requirements = Requirements::of(&project.directory)?;
                if !venv.has_all(&requirements) {
                    let found = interpreter::on_path(&context.environment.path).await?;
                    return Ok(Self::Made {
                        place: shown(&venv.directory, here).to_string(),
                        version: found.version(),
                        file: requirements.file,
                    });
                }
                venv.directory
            }
        };
        let place = shown(&environment, here).to_string();
        let others = [&[ALCHEMY], &DRIVERS[..]].concat();
        Ok(Self::There(Box::new(There {
            found: found_in(&environment, &place, &others).await?,
            place,
            is_active: context.environment.virtual_env.as_ref() == Some(&environment),
        })))
    }
}

impl There {
    /// The version of its Python, and where it is.
    pub(crate) fn python(&self) -> String {
        format!("{} in {}", self.found.version(), self.place)
    }

    /// What to do so that it has a package.
    pub(crate) fn install(&self, package: &str) -> String {
        installing(&self.found.interpreter, package)
    }

    /// The version of the package of services.
    ///
    /// # Errors
    ///
    /// If it is not there, cannot be imported, or is its predecessor.
    pub(crate) fn package(&self) -> Result<&str, Failure> {
        self.found.package(&self.place)
    }

    /// SQLAlchemy and the driver that functions with a `connection` work with.
    ///
    /// # Errors
    ///
    /// What of the two is not there, or will not do.
    pub(crate) fn database(&self) -> Result<String, String> {
        let place = &self.place;
        let alchemy = match self.found.other(ALCHEMY) {
            None => return Err(format!("{place} has no SQLAlchemy")),
            Some(Module::Broken(why)) => {
                return Err(format!("SQLAlchemy of {place} cannot be imported: {why}"));
            }
            Some(Module::Version(version)) => version,
        };
        let major = alchemy.split('.').next();
        if major
            .and_then(|it| it.parse().ok())
            .is_some_and(|major: u32| major < OLDEST_ALCHEMY)
        {
            return Err(format!("SQLAlchemy {alchemy} of {place} is older than 2"));
        }
        let mut broken = None;
        for name in DRIVERS {
            match self.found.other(name) {
                Some(Module::Version(version)) => {
                    return Ok(format!("{alchemy} with {name} {version}"));
                }
                Some(Module::Broken(why)) => {
                    broken.get_or_insert(format!("{name} of {place} cannot be imported: {why}"));
                }
                None => {}
            }
        }
        Err(broken.unwrap_or_else(|| format!("{place} has no psycopg")))
    }
}
