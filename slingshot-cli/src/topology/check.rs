//! `slingshot topology check`: what is wrong, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use slingshot_topology::{Accepted, Persona, Policy, Severity, render};

use super::{Declared, Examined};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// The options of `slingshot topology check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// A slingshot.toml, a saved sys-map (JSON), a project's directory, or - for stdin [default:
    /// the project's slingshot.toml]
    path: Option<PathBuf>,

    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// For whom to report: findings that need a change, also what is worth a second look, or all there is
    #[arg(long, value_enum, default_value = "regular")]
    persona: Reader,

    /// The same as --persona pedantic
    #[arg(long, conflicts_with = "persona")]
    pedantic: bool,
}

impl CheckArguments {
    fn policy(&self) -> Policy {
        match (self.persona, self.pedantic) {
            (Reader::Auditor, _) => Policy::everything(),
            (Reader::Pedantic, _) | (Reader::Regular, true) => Policy {
                persona: Persona::Pedantic,
                minimum: Severity::Info,
                ..Policy::default()
            },
            (Reader::Regular, false) => Policy::default(),
        }
    }
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
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// Annotations on a pull request
    Github,
}

/// # Errors
///
/// If there is no system to look at, or it cannot be read.
pub(super) fn run(context: &Context, arguments: &CheckArguments) -> Result<Exit, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let examined = Examined::of(&declared, &context.environment.current_directory)?;
    let policy = arguments.policy();
    let diagnostics = examined.report(&policy, Accepted::default()).diagnostics;
    let printer = &context.printer;
    for mistake in &examined.mistakes {
        printer.warning(&format!("the compiler will refuse this: {mistake}"));
    }
    if policy.persona > Persona::Regular {
        for unseen in &examined.unseen {
            printer.warning(&format!("not checked: {unseen}"));
        }
    }
    match arguments.format {
        Format::Text if diagnostics.is_empty() => {
            let services = examined.system.services.len();
            let with_code = if examined.has_code {
                ""
            } else {
                ", without code to hold against them"
            };
            let handlers = examined.code.handlers.len();
            let mut checked = vec![counted(services, "service")];
            if handlers > 0 {
                checked.push(counted(handlers, "handler"));
                checked.retain(|words| !words.starts_with("0 "));
            }
            printer.status(
                "Checked",
                &format!("{}: no findings{with_code}", checked.join(", ")),
            );
        }
        Format::Text => printer.result(&render::text(&diagnostics, printer.colors_results())),
        Format::Json => printer.result(&render::json(&diagnostics)),
        Format::Github => printer.result(&render::github(&diagnostics)),
    }
    let found = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity >= Severity::Warning);
    Ok(if found || !examined.mistakes.is_empty() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
