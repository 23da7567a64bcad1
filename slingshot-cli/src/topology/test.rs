//! `slingshot topology test`: what the tests beside a system say of its routes.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use slingshot_topology::{
    Diagnostic, RouteTests, Severity, TestOutcome, read_tests, render, run_tests, tests_json,
    tests_junit, tests_text,
};

use super::{Declared, declared::read};
use crate::{
    Context,
    exit::{Exit, Failure},
    project::shown,
};

/// The file of tests, beside the system.
const NAME: &str = "slingshot.test.toml";

/// The options of `slingshot topology test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// The file of tests [default: slingshot.test.toml beside the system]
    #[arg(long, value_name = "FILE")]
    tests: Option<PathBuf>,

    /// Run only the tests whose names hold this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For programs
    Json,
    /// A test report
    Junit,
}

/// # Errors
///
/// If there is no system or no test, or one of them cannot be read or has mistakes.
pub(super) fn run(context: &Context, arguments: &TestArguments) -> Result<Exit, Failure> {
    let here = &context.environment.current_directory;
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let (system, mut mistakes) = declared.read();
    mistakes.retain(|found| found.severity == Severity::Error);
    refuse(context, &mistakes)?;
    let (tests, mut mistakes) = tests(arguments, &declared, here)?;
    let (outcomes, unknown) = run_tests(&system, &tests);
    // A key that nothing reads is a mistake in a test: the assertion that it was to be could not fail.
    mistakes.extend(unknown);
    refuse(context, &mistakes)?;
    let printer = &context.printer;
    printer.result(&match arguments.format {
        Form::Text => tests_text(&outcomes, printer.colors_results()),
        Form::Json => tests_json(&outcomes),
        Form::Junit => tests_junit(&outcomes),
    });
    if outcomes.iter().all(TestOutcome::passed) {
        return Ok(Exit::Clean);
    }
    Ok(Exit::Findings)
}

fn tests(
    arguments: &TestArguments,
    declared: &Declared,
    here: &Path,
) -> Result<(RouteTests, Vec<Diagnostic>), Failure> {
    let path = match &arguments.tests {
        Some(path) => here.join(path),
        None => declared.directory(here).join(NAME),
    };
    let nothing = |what: &str| Failure::new(Exit::NoInput, what);
    let name = shown(&path, here).to_string();
    if path.is_dir() {
        return Err(Failure::usage(format!("{name} is a directory"))
            .help("name a file of tests with --tests"));
    }
    if !path.is_file() {
        return Err(nothing(&format!("there is no {name}"))
            .help("write tests into it, or name another file with --tests"));
    }
    let (mut tests, found) = read_tests(&read(&path, here)?);
    if tests.tests.is_empty() && found.is_empty() {
        return Err(nothing(&format!("{name} holds no test")).help("a test begins with [[test]]"));
    }
    if let Some(filter) = &arguments.filter
        && !tests.tests.is_empty()
    {
        tests
            .tests
            .retain(|test| test.name.value.contains(&**filter));
        if tests.tests.is_empty() {
            return Err(nothing(&format!(
                "no test of {name} has `{filter}` in its name"
            )));
        }
    }
    Ok((tests, found))
}

/// Tests of what is not understood prove nothing.
fn refuse(context: &Context, mistakes: &[Diagnostic]) -> Result<(), Failure> {
    if mistakes.is_empty() {
        return Ok(());
    }
    let printer = &context.printer;
    printer.line(render::text(mistakes, printer.colors_messages()).trim_end());
    Err(Failure::usage("no test was run"))
}
