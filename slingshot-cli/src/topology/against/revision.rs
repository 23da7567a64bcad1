//! A system as a revision of the local repository holds it. Nothing is cloned or fetched: git is asked for the
//! contents of single files.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use slingshot_topology::SourceFile;

use super::super::{
    Declared,
    places::{answers_among, may_be_an_answer},
};
use crate::{
    exit::{Exit, Failure},
    sources::Seen,
};

/// A revision, and the file of it that is named, if any is.
pub(super) struct Revision<'a> {
    commit: &'a str,
    path: Option<&'a str>,
    here: &'a Path,
}

/// What a revision holds.
pub(super) enum Found {
    /// A system.
    System {
        /// Its text, or texts.
        declared: Declared,
        /// `main:slingshot.toml`.
        name: String,
    },
    /// No such file.
    Nothing {
        /// What is not there.
        name: String,
    },
}

impl<'a> Revision<'a> {
    /// `REVISION`, or `REVISION:PATH`.
    pub(super) fn named(named: &'a str, here: &'a Path) -> Result<Self, Failure> {
        let (revision, path) = match named.split_once(':') {
            Some((revision, path)) => (revision, Some(path)),
            None => (named, None),
        };
        if revision.is_empty() || path.is_some_and(str::is_empty) {
            return Err(Failure::usage(format!("`{named}` names no revision"))
                .help("name a file, a revision, or REVISION:PATH"));
        }
        Ok(Self {
            commit: revision,
            path,
            here,
        })
    }

    /// Notes which commit it is, so that it is known when it is another.
    pub(super) fn note(&self, declared: &Declared, seen: &Seen) {
        let place = self.here.join(declared.path());
        let directory = match self.path {
            Some(_) => self.here,
            None if place.is_dir() => &place,
            None => place.parent().unwrap_or(self.here),
        };
        seen.also_name(directory, self.commit, commit);
    }

    /// What stands at the place of `declared`, or at the path that is named.
    pub(super) fn read(&self, declared: &Declared) -> Result<Found, Failure> {
        if let Some(path) = self.path {
            self.exists(self.here)?;
            let name = format!("{}:{path}", self.commit);
            let bytes = git(self.here, &["cat-file", "blob", &name])?;
            let bytes = bytes.map_err(|words| {
                let message = format!("there is no {path} in {}", self.commit);
                Failure::new(Exit::NoInput, message).because(words)
            })?;
            return Ok(system(SourceFile::decode(name.clone(), bytes), name));
        }
        let place = self.here.join(declared.path());
        let name = format!("{}:{}", self.commit, declared.path());
        if !place.exists() {
            let message = format!("{} lies in no directory", declared.path());
            return Err(Failure::usage(message).help("name a file, or REVISION:PATH"));
        }
        if place.is_dir() {
            self.exists(&place)?;
            return self.answers(&place, name);
        }
        let (Some(directory), Some(file)) = (place.parent(), place.file_name()) else {
            return Ok(Found::Nothing { name });
        };
        self.exists(directory)?;
        let file = format!("./{}", file.to_string_lossy());
        if self.files(directory, &file)?.is_empty() {
            return Ok(Found::Nothing { name });
        }
        let text = SourceFile::decode(name.clone(), self.contents(directory, &file)?);
        Ok(system(text, name))
    }

    /// The answers of a sys-map, each in a file.
    fn answers(&self, directory: &Path, name: String) -> Result<Found, Failure> {
        let mut files = Vec::new();
        for path in self.files(directory, "./")? {
            let (first, key) = match path.split_once('/') {
                Some((service, key)) => (service, Some(key)),
                None => (&*path, None),
            };
            let is_hidden = first.starts_with('.') || key.is_some_and(|key| key.starts_with('.'));
            let is_deep = key.is_some_and(|key| key.contains('/'));
            if is_hidden || is_deep || (key.is_none() && !may_be_an_answer(first)) {
                continue;
            }
            let bytes = self.contents(directory, &format!("./{path}"))?;
            let file = SourceFile::decode(format!("{name}/{path}"), bytes);
            files.push((first.to_owned(), key.map(str::to_owned), file));
        }
        let answers = answers_among(files);
        if answers.is_empty() {
            return Ok(Found::Nothing { name });
        }
        let declared = Declared::of_answers(answers);
        Ok(Found::System { declared, name })
    }

    /// The files of the revision at a path and below it, as paths from the directory.
    fn files(&self, directory: &Path, path: &str) -> Result<Vec<String>, Failure> {
        let words = [
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            self.commit,
            "--",
            path,
        ];
        let listed = git(directory, &words)?.map_err(|words| self.unreadable(words))?;
        let listed = String::from_utf8_lossy(&listed);
        let mut files: Vec<_> = listed
            .split_terminator('\0')
            .map(|file| file.trim_start_matches("./").to_owned())
            .collect();
        files.sort();
        Ok(files)
    }

    fn contents(&self, directory: &Path, path: &str) -> Result<Vec<u8>, Failure> {
        let object = format!("{}:{path}", self.commit);
        git(directory, &["cat-file", "blob", &object])?.map_err(|words| self.unreadable(words))
    }

    /// Tells a revision that is not there from a directory that is in no repository.
    fn exists(&self, directory: &Path) -> Result<(), Failure> {
        let revision = self.commit;
        if commit_of(directory, revision)?.is_some() {
            return Ok(());
        }
        if let Err(words) = git(directory, &["rev-parse", "--git-dir"])? {
            let message = format!("`{revision}` is no file, and here is no repository of git");
            return Err(Failure::new(Exit::NoInput, message)
                .because(words)
                .help("name the file that is deployed"));
        }
        let branch = revision.strip_prefix("origin/").unwrap_or(revision);
        Err(Failure::new(
            Exit::NoInput,
            format!("`{revision}` is neither a file nor a revision of this repository"),
        )
        .help(format!(
            "fetch it: `git fetch --depth=1 origin {branch}`, and name it FETCH_HEAD"
        )))
    }

    fn unreadable(&self, words: String) -> Failure {
        Failure::unreadable(format!("cannot read {} from the repository", self.commit))
            .because(words)
    }
}

fn system(file: Arc<SourceFile>, name: String) -> Found {
    Found::System {
        declared: Declared::of_file(file),
        name,
    }
}

/// The commit that a revision is now: a branch's last, a tag's, what `HEAD` is at, in this worktree.
fn commit_of(directory: &Path, revision: &str) -> Result<Option<String>, Failure> {
    let commit = format!("{revision}^{{commit}}");
    let words = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ];
    let printed = git(directory, &words)?.ok();
    Ok(printed.map(|printed| String::from_utf8_lossy(&printed).trim().to_owned()))
}

/// As [`commit_of`]; that git does not start is the next check's to tell.
fn commit(directory: &Path, revision: &str) -> Option<String> {
    commit_of(directory, revision).ok().flatten()
}

/// What git prints, or its words where it refuses.
fn git(directory: &Path, words: &[&str]) -> Result<Result<Vec<u8>, String>, Failure> {
    let output = Command::new("git")
        .arg("-C")
        .arg(PathBuf::from(directory))
        .args(words)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Failure::unreadable("git does not start")
                .because(error)
                .help("install git, or name the file that is deployed")
        })?;
    if output.status.success() {
        return Ok(Ok(output.stdout));
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Ok(Err(words.trim().to_owned()))
}
