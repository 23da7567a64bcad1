//! A panic is our bug: it ends the process with a code of its own, and says how to report it.

use std::{io::Write as _, process::ExitCode};

use crate::exit::Exit;

/// Makes a panic anywhere, in any task, end the process with [`Exit::Bug`].
pub(crate) fn install_hook() {
    let standard = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        standard(panic);
        writeln!(
            std::io::stderr(),
            "\nThis is a bug in slingshot {}, not in your project. Please report it: open an issue with \
             the lines above and the command that you ran.",
            env!("CARGO_PKG_VERSION"),
        )
        .ok();
        end();
    }));
}

/// Makes a panic a line in the log, for a process that goes on with its next task.
pub(crate) fn survive() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(
            version = env!("CARGO_PKG_VERSION"),
            "this is a bug in slingshot, please report it: {panic}"
        );
    }));
}

/// The guardian stops what this process started, so that nothing has to unwind.
#[expect(
    clippy::exit,
    reason = "a panic in a task would otherwise leave the command waiting for it"
)]
fn end() -> ! {
    std::process::exit(Exit::Bug.code().into())
}

/// A process without a current directory or without its own program has no printer yet.
pub(crate) fn without_environment(error: &std::io::Error) -> ExitCode {
    writeln!(
        std::io::stderr(),
        "error: cannot tell where this process runs: {error}"
    )
    .ok();
    Exit::Unreadable.into()
}
