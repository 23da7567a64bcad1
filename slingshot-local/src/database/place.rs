//! Where the cluster is, and as whom it runs.
//!
//! PostgreSQL refuses to run as root. Started by root, the cluster therefore belongs to `nobody`, and
//! moves to `/var/tmp` when the project is somewhere that `nobody` cannot reach, such as `/root`.

use std::{
    fs, io,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown},
    },
    path::{Path, PathBuf},
};

use s3s::crypto::{Checksum as _, Sha256};
use thiserror::Error;

use crate::hex;

/// Says in `.slingshot/` where a cluster is that is not there.
const POINTER: &str = "postgres.location";
/// Where clusters go that cannot be in their project.
const ELSEWHERE: &str = "/var/tmp";

/// A place for the cluster that does not serve.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The directory cannot be used.
    #[error("the database's directory `{}` cannot be used: {source}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else was there first.
    #[error(
        "`{}` belongs to user {uid} or is no directory, and the database cannot trust it; remove it, \
         or move the project out of a directory that only root can enter",
        .path.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// Root without a `nobody`.
    #[error(
        "PostgreSQL does not run as root, and `/etc/passwd` has no user `nobody` to run as; \
         run as another user"
    )]
    NoUnprivilegedUser,
}

/// The directory of the cluster, and whose it is.
#[derive(Clone, Debug)]
pub struct Place {
    directory: PathBuf,
    owner: Option<Owner>,
    elsewhere: bool,
}

/// An unprivileged user to run as.
#[derive(Clone, Copy, Debug)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Place {
    /// The place for the project whose `.slingshot` directory is `project`.
    ///
    /// # Errors
    ///
    /// [`PlaceError`] when the directory cannot be used or, as root, no other user exists.
    pub fn of(project: &Path) -> Result<Self, PlaceError> {
        let place = Self::of_this_user(project)?;
        if !rustix::process::geteuid().is_root() {
            return Ok(place);
        }
        let project = place
            .directory
            .parent()
            .expect("a directory in the project");
        let owner = nobody().ok_or(PlaceError::NoUnprivilegedUser)?;
        if owner.reaches(project) {
            return Ok(Self {
                owner: Some(owner),
                ..place
            });
        }
        Ok(Self {
            directory: elsewhere(project).join("postgres"),
            owner: Some(owner),
            elsewhere: true,
        })
    }

    /// The place for a program that does not mind to run as whoever starts it.
    pub(super) fn of_this_user(project: &Path) -> Result<Self, PlaceError> {
        let failed = |source| PlaceError::Directory {
            path: project.to_owned(),
            source,
        };
        fs::create_dir_all(project).map_err(failed)?;
        let project = fs::canonicalize(project).map_err(failed)?;
        Ok(Self {
            directory: project.join("postgres"),
            owner: None,
            elsewhere: false,
        })
    }

    /// The directory of the cluster.
    pub fn cluster(&self) -> &Path {
        &self.directory
    }

    /// The user as whom PostgreSQL runs, for people.
    pub(super) fn user(&self) -> &'static str {
        match self.owner {
            Some(_) => "`nobody` (PostgreSQL refuses root)",
            None => "this user",
        }
    }

    /// The data directory of real PostgreSQL.
    pub(super) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The major version that made the cluster, if there is one.
    pub(super) fn made_by(&self) -> Option<String> {
        let version = fs::read_to_string(self.data().join("PG_VERSION")).ok()?;
        Some(version.trim().to_owned())
    }

    /// Makes the directory, and the file that says where it is when it is not in the project.
    pub(super) fn prepare(&self, project: &Path) -> Result<(), PlaceError> {
        let failed = |path: &Path, source| PlaceError::Directory {
            path: path.to_owned(),
            source,
        };
        if self.elsewhere {
            let parent = self.directory.parent().expect("a directory in `/var/tmp`");
            own_directory(parent)?;
            let pointer = project.join(POINTER);
            fs::write(&pointer, format!("{}\n", self.directory.display()))
                .map_err(|source| failed(&pointer, source))?;
        }
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory);
        made.map_err(|source| failed(&self.directory, source))?;
        if let Some(owner) = self.owner {
            chown(&self.directory, Some(owner.uid), Some(owner.gid))
                .map_err(|source| failed(&self.directory, source))?;
        }
        Ok(())
    }

    /// A command that runs as the cluster's user, in its directory, without our environment.
    pub(super) fn command(&self, program: &Path) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(program);
        // `PGDATA`, `PGOPTIONS` and their kin are meant for somebody else.
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .stdin(std::process::Stdio::null());
        if self.directory.is_dir() {
            command
                .current_dir(&self.directory)
                .env("HOME", &self.directory);
        }
        if let Some(owner) = self.owner {
            command.uid(owner.uid).gid(owner.gid);
        }
        command
    }

    /// Removes the cluster of a project that does not run.
    pub(crate) fn remove(project: &Path) -> Result<(), PlaceError> {
        let Ok(project) = fs::canonicalize(project) else {
            return Ok(());
        };
        let pointer = project.join(POINTER);
        // The pointer says that there is something; where it is, we know ourselves.
        let elsewhere = pointer.exists().then(|| elsewhere(&project));
        for path in [Some(project.join("postgres")), elsewhere]
            .into_iter()
            .flatten()
        {
            match fs::remove_dir_all(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(PlaceError::Directory { path, source });
                }
                _ => {}
            }
        }
        match fs::remove_file(&pointer) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                let path = pointer;
                Err(PlaceError::Directory { path, source })
            }
            _ => Ok(()),
        }
    }
}

/// The directory outside the project: its name follows from the project's path.
fn elsewhere(project: &Path) -> PathBuf {
    let digest = Sha256::checksum(project.as_os_str().as_bytes());
    let name = format!("slingshot-{}", hex::encode(&digest[..8]));
    Path::new(ELSEWHERE).join(name)
}

/// Makes `path` a directory of ours. In `/var/tmp` anybody can be there first.
fn own_directory(path: &Path) -> Result<(), PlaceError> {
    let failed = |source| PlaceError::Directory {
        path: path.to_owned(),
        source,
    };
    match fs::DirBuilder::new().mode(0o711).create(path) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => return Err(failed(source)),
        _ => {}
    }
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !metadata.is_dir() || !ours {
        return Err(PlaceError::Foreign {
            path: path.to_owned(),
            uid: metadata.uid(),
        });
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o711)).map_err(failed)
}

impl Owner {
    /// Whether every directory on the way to `path` lets this user through.
    fn reaches(self, path: &Path) -> bool {
        path.ancestors().all(|directory| {
            fs::metadata(directory).is_ok_and(|metadata| {
                let enter = match () {
                    () if metadata.uid() == self.uid => 0o100,
                    () if metadata.gid() == self.gid => 0o010,
                    () => 0o001,
                };
                metadata.mode() & enter != 0
            })
        })
    }
}

/// The user that owns nothing, from the list that every Unix has.
fn nobody() -> Option<Owner> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (name == "nobody").then_some(Owner { uid, gid })
    })
}
