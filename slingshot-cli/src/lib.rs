//! The commands `slingshot` and `cargo slingshot`: one program under two names.

mod arguments;
mod attached;
mod cargo;
mod code;
mod describe;
mod embedded;
mod environment;
mod exit;
mod failures;
mod get;
mod guardian;
mod interrupts;
mod logs;
mod new;
mod panic;
mod printer;
mod project;
mod run;
mod running;
mod send;
mod sources;
mod supervise;
mod sys_map;
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
    let exit = execute(&context, arguments.command).unwrap_or_else(|failure| {
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
        Command::Topology(command) => topology::run(context, &command),
        Command::SysMap(command) => sys_map::run(context, &command),
        Command::Describe(arguments) => describe::run(context, &arguments),
        Command::Completions { shell } => {
            context.printer.result(&arguments::completions(shell));
            Ok(Exit::Clean)
        }
        Command::Guardian(arguments) => guardian::run(context, &arguments),
    }
}
