//! `slingshot topology fmt`: a system's file as it is to be written.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use similar::TextDiff;
use slingshot_topology::{SourceFile, format_json, format_toml, render};

use super::{Declared, written};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// The options of `slingshot topology fmt`.
#[derive(Debug, Args)]
pub(crate) struct FmtArguments {
    /// A slingshot.toml, a sys-map in one JSON file, a project, a directory with projects below it, or - for stdin
    /// to stdout [default: the project, else every project below]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// What to call the text on stdin: its extension says what it is
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,

    /// Change nothing: name the files that are to be formatted, and end with 1 if there are any
    #[arg(long)]
    check: bool,

    /// Change nothing: show what would change, and end with 1 if anything would
    #[arg(long)]
    diff: bool,
}

/// # Errors
///
/// If there is no file, or it cannot be read or written.
pub(super) fn run(context: &Context, arguments: &FmtArguments) -> Result<Exit, Failure> {
    let stdin = arguments.stdin_filename.as_deref();
    let all = Declared::all(context, &arguments.paths, stdin)?;
    let mut exit = Exit::Clean;
    let mut untouched = 0;
    for declared in &all {
        let Some(file) = declared.source() else {
            return Err(
                Failure::usage("saved answers are kept as the sys-map gives them")
                    .help("name a slingshot.toml, or a sys-map in one JSON file"),
            );
        };
        match one(context, arguments, declared, file)? {
            Ended::Untouched => untouched += 1,
            Ended::Formatted => {}
            Ended::Differs if exit == Exit::Clean => exit = Exit::Findings,
            Ended::Differs => {}
            Ended::Broken => exit = Exit::Usage,
        }
    }
    if untouched > 0 && untouched == all.len() {
        let plural = if untouched == 1 { "" } else { "s" };
        let text = format!("{untouched} file{plural}: as written");
        context.printer.status("Formatted", &text);
    }
    Ok(exit)
}

/// What became of one file.
enum Ended {
    /// It is as it is to be.
    Untouched,
    /// It was written anew.
    Formatted,
    /// It is not as it is to be.
    Differs,
    /// It is not understood.
    Broken,
}

fn one(
    context: &Context,
    arguments: &FmtArguments,
    declared: &Declared,
    file: &Arc<SourceFile>,
) -> Result<Ended, Failure> {
    let printer = &context.printer;
    let formatted = if declared.is_toml() {
        format_toml(file)
    } else {
        format_json(file)
    };
    let formatted = match formatted {
        Ok(formatted) => formatted,
        Err(found) => {
            printer.line(render::text(&found, printer.colors_messages()).trim_end());
            return Ok(Ended::Broken);
        }
    };
    if declared.is_stdin() && !arguments.check && !arguments.diff {
        printer.result(&formatted);
        return Ok(Ended::Formatted);
    }
    if formatted == file.text {
        return Ok(Ended::Untouched);
    }
    if arguments.diff {
        printer.result(&difference(file, &formatted));
        return Ok(Ended::Differs);
    }
    if arguments.check {
        printer.result(&file.path);
        return Ok(Ended::Differs);
    }
    let path = context.environment.current_directory.join(&file.path);
    written::replace(&path, &formatted).map_err(|error| {
        Failure::unreadable(format!("cannot write {}", file.path)).because(error)
    })?;
    printer.status("Formatted", &file.path);
    Ok(Ended::Formatted)
}

/// As `git apply` takes it.
fn difference(file: &SourceFile, formatted: &str) -> String {
    let path = file.path.trim_start_matches('/');
    let (old, new) = (format!("a/{path}"), format!("b/{path}"));
    let diff = TextDiff::from_lines(&*file.text, formatted);
    diff.unified_diff().header(&old, &new).to_string()
}
