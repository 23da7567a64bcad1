//! A question before something is done that cannot be taken back.

use std::io::BufRead as _;

use crate::{Context, exit::Failure};

/// Whether the reader wants it: `--yes` says so, and else a person at a terminal is asked.
///
/// # Errors
///
/// If there is nobody to ask.
pub(super) fn agreed(context: &Context, yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    let environment = &context.environment;
    if !environment.stdin_is_terminal || !environment.stderr_is_terminal {
        return Err(
            Failure::usage(format!("{question} There is no terminal to answer at"))
                .help("say --yes, or look first: --dry-run"),
        );
    }
    context.printer.question(&format!("{question} [y/N] "));
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::unreadable("cannot read the answer").because(error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
