//! What a project says of the packages that its scripts need.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use toml_edit::{DocumentMut, Item};

use crate::exit::Failure;

const REQUIREMENTS: &str = "requirements.txt";
const PROJECT: &str = "pyproject.toml";

/// The packages to install.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirements {
    /// The file that names them.
    pub(super) file: &'static str,
    /// What pip is told.
    pub(super) arguments: Vec<OsString>,
    /// Changes when they do.
    pub(super) text: String,
}

impl Requirements {
    /// Those of a project's `requirements.txt`, else the `[project] dependencies` of its
    /// `pyproject.toml`.
    ///
    /// # Errors
    ///
    /// If there is neither, or the file cannot be read.
    pub(super) fn of(directory: &Path) -> Result<Self, Failure> {
        if let Some(text) = read(directory, REQUIREMENTS)? {
            return Ok(Self {
                file: REQUIREMENTS,
                arguments: vec!["--requirement".into(), REQUIREMENTS.into()],
                text,
            });
        }
        if let Some(text) = read(directory, PROJECT)? {
            let packages = dependencies(&text)?;
            return Ok(Self {
                file: PROJECT,
                text: packages.join("\n"),
                arguments: packages.into_iter().map(OsString::from).collect(),
            });
        }
        Err(Failure::usage(format!(
            "{} says nothing of the packages that its Python services need",
            directory.display()
        ))
        .help(
            "write requirements.txt with a line `slingshot-microservice`, or make .venv yourself, or activate an environment",
        ))
    }
}

/// The file in which a project names its packages, or would.
pub(super) fn file(directory: &Path) -> &'static str {
    if !directory.join(REQUIREMENTS).is_file() && directory.join(PROJECT).is_file() {
        PROJECT
    } else {
        REQUIREMENTS
    }
}

fn read(directory: &Path, name: &str) -> Result<Option<String>, Failure> {
    let path: PathBuf = directory.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::unreadable(format!("cannot read {}", path.display())).because(error))
        }
    }
}

fn dependencies(text: &str) -> Result<Vec<String>, Failure> {
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Failure::usage(format!("cannot read {PROJECT}")).because(error)
    })?;
    let dependencies = document
        .get("project")
        .and_then(|project| project.get("dependencies"))
        .and_then(Item::as_array);
    let packages: Vec<_> = dependencies
        .into_iter()
        .flatten()
        .filter_map(|package| package.as_str().map(str::to_owned))
        .collect();
    if packages.is_empty() {
        return Err(Failure::usage(format!(
            "{PROJECT} names no packages under [project] dependencies"
        ))
        .help("add `slingshot-microservice`"));
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: Result<(&str, &[&str]), &str>) {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let found = Requirements::of(directory.path());
        let found = found.map(|it| (it.file, it.arguments)).map_err(|failure| {
            let message = failure.to_string();
            message.replace(&directory.path().display().to_string(), "it")
        });
        let expected = expected
            .map(|(file, words)| (file, words.iter().map(OsString::from).collect()))
            .map_err(str::to_owned);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_packages_are_those_that_the_project_names() {
        let pip: &[&str] = &["--requirement", "requirements.txt"];
        let project = "[project]\nname = \"a\"\ndependencies = [\"slingshot-microservice\", \"pillow>=11\"]\n";
        check(&[("requirements.txt", "x")], Ok(("requirements.txt", pip)));
        check(
            &[("requirements.txt", "x"), ("pyproject.toml", project)],
            Ok(("requirements.txt", pip)),
        );
        check(
            &[("pyproject.toml", project)],
            Ok(("pyproject.toml", &["slingshot-microservice", "pillow>=11"])),
        );
        check(
            &[],
            Err("it says nothing of the packages that its Python services need"),
        );
        check(
            &[("pyproject.toml", "[tool.x]\n")],
            Err("pyproject.toml names no packages under [project] dependencies"),
        );
        check(
            &[("pyproject.toml", "[")],
            Err("cannot read pyproject.toml"),
        );
    }
}
