//! `--watch`: the check again, whenever something changes that it has looked at.

use std::{iter, path::Path};

use super::{CheckArguments, once};
use crate::{
    Context,
    exit::{Exit, Failure},
    interrupts::Interrupts,
    sources::{Seen, files},
};

/// Checks until somebody asks us to stop, which is how this ends well.
///
/// # Errors
///
/// If the first check cannot be made. That a later one cannot is told, and may be mended.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(context: &Context, arguments: &CheckArguments) -> Result<Exit, Failure> {
    if arguments.paths.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage("stdin cannot be watched").help("name the file"));
    }
    let mut interrupts = Interrupts::listen()?;
    let printer = &context.printer;
    let here = &context.environment.current_directory;
    let seen = Seen::default();
    printer.clear();
    once(context, arguments, &seen)?;
    loop {
        let watched: Vec<_> = iter::once(files(seen.count()))
            .chain(seen.names())
            .collect();
        let watched = watched.join(" and ");
        printer.status("Watching", &format!("{watched}; Ctrl-C ends it"));
        let changed = tokio::select! {
            changed = seen.changes(here) => changed,
            () = interrupts.next() => return Ok(Exit::Clean),
        };
        printer.clear();
        printer.status("Changed", &changed);
        if let Err(failure) = once(context, arguments, &seen) {
            printer.failure(&failure);
        }
    }
}
