//! The options of `slingshot topology check`.

mod levels;

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use slingshot_topology::{Confidence, Persona, Policy, Severity};

use self::levels::Levels;
use super::{
    super::explain::known,
    formats::{Format, Output},
};
use crate::{environment::Environment, exit::Failure};

/// The options of `slingshot topology check`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line, and none excludes another"
)]
pub(crate) struct CheckArguments {
    /// A slingshot.toml, a saved sys-map (JSON, or a directory of answers), a project, a directory with projects
    /// below it, or - for stdin [default: the project, else every project below]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// What to call the text on stdin: its extension says what it is
    #[arg(long, value_name = "NAME", help_heading = "What is checked")]
    pub(super) stdin_filename: Option<String>,

    /// A manifest of services whose sources are elsewhere, or a directory of manifests
    #[arg(
        long = "manifest",
        value_name = "FILE|DIR",
        help_heading = "What is checked"
    )]
    pub(super) manifests: Vec<PathBuf>,

    /// What RabbitMQ holds, as `rabbitmqctl export_definitions` writes it
    #[arg(long, value_name = "FILE", help_heading = "What is checked")]
    pub(super) definitions: Option<PathBuf>,

    /// What is deployed, to prove the change too: a file, a revision of git (its file at the same place), or
    /// REVISION:PATH
    #[arg(
        long,
        value_name = "REVISION|FILE",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "What is checked"
    )]
    pub(super) against: Option<String>,

    /// Check again whenever a file changes that the check has looked at
    #[arg(long, conflicts_with_all = ["update_baseline", "prune_baseline"])]
    pub(super) watch: bool,

    /// How to report; FORMAT=FILE writes a file. Several may be given [default: text, and github too where GitHub runs it]
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    outputs: Vec<Output>,

    /// For whom to report: findings that need a change, also what is worth a second look, or all there is
    #[arg(
        long,
        value_enum,
        default_value = "regular",
        help_heading = "What is reported"
    )]
    persona: Reader,

    /// The same as --persona pedantic
    #[arg(long, conflicts_with = "persona", help_heading = "What is reported")]
    pedantic: bool,

    /// Report from this severity on
    #[arg(
        long,
        value_enum,
        value_name = "SEVERITY",
        help_heading = "What is reported"
    )]
    min_severity: Option<LeastSeverity>,

    /// Report from this confidence on
    #[arg(
        long,
        value_enum,
        value_name = "CONFIDENCE",
        help_heading = "What is reported"
    )]
    min_confidence: Option<LeastConfidence>,

    #[command(flatten)]
    levels: Levels,

    /// Report what `[[ignore]]`, a note or the baseline accepts, too
    #[arg(long, help_heading = "What is accepted")]
    no_ignores: bool,

    /// Accept the findings of this file [default: slingshot-baseline.json beside the system, if it is there]
    #[arg(long, value_name = "FILE", help_heading = "What is accepted")]
    pub(super) baseline: Option<PathBuf>,

    /// Accept what is found now: write it to the baseline
    #[arg(long, help_heading = "What is accepted")]
    pub(super) update_baseline: bool,

    /// Take what is mended out of the baseline
    #[arg(
        long,
        conflicts_with = "update_baseline",
        help_heading = "What is accepted"
    )]
    pub(super) prune_baseline: bool,

    /// Which findings end the command with 1
    #[arg(
        long,
        value_enum,
        default_value = "warning",
        value_name = "SEVERITY",
        help_heading = "How it ends"
    )]
    pub(super) fail_on: FailOn,

    /// End with 0 if there are no errors and no more warnings than this
    #[arg(long, value_name = "N", help_heading = "How it ends")]
    pub(super) max_warnings: Option<usize>,

    /// End with 0 whatever is found
    #[arg(long, help_heading = "How it ends")]
    pub(super) exit_zero: bool,
}

/// Who reads the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reader {
    /// Errors and warnings
    Regular,
    /// Remarks too
    Pedantic,
    /// Everything there is
    Auditor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LeastSeverity {
    Info,
    Warning,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LeastConfidence {
    Low,
    Medium,
    High,
}

/// What a check fails by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Errors alone
    Error,
    /// Errors and warnings
    Warning,
    /// Whatever is reported
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

impl CheckArguments {
    /// What is reported.
    ///
    /// # Errors
    ///
    /// If a rule does not exist.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        let persona = match (self.persona, self.pedantic) {
            (Reader::Auditor, _) => Persona::Auditor,
            (Reader::Pedantic, _) | (Reader::Regular, true) => Persona::Pedantic,
            (Reader::Regular, false) => Persona::Regular,
        };
        let minimum = match self.min_severity {
            Some(LeastSeverity::Error) => Severity::Error,
            Some(LeastSeverity::Warning) => Severity::Warning,
            Some(LeastSeverity::Info) => Severity::Info,
            None if persona == Persona::Regular => Severity::Warning,
            None => Severity::Info,
        };
        let levels = self.levels.0.iter();
        let levels = levels.map(|(rule, level)| Ok((known(rule)?.name.to_owned(), *level)));
        Ok(Policy {
            persona,
            minimum,
            tells_unseen: self.min_severity.is_none(),
            confidence: match self.min_confidence {
                Some(LeastConfidence::High) => Confidence::High,
                Some(LeastConfidence::Medium) => Confidence::Medium,
                Some(LeastConfidence::Low) | None => Confidence::Low,
            },
            levels: levels.collect::<Result<_, Failure>>()?,
            accepts: !self.no_ignores,
        })
    }

    /// Where the report goes.
    ///
    /// # Errors
    ///
    /// If two reports go into one file.
    pub(super) fn outputs(&self, environment: &Environment) -> Result<Vec<Output>, Failure> {
        for (index, output) in self.outputs.iter().enumerate() {
            let earlier = self.outputs[..index].iter().filter_map(Output::file);
            if let Some(file) = earlier.into_iter().find(|file| output.file() == Some(file)) {
                let message = format!("two reports would be written to {}", file.display());
                return Err(Failure::usage(message).help("give each a file of its own"));
            }
        }
        if !self.outputs.is_empty() {
            return Ok(self.outputs.clone());
        }
        let mut outputs = vec![Output::to_stdout(Format::Text)];
        if environment.is_github_action {
            outputs.push(Output::to_stdout(Format::Github));
        }
        Ok(outputs)
    }
}
