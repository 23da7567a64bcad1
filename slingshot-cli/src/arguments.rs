//! The command line.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{
    ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    builder::styling::{AnsiColor, Styles},
};

use clap_complete::Shell;

use crate::{
    describe::DescribeArguments, dlq::DlqCommand, doctor::DoctorArguments,
    environment::Environment, exit::Exit, get::GetArguments, guardian::GuardianArguments,
    lsp::LspArguments, new::NewArguments, printer::Color, run::RunArguments, send::SendArguments,
    sys_map::SysMapCommand, topology::TopologyCommand,
};

pub(crate) mod ids;

/// Cargo's own colours, since both speak to the same reader.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 nothing to work on, 4 unreadable input or network, \
70 a bug of ours, 130 interrupted before it was done.";

/// Annotated functions as services over RabbitMQ, S3 and PostgreSQL.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The directory of slingshot.toml [default: the nearest one, from here upwards]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub(crate) project: Option<PathBuf>,

    /// When to colour the output
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        help = "When to colour: auto, always or never",
        help_heading = "Global options"
    )]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a project that builds, tests and runs
    New(NewArguments),
    /// Build and run the whole system on this machine, with nothing installed but Rust
    Run(Box<RunArguments>),
    /// Send ids to a service of the running system
    Send(SendArguments),
    /// Show an object of the running system
    Get(GetArguments),
    /// Look at requests that failed for good, and try them again
    #[command(subcommand)]
    Dlq(Box<DlqCommand>),
    /// Check and draw the routes, without a build
    #[command(subcommand)]
    Topology(TopologyCommand),
    /// Serve the routes to services
    #[command(subcommand)]
    SysMap(SysMapCommand),
    /// Show which services a binary holds, as JSON
    Describe(DescribeArguments),
    /// Check this machine, the project and its engines, and say what to do
    Doctor(DoctorArguments),
    /// Serve an editor: findings, definitions, names to change everywhere (the language server protocol)
    Lsp(LspArguments),
    /// Print a completion script: `slingshot completions bash`
    Completions {
        /// The shell
        shell: Shell,
    },
    #[command(hide = true)]
    Guardian(GuardianArguments),
}

impl Arguments {
    /// Parses the command line of this process.
    ///
    /// # Errors
    ///
    /// What clap has to say: a mistake, or the text of `--help` and `--version`.
    pub(crate) fn read(environment: &Environment) -> Result<Self, clap::Error> {
        let (name, words) = without_cargo_word(environment);
        let matches = command(name, color_word(&words, environment)).try_get_matches_from(words)?;
        Self::from_arg_matches(&matches)
    }
}

/// The parser, under the name that the reader typed.
pub(crate) fn command(name: &'static str, color: ColorChoice) -> clap::Command {
    Arguments::command()
        .name(name)
        .bin_name(name)
        .display_name("slingshot")
        .color(color)
}

/// The script that makes a shell complete our words.
pub(crate) fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut command("slingshot", ColorChoice::Never),
        "slingshot",
        &mut script,
    );
    String::from_utf8_lossy(&script).into_owned()
}

/// Prints help and version on stdout, mistakes on stderr.
pub(crate) fn explain(message: &clap::Error) -> ExitCode {
    message.print().ok();
    if message.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Clean.into()
    }
}

/// The name that the reader typed, and the words without the one that cargo adds.
fn without_cargo_word(environment: &Environment) -> (&'static str, Vec<OsString>) {
    let mut words = environment.arguments.clone();
    if environment.is_called_by_cargo() {
        words.remove(1);
        ("cargo slingshot", words)
    } else {
        ("slingshot", words)
    }
}

/// `--color`, looked up before the words are parsed, because parsing already writes messages.
fn color_word(words: &[OsString], environment: &Environment) -> ColorChoice {
    let words: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
    let chosen = words
        .windows(2)
        .find_map(|pair| match pair {
            ["--color", when] => Some(*when),
            _ => None,
        })
        .or_else(|| words.iter().find_map(|word| word.strip_prefix("--color=")));
    match chosen {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ if environment.no_color => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
