//! The file of findings that are accepted until somebody mends them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use slingshot_topology::{Baseline, BaselineError, Report, SourceFile, Suppression};

use super::{super::Declared, CheckArguments};
use crate::{
    exit::{Exit, Failure},
    printer::Printer,
    project::shown,
    sources::Seen,
};

/// What the file is called where nobody says otherwise.
pub(crate) const NAME: &str = "slingshot-baseline.json";

/// The file, and what it held when the check began.
pub(in super::super) struct BaselineFile {
    path: PathBuf,
    shown: String,
    held: Option<Baseline>,
}

impl BaselineFile {
    /// The file that the command line names or that lies beside the system; `None` where there is none and none
    /// is to be made.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is no baseline.
    pub(super) fn read(
        arguments: &CheckArguments,
        declared: &Declared,
        here: &Path,
        seen: &Seen,
    ) -> Result<Option<Self>, Failure> {
        let path = match &arguments.baseline {
            Some(path) => here.join(path),
            None => declared.sources.join(NAME),
        };
        seen.also(&path);
        let shown = shown(&path, here).to_string();
        let is_made = arguments.update_baseline;
        if path.exists() {
            return Self::held(path, shown, is_made).map(Some);
        }
        if arguments.baseline.is_some() && !is_made {
            return Err(
                Failure::new(Exit::NoInput, format!("{shown} does not exist"))
                    .help("--update-baseline writes it"),
            );
        }
        let made = Self {
            path,
            shown,
            held: None,
        };
        Ok(is_made.then_some(made))
    }

    /// The file that lies beside the system, if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is no baseline.
    pub(in super::super) fn beside(
        declared: &Declared,
        here: &Path,
    ) -> Result<Option<Self>, Failure> {
        let path = declared.sources.join(NAME);
        let shown = shown(&path, here).to_string();
        if !path.is_file() {
            return Ok(None);
        }
        Self::held(path, shown, false).map(Some)
    }

    /// A file that is there. What is no baseline is as good as none where another takes its place.
    fn held(path: PathBuf, shown: String, is_replaced: bool) -> Result<Self, Failure> {
        let text = fs::read_to_string(&path)
            .map_err(|error| Failure::unreadable(format!("cannot read {shown}")).because(error))?;
        let held = match Baseline::read(&SourceFile::new(shown.clone(), text)) {
            Ok(held) => Some(held),
            Err(BaselineError::Malformed(_)) if is_replaced => None,
            Err(error) => {
                let failure = Failure::usage(format!("{shown}: {error}"));
                return Err(match error {
                    BaselineError::Malformed(_) => failure.help("--update-baseline writes it anew"),
                    BaselineError::Version(_) => failure,
                });
            }
        };
        Ok(Self { path, shown, held })
    }

    pub(in super::super) fn accepted(&self) -> Option<&Baseline> {
        self.held.as_ref()
    }

    /// Writes what is accepted from now on, if that was asked for, and takes it out of the report.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(super) fn rewrite(
        &self,
        arguments: &CheckArguments,
        report: &mut Report,
        printer: &Printer,
    ) -> Result<(), Failure> {
        if !arguments.update_baseline && !arguments.prune_baseline {
            return Ok(());
        }
        let mended = |rule: &str| rule == "baseline-prunable";
        report
            .diagnostics
            .retain(|diagnostic| !mended(diagnostic.rule.name));
        let text = if arguments.update_baseline {
            let text = Baseline::written(report);
            report.accept_all();
            text
        } else {
            let known = Report {
                diagnostics: Vec::new(),
                suppressed: report.suppressed.clone(),
                ..Report::default()
            };
            Baseline::written(&known)
        };
        fs::write(&self.path, text).map_err(|error| {
            Failure::new(Exit::Unreadable, format!("cannot write {}", self.shown)).because(error)
        })?;
        let by_baseline = |by: &Suppression| matches!(by, Suppression::Baseline);
        let suppressed = report.suppressed.iter();
        let accepted = suppressed
            .filter(|suppressed| by_baseline(&suppressed.by))
            .count();
        let text = format!("{} to {}", super::counted(accepted, "finding"), self.shown);
        printer.status("Wrote", &text);
        Ok(())
    }
}
