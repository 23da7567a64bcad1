//! `slingshot topology diff`: what a change does to the system at work, and in which order to deploy it.

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use slingshot_topology::diff::{Class, Diff};

use super::{Declared, against::Against};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// The options of `slingshot topology diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// What is deployed: a file, a revision of git (its file at the same place), or REVISION:PATH [default: the
    /// revision HEAD]
    #[arg(long, value_name = "REVISION|FILE", value_parser = NonEmptyStringValueParser::new())]
    against: Option<String>,

    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// End with 5 if anything changes and nothing breaks
    #[arg(long)]
    exit_code: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// # Errors
///
/// If there is no system to look at, or either of the two cannot be read.
pub(super) fn run(context: &Context, arguments: &DiffArguments) -> Result<Exit, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let against = match &arguments.against {
        Some(named) => Against::read(context, named, &declared)?,
        None => Against::at_revision(context, "HEAD", &declared)?,
    };
    let (system, _) = declared.read();
    if !system.complete {
        let message = format!("{} is not understood as a whole", declared.path());
        let check = context.command(&["topology", "check", declared.path()]);
        return Err(Failure::usage(message).help(format!("see what is wrong with it: {check}")));
    }
    against.report(context);
    let diff = Diff::between(&against.system, &system);
    let printer = &context.printer;
    printer.result(&match arguments.format {
        Format::Text => diff.text(printer.colors_results()),
        Format::Json => diff.json(),
        Format::Markdown => diff.markdown(),
    });
    Ok(if diff.count(Class::Breaking) > 0 {
        Exit::Findings
    } else if arguments.exit_code && !diff.changes.is_empty() {
        Exit::Changes
    } else {
        Exit::Clean
    })
}
