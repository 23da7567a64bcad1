//! The project: the directory that holds `slingshot.toml`.

use std::path::{Path, PathBuf};

use crate::{Context, exit::Failure};

/// The file that makes a directory a project.
pub(crate) const SYSTEM_FILE: &str = "slingshot.toml";
/// Where a project keeps what `slingshot run` makes.
pub(crate) const STATE_DIRECTORY: &str = ".slingshot";

/// A project on disk.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// An absolute path.
    pub(crate) directory: PathBuf,
}

impl Project {
    /// The project that `--project` names, else the nearest one from here upwards.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(crate) fn find(context: &Context) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        if let Some(named) = &context.project {
            let directory = here.join(named);
            if !directory.join(SYSTEM_FILE).is_file() {
                return Err(
                    Failure::usage(format!("{} holds no {SYSTEM_FILE}", named.display()))
                        .help("name the directory of a project with --project"),
                );
            }
            return Ok(Self {
                directory: std::path::absolute(&directory).unwrap_or(directory),
            });
        }
        here.ancestors()
            .find(|directory| directory.join(SYSTEM_FILE).is_file())
            .map(|directory| Self {
                directory: directory.to_owned(),
            })
            .ok_or_else(|| {
                Failure::usage(format!("no {SYSTEM_FILE} here or in a directory above")).help(
                    "go to a project, name one with --project, or create one: slingshot new NAME",
                )
            })
    }

    /// `slingshot.toml`.
    pub(crate) fn system_file(&self) -> PathBuf {
        self.directory.join(SYSTEM_FILE)
    }

    /// Where `slingshot run` keeps queues, objects, the database and its own notes.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.join(STATE_DIRECTORY)
    }

    /// Locked as long as anything of a run is left.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.state().join("guardian.lock")
    }

    /// Where a running system is to be found.
    pub(crate) fn run_file(&self) -> PathBuf {
        self.state().join("run.json")
    }

    /// The embedded store's buckets, each a directory of files that are named by their ids.
    pub(crate) fn objects(&self) -> PathBuf {
        self.state().join("objects")
    }

    /// The last id that an input file was given.
    pub(crate) fn last_id_file(&self) -> PathBuf {
        self.state().join("last-id")
    }
}

/// `path` as a reader who stands in `base` would write it.
pub(crate) fn shown<'a>(path: &'a Path, base: &Path) -> std::path::Display<'a> {
    match path.strip_prefix(base) {
        Ok(short) if !short.as_os_str().is_empty() => short.display(),
        _ => path.display(),
    }
}
