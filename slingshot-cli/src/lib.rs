//! The commands `slingshot` and `cargo slingshot`: one program under two names.

mod arguments;
mod attached;
mod cargo;
mod code;
mod describe;
mod dlq;
mod doctor;
mod embedded;
mod environment;
mod exit;
mod failures;
mod get;
mod guardian;
mod interrupts;
mod lines;
mod logs;
mod lsp;
mod new;
mod panic;
mod printer;
mod program;
mod programs;
mod project;
mod python;
mod run;
mod running;
mod send;
mod sources;
mod supervise;
mod sys_map;
mod table;
mod topology;
mod webassembly;

use std::{process::ExitCode, sync::Arc};

use crate::{
    arguments::{Arguments, Command},
    environment::Environment,
    exit::{Exit, Failure},
    printer::Printer,
};

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) printer: Arc<Printer>,
    /// `--project`.
    pub(crate) project: Option<std::path::PathBuf>,
}

impl Context {
    /// A command line that works where this one did, for the reader to copy.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let project = self
            .project
            .as_ref()
            .map(|project| project.to_string_lossy());
        let mut line = vec![self.environment.program()];
        if let Some(project) = &project {
            line.extend(["--project".to_owned(), quoted(project)]);
        }
        line.extend(words.iter().map(|word| quoted(word)));
        line.join(" ")
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Runs the command line that this process was started with.
pub fn main() -> ExitCode {
    panic::install_hook();
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(error) => return panic::without_environment(&error),
    };
    let arguments = match Arguments::read(&environment) {
        Ok(arguments) => arguments,
        Err(message) => return arguments::explain(&message),
    };
    let context = Context {
        printer: Arc::new(Printer::new(arguments.color, &environment)),
        project: arguments.project,
        environment,
    };
    logs::install(&context.environment, &context.printer);
    let written = |exit| context.printer.unwritten().map_or(Ok(exit), Err);
    let exit = execute(&context, arguments.command).and_then(written);
    let exit = exit.unwrap_or_else(|failure| {
        context.printer.progress(None);
        context.printer.failure(&failure);
        failure.exit
    });
    exit.into()
}

fn execute(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::New(arguments) => new::run(context, &arguments),
        Command::Run(arguments) => run::run(context, &arguments),
        Command::Send(arguments) => send::run(context, &arguments),
        Command::Get(arguments) => get::run(context, &arguments),
        Command::Dlq(command) => dlq::run(context, &command),
        Command::Topology(command) => topology::run(context, &command),
        Command::SysMap(command) => sys_map::run(context, &command),
        Command::Describe(arguments) => describe::run(context, &arguments),
        Command::Doctor(arguments) => doctor::run(context, &arguments),
        Command::Lsp(arguments) => lsp::run(&arguments),
        Command::Completions { shell } => {
            context.printer.result(&arguments::completions(shell));
            Ok(Exit::Clean)
        }
        Command::Guardian(arguments) => guardian::run(context, &arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_the_shell() {
        for (word, expected) in [
            ("examples/documents", "examples/documents"),
            ("my files", "'my files'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
