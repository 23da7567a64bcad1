//! `--input`: files, and the service that gets them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use slingshot_topology::{Service, System};

use crate::{
    exit::{Exit, Failure},
    failures::unknown_service,
    project::shown,
};

/// The key under which a service reads what it is sent.
const KEY: &str = "in";
/// More files than this in one command are a mistake.
const MAX_FILES: usize = 1_000_000;

/// Files for services, in the order in which they get their ids.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) files: Vec<InputFile>,
}

/// One file that becomes an object and a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputFile {
    pub(crate) service: String,
    pub(crate) bucket: String,
    /// The queue that the service reads.
    pub(crate) queue: String,
    pub(crate) path: PathBuf,
    /// The path as it is printed.
    pub(crate) shown: String,
}

impl Input {
    /// Finds the files of every `PATH` and `SERVICE=PATH`.
    ///
    /// # Errors
    ///
    /// If a path does not exist, cannot be read or holds no file, or no service takes it.
    pub(crate) fn find(words: &[String], system: &System, here: &Path) -> Result<Self, Failure> {
        let mut input = Self::default();
        for word in words {
            let (service, path) = split(word, system, here);
            let service = match service {
                Some(service) => service,
                None => first_service(system)?,
            };
            let bucket = service.bucket(KEY).ok_or_else(|| {
                let name = &service.name.value;
                Failure::usage(format!("`{name}` has no bucket `{KEY}` to put files into")).help(
                    format!("add it to `buckets` of [services.{name}] in slingshot.toml"),
                )
            })?;
            for path in files(&here.join(path), here)? {
                input.files.push(InputFile {
                    service: service.name.value.to_string(),
                    bucket: bucket.to_owned(),
                    queue: service.inbound.value.to_string(),
                    shown: shown(&path, here).to_string(),
                    path,
                });
            }
        }
        match input.files.len() {
            0..=MAX_FILES => Ok(input),
            count => Err(Failure::usage(format!(
                "{count} files are more than one command takes ({MAX_FILES})"
            ))),
        }
    }
}

/// A file whose name has a `=` is a file, and not a service's.
fn split<'w, 's>(word: &'w str, system: &'s System, here: &Path) -> (Option<&'s Service>, &'w str) {
    match word.split_once('=') {
        Some((name, path)) if !here.join(word).exists() => match system.service(name) {
            Some(service) => (Some(service), path),
            None => (None, word),
        },
        _ => (None, word),
    }
}

/// The service that is fed from outside first.
fn first_service(system: &System) -> Result<&Service, Failure> {
    let source = system.sources.first().ok_or_else(|| {
        Failure::usage("slingshot.toml does not say which service takes files")
            .help("name the queue that is fed from outside under [topology]: sources = [\"…\"],\nor name the service: --input SERVICE=PATH")
    })?;
    let reads = |service: &&Service| service.inbound.value == source.value;
    system
        .services
        .iter()
        .find(reads)
        .ok_or_else(|| unknown_service(&source.value, system))
}

fn files(path: &Path, here: &Path) -> Result<Vec<PathBuf>, Failure> {
    let name = shown(path, here);
    let mut found = Vec::new();
    match path.is_dir() {
        true => walk(path, &mut found)
            .map_err(|error| Failure::unreadable(format!("cannot read {name}")).because(error))?,
        false if path.exists() => found.push(path.to_owned()),
        false => {
            return Err(Failure::new(
                Exit::NoInput,
                format!("{name} does not exist"),
            ));
        }
    }
    if found.is_empty() {
        Err(Failure::new(
            Exit::NoInput,
            format!("{name} holds no files"),
        ))
    } else {
        Ok(found)
    }
}

/// Every file below, sorted. Hidden ones and links to directories are left out.
fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type()? {
            kind if kind.is_dir() => walk(&path, found)?,
            _ if path.is_file() => found.push(path),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use slingshot_topology::{SourceFile, read_toml};

    use super::*;

    const SYSTEM: &str = "
        [topology]
        sources = [\"b\"]
        [services.a]
        in = \"a\"
        buckets = { in = \"as\" }
        [services.b]
        in = \"b\"
        buckets = { in = \"bs\" }
        [services.c]
        in = \"c\"
    ";

    fn check(files: &[&str], words: &[&str], expected: Result<&[&str], &str>) {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let (system, _) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = Input::find(&words, &system, directory.path());
        let found = found.map_err(|failure| failure.to_string()).map(|input| {
            let files = input.files.into_iter();
            let line = |file: InputFile| format!("{} {} {}", file.service, file.bucket, file.shown);
            files.map(line).collect::<Vec<_>>()
        });
        let expected = expected
            .map(|lines| lines.iter().map(|line| (*line).to_owned()).collect())
            .map_err(str::to_owned);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_directory_stands_for_its_files_in_order_without_hidden_ones() {
        check(
            &["d/2", "d/1", "d/x/3", "d/.hidden", "d/.git/4", "e"],
            &["d", "e"],
            Ok(&["b bs d/1", "b bs d/2", "b bs d/x/3", "b bs e"]),
        );
    }

    #[test]
    fn a_service_can_be_named_and_a_file_with_an_equals_sign_is_a_file() {
        check(
            &["x", "a=x"],
            &["a=x", "a=./x"],
            Ok(&["b bs a=x", "a as x"]),
        );
    }

    #[test]
    fn what_cannot_be_taken_is_said() {
        check(&[], &["x"], Err("x does not exist"));
        check(&["d/.hidden"], &["d"], Err("d holds no files"));
        check(
            &["x"],
            &["c=x"],
            Err("`c` has no bucket `in` to put files into"),
        );
    }
}
