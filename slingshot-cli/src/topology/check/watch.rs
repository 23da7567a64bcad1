//! `--watch`: the check again, whenever something changes that it has looked at.

use std::{path::Path, time::Duration};

use tokio::time::sleep;

use super::{CheckArguments, once};
use crate::{
    Context,
    exit::{Exit, Failure},
    interrupts::Interrupts,
    project::shown,
    sources::Seen,
};

/// How often we look. Files are asked for their times alone, as `slingshot sys-map serve` does.
const LOOK: Duration = Duration::from_millis(250);
/// How long nothing must have changed: whoever switches branches writes many files.
const STILL: Duration = Duration::from_millis(300);

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
    let seen = Seen::default();
    printer.clear();
    once(context, arguments, &seen)?;
    loop {
        printer.status(
            "Watching",
            &format!("{}; Ctrl-C ends it", files(seen.count())),
        );
        let changed = tokio::select! {
            changed = changes(context, &seen) => changed,
            () = interrupts.next() => return Ok(Exit::Clean),
        };
        printer.clear();
        printer.status("Changed", &changed);
        if let Err(failure) = once(context, arguments, &seen) {
            printer.failure(&failure);
        }
    }
}

/// Waits for a change, and then for stillness. The first file that changed, and how many others.
async fn changes(context: &Context, seen: &Seen) -> String {
    let mut changed = Vec::new();
    while changed.is_empty() {
        sleep(LOOK).await;
        changed = seen.changed();
    }
    loop {
        sleep(STILL).await;
        let more = seen.changed();
        if more.is_empty() {
            break;
        }
        changed.extend(
            more.into_iter()
                .filter(|path| !changed.contains(path))
                .collect::<Vec<_>>(),
        );
    }
    let here = &context.environment.current_directory;
    let first = changed.first().map(|path| shown(path, here).to_string());
    let first = first.unwrap_or_default();
    match changed.len() {
        0 | 1 => first,
        many => format!("{first} and {}", files(many - 1)),
    }
}

fn files(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} file{plural}")
}
