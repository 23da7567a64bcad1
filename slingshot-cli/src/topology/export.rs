//! `slingshot topology export`: a system in the forms that others read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use slingshot_settings::Retry;
use slingshot_syntax::scan::resolve;
use slingshot_topology::{Severity, System, export, render};

use super::{Declared, written};
use crate::{
    Context,
    exit::{Exit, Failure},
    sources,
};

/// The options of `slingshot topology export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// What to write
    #[arg(long, value_enum)]
    format: Form,

    /// Where to write it [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// The queues as the services declare them, for `rabbitmqctl import_definitions`
    Definitions,
    /// An AsyncAPI 3.0 document of the queues and services
    Asyncapi,
    /// A sys-map in one JSON file
    SysMap,
}

/// # Errors
///
/// If there is no system, it has mistakes, or the file cannot be written.
pub(super) fn run(context: &Context, arguments: &ExportArguments) -> Result<Exit, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    if let Some(output) = &arguments.output {
        let here = &context.environment.current_directory;
        let inputs = declared.files().into_iter().map(Path::new);
        written::keep_inputs(output, here, inputs)?;
    }
    let (mut system, mut found) = declared.read();
    found.retain(|found| found.severity == Severity::Error);
    let printer = &context.printer;
    if !found.is_empty() {
        printer.line(render::text(&found, printer.colors_messages()).trim_end());
        let message = format!(
            "{} has mistakes, and would be exported in part",
            declared.path()
        );
        return Err(Failure::usage(message));
    }
    let text = match arguments.format {
        Form::Definitions => {
            with_retries_of_the_code(context, &declared, &mut system)?;
            export::definitions(&system)
        }
        Form::Asyncapi => export::asyncapi(&system),
        Form::SysMap => export::sys_map(&system),
    };
    let Some(output) = &arguments.output else {
        printer.result(&text);
        return Ok(Exit::Clean);
    };
    let path = context.environment.current_directory.join(output);
    written::replace(&path, &text).map_err(|error| {
        Failure::unreadable(format!("cannot write {}", output.display())).because(error)
    })?;
    printer.status("Wrote", &output.display().to_string());
    Ok(Exit::Clean)
}

/// The tiers of a service are those of its annotation's retry where the map has none.
fn with_retries_of_the_code(
    context: &Context,
    declared: &Declared,
    system: &mut System,
) -> Result<(), Failure> {
    let here = &context.environment.current_directory;
    let mut retries: BTreeMap<String, Retry> = BTreeMap::new();
    for package in sources::packages(&declared.sources, here, &sources::Disk)?.packages {
        let scans: Vec<_> = package.files.into_iter().map(|file| file.scan).collect();
        let services = resolve(&scans).services.into_iter().map(|it| it.declared);
        retries.extend(services.filter_map(|it| Some((it.name, it.retry?))));
    }
    for service in &mut system.services {
        let in_code = retries.get(&*service.name.value).copied();
        service.retry = service.retry.or(in_code);
    }
    Ok(())
}
