//! How a report is written, and where to.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::ValueEnum;
use slingshot_topology::{Report, render};

use crate::{
    Context,
    exit::{Exit, Failure},
};

/// A way to write a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One line a finding
    Concise,
    /// For programs
    Json,
    /// For programs, a line of JSON a finding
    Jsonl,
    /// For code scanning, 2.1.0
    Sarif,
    /// Annotations on a pull request
    Github,
    /// A Code Quality report
    Gitlab,
    /// A test report
    Junit,
}

/// A format and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    format: Format,
    /// Stdout if there is none.
    file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("a file has to follow the `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = Format::from_str(name, false).map_err(|_| {
            let formats = Format::value_variants().iter();
            let names = formats
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()));
            format!("the formats are: {}", names.collect::<Vec<_>>().join(", "))
        })?;
        Ok(Self { format, file })
    }
}

impl Output {
    pub(super) fn to_stdout(format: Format) -> Self {
        Self { format, file: None }
    }

    /// Where it is written, if that is a file.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether a person reads it as it is printed.
    pub(super) fn is_for_people(&self) -> bool {
        self.file.is_none() && matches!(self.format, Format::Text | Format::Concise)
    }

    /// # Errors
    ///
    /// If the file cannot be written.
    pub(super) fn write(&self, context: &Context, report: &Report) -> Result<(), Failure> {
        let findings = &report.diagnostics;
        let printer = &context.printer;
        let has_nothing = findings.is_empty();
        let text = match self.format {
            Format::Text | Format::Concise | Format::Github
                if has_nothing && self.file.is_none() =>
            {
                return Ok(());
            }
            Format::Text => render::text(findings, self.file.is_none() && printer.colors_results()),
            Format::Concise => render::concise(findings),
            Format::Json => render::json(report),
            Format::Jsonl => render::jsonl(findings),
            Format::Sarif => render::sarif(report),
            Format::Github => render::github(findings),
            Format::Gitlab => render::gitlab(findings),
            Format::Junit => render::junit(findings),
        };
        let Some(file) = &self.file else {
            if !text.is_empty() {
                printer.result(&text);
            }
            return Ok(());
        };
        let path = context.environment.current_directory.join(file);
        std::fs::write(path, text).map_err(|error| {
            Failure::new(Exit::Unreadable, format!("cannot write {}", file.display()))
                .because(error)
        })
    }
}
