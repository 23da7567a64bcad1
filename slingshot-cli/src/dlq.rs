//! `slingshot dlq`: the requests that failed for good.

mod ask;
mod filters;
mod letter;
mod ls;
mod place;
mod remove;
mod show;
mod times;

use clap::{Args, Subcommand, ValueEnum};

pub(crate) use self::times::age;

use crate::{
    Context,
    exit::{Exit, Failure},
};

const EXIT_CODES: &str = "\
Exit codes of ls and show: 0 no dead letters, 1 there are some. Of replay and drop: 0 done, 2 refused, 4 the broker \
failed, 130 interrupted; each letter that is not counted as done is where it was.";

/// `slingshot dlq …`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub(crate) enum DlqCommand {
    /// Count the dead letters of each service, and say why they failed
    Ls(ls::LsArguments),
    /// Show dead letters, the oldest first; they stay where they are
    Show(show::ShowArguments),
    /// Give dead letters back to the queues that they failed in
    Replay(remove::ReplayArguments),
    /// Delete dead letters
    Drop(remove::DropArguments),
}

/// Which system.
#[derive(Debug, Args)]
struct SystemArguments {
    /// Ask this sys-map where the broker and the queues are [default: the running system's or
    /// slingshot.toml's own]
    #[arg(long, value_name = "URL")]
    sys_map: Option<String>,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs, an object a line
    Json,
}

/// # Errors
///
/// If the service is not known, the broker does not answer, or what is asked for is refused.
#[tokio::main]
pub(crate) async fn run(context: &Context, command: &DlqCommand) -> Result<Exit, Failure> {
    match command {
        DlqCommand::Ls(arguments) => ls::run(context, arguments).await,
        DlqCommand::Show(arguments) => show::run(context, arguments).await,
        DlqCommand::Replay(arguments) => remove::replay(context, arguments).await,
        DlqCommand::Drop(arguments) => remove::drop(context, arguments).await,
    }
}

/// `1 dead letter`, `2,000 dead letters`.
pub(crate) fn letters(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} dead letter{plural}", grouped(count))
}

/// A number as people read it.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000")] {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(letters(1), "1 dead letter");
        assert_eq!(letters(1_234_567), "1,234,567 dead letters");
    }
}
