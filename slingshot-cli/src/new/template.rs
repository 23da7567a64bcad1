//! The templates, embedded. `templates/` at the root of the repository holds their files.
//!
//! A manifest and a `.gitignore` end in `.template` there, so that cargo and git do not take them
//! for their own.

use std::path::PathBuf;

use clap::ValueEnum;

use super::render::Placeholders;
use crate::exit::{Exit, Failure};

/// What a project starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// One service
    Worker,
    /// Three services that hand work on by case
    Pipeline,
    /// Two HTTP handlers, one of which asks the other
    Handlers,
    /// One service, in Python
    Python,
}

/// The path in the template, and the text.
type File = (&'static str, &'static str);

macro_rules! files {
    ($template:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $template, "/", $path)))),+]
    };
}

const WORKER: &[File] = files!("worker":
    "Cargo.toml.template",
    "README.md",
    "gitignore.template",
    "slingshot.toml",
    "src/main.rs",
);

const PIPELINE: &[File] = files!("pipeline":
    "Cargo.toml.template",
    "README.md",
    "gitignore.template",
    "slingshot.toml",
    "src/clean.rs",
    "src/count.rs",
    "src/main.rs",
    "src/report.rs",
);

const HANDLERS: &[File] = files!("handlers":
    "Cargo.toml.template",
    "README.md",
    "gitignore.template",
    "slingshot.toml",
    "src/main.rs",
);

const PYTHON: &[File] = files!("python":
    "README.md",
    "app.py",
    "gitignore.template",
    "requirements.txt",
    "slingshot.toml",
    "test_app.py",
);

impl Template {
    /// As it is written on the command line, which is also its folder.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Pipeline => "pipeline",
            Self::Handlers => "handlers",
            Self::Python => "python",
        }
    }

    const fn files(self) -> &'static [File] {
        match self {
            Self::Worker => WORKER,
            Self::Pipeline => PIPELINE,
            Self::Handlers => HANDLERS,
            Self::Python => PYTHON,
        }
    }

    /// How its system is tried, and what that shows.
    pub(super) const fn trial(self) -> (&'static str, &'static str) {
        match self {
            Self::Worker | Self::Pipeline | Self::Python => (
                "slingshot run --input README.md --until-idle",
                "the system, on a file of yours",
            ),
            Self::Handlers => ("slingshot run", "the system; README.md has requests for it"),
        }
    }

    /// What its functions are tested with.
    pub(super) const fn test(self) -> &'static [&'static str] {
        match self {
            Self::Worker | Self::Pipeline | Self::Handlers => &["cargo test"],
            Self::Python => &[
                "python3 -m venv .venv",
                ".venv/bin/pip install -r requirements.txt",
                ".venv/bin/python -m pytest",
            ],
        }
    }

    /// Every file of the project: its path and its text.
    ///
    /// # Errors
    ///
    /// If a file names a placeholder that does not exist, which a test rules out.
    pub(crate) fn render(
        self,
        placeholders: &Placeholders<'_>,
    ) -> Result<Vec<(PathBuf, String)>, Failure> {
        self.files()
            .iter()
            .map(|(path, text)| match placeholders.render(text) {
                Ok(text) => Ok((target(path), text)),
                Err(error) => Err(Failure::new(
                    Exit::Bug,
                    format!("the template {} is broken at {path}", self.name()),
                )
                .because(error)),
            })
            .collect()
    }
}

fn target(path: &str) -> PathBuf {
    match path {
        "gitignore.template" => ".gitignore".into(),
        path => path.trim_end_matches(".template").into(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn on_disk(directory: &Path, base: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                on_disk(&path, base, found);
            } else {
                found.push(path.strip_prefix(base).unwrap().display().to_string());
            }
        }
    }

    #[test]
    fn every_file_of_a_template_is_embedded_and_renders() {
        for template in Template::value_variants() {
            let base = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("templates")
                .join(template.name());
            let mut found = Vec::new();
            on_disk(&base, &base, &mut found);
            found.sort();
            let embedded: Vec<_> = template.files().iter().map(|(path, _)| *path).collect();
            assert_eq!(found, embedded);

            let placeholders = Placeholders {
                name: "greeter",
                slingshot: "\"0.1.0\"",
                slingshot_python: "slingshot-microservice==0.1.0",
                workspace: "[workspace]\n\n",
            };
            for (path, text) in template.render(&placeholders).unwrap() {
                assert!(!text.contains("<<"), "{}", path.display());
            }
        }
    }
}
