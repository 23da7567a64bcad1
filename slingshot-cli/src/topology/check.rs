//! `slingshot topology check`: what is wrong, and where.

mod arguments;
mod baseline;
mod formats;
mod watch;

use std::path::PathBuf;

use slingshot_topology::{Accepted, Persona, Policy, Report, Severity};

pub(super) use self::baseline::BaselineFile;
use self::formats::Output;
pub(crate) use self::{arguments::CheckArguments, baseline::NAME as BASELINE_FILE};
use super::{Declared, Examined, against::Against, declared::read, manifests::Manifests, written};
use crate::{
    Context,
    exit::{Exit, Failure},
    project::shown,
    sources::Seen,
};

/// # Errors
///
/// If there is no system to look at, or it cannot be read, or a report cannot be written.
pub(super) fn run(context: &Context, arguments: &CheckArguments) -> Result<Exit, Failure> {
    if arguments.watch {
        return watch::run(context, arguments);
    }
    once(context, arguments, &Seen::default())
}

/// One check, by files that are noted.
fn once(context: &Context, arguments: &CheckArguments, seen: &Seen) -> Result<Exit, Failure> {
    let policy = arguments.policy()?;
    let stdin = arguments.stdin_filename.as_deref();
    let all = Declared::all(context, &arguments.paths, stdin)?;
    let outputs = arguments.outputs(&context.environment)?;
    let is_one = all.len() == 1;
    if !is_one && arguments.baseline.is_some() {
        return Err(
            Failure::usage("--baseline is of one system, and there are several")
                .help("each has its own beside it: slingshot-baseline.json"),
        );
    }
    let mut whole = Report::default();
    let mut failed = false;
    let mut is_nothing = true;
    for declared in &all {
        let examined = examined(context, arguments, declared, seen)?;
        let report = report(context, arguments, (declared, &examined, &policy), seen)?;
        failed |= arguments.fails(&report);
        is_nothing &= has_nothing(&report);
        let is_silent = is_one && !(report.diagnostics.is_empty() && is_for_people(&outputs));
        if !is_silent {
            let name = if is_one { None } else { Some(declared.path()) };
            context
                .printer
                .status("Checked", &checked(name, &examined, &report));
        }
        whole.diagnostics.extend(report.diagnostics);
        whole.suppressed.extend(report.suppressed);
        whole.following.extend(report.following);
    }
    say_what_follows(context, whole.following.len());
    keep_inputs(context, &outputs, seen)?;
    for output in &outputs {
        output.write(context, &whole)?;
    }
    Ok(if !failed || arguments.exit_zero {
        Exit::Clean
    } else if is_nothing {
        Exit::NoInput
    } else {
        Exit::Findings
    })
}

/// What only follows from a mistake is not told, but that there is some is.
fn say_what_follows(context: &Context, count: usize) {
    if count > 0 {
        let found = counted(count, "finding");
        let words = format!("{found} that may follow from these; `--persona auditor` shows them");
        context.printer.status("Left out", &words);
    }
}

/// Whether there was nothing to check.
fn has_nothing(report: &Report) -> bool {
    let mut found = report.diagnostics.iter();
    found.any(|found| found.rule.name == "no-services")
}

/// What the check has looked at is not what it writes to.
fn keep_inputs(context: &Context, outputs: &[Output], seen: &Seen) -> Result<(), Failure> {
    let here = &context.environment.current_directory;
    let files = seen.files();
    for file in outputs.iter().filter_map(Output::file) {
        written::keep_inputs(file, here, files.iter().map(PathBuf::as_path))?;
    }
    Ok(())
}

fn is_for_people(outputs: &[Output]) -> bool {
    outputs.iter().any(Output::is_for_people)
}

/// A system with all that the command line names beside it.
fn examined(
    context: &Context,
    arguments: &CheckArguments,
    declared: &Declared,
    seen: &Seen,
) -> Result<Examined, Failure> {
    let here = &context.environment.current_directory;
    for file in declared.files() {
        seen.also(&here.join(file));
    }
    let manifests = Manifests::named(&arguments.manifests, here, seen)?;
    let mut examined = Examined::through(declared, here, seen)?.with_manifests(manifests);
    if let Some(definitions) = &arguments.definitions {
        let path = here.join(definitions);
        seen.also(&path);
        if !path.exists() {
            let message = format!("{} does not exist", shown(&path, here));
            return Err(Failure::new(Exit::NoInput, message)
                .help("`rabbitmqctl export_definitions FILE` writes it"));
        }
        examined = examined.with_definitions(&read(&path, here)?);
    }
    if let Some(named) = &arguments.against {
        seen.also(&here.join(named));
        if arguments.watch {
            Against::note_revision(context, named, declared, seen)?;
        }
        let against = Against::read(context, named, declared)?;
        for file in &against.files {
            seen.also(file);
        }
        against.report(context);
        examined.previous = Some(against.system);
    }
    Ok(examined)
}

/// Runs the rules over one system, and says what the rules cannot.
fn report(
    context: &Context,
    arguments: &CheckArguments,
    (declared, examined, policy): (&Declared, &Examined, &Policy),
    seen: &Seen,
) -> Result<Report, Failure> {
    let here = &context.environment.current_directory;
    let printer = &context.printer;
    let baseline = BaselineFile::read(arguments, declared, here, seen)?;
    let accepted = Accepted {
        baseline: baseline.as_ref().and_then(BaselineFile::accepted),
    };
    let mut report = examined.report(policy, accepted);
    for unread in &examined.unread {
        printer.warning(&format!("not checked: {unread}"));
    }
    if policy.persona > Persona::Regular {
        for unseen in &examined.unseen {
            printer.warning(&format!("not checked: {unseen}"));
        }
    }
    if let Some(baseline) = &baseline {
        baseline.rewrite(arguments, &mut report, printer)?;
    }
    Ok(report)
}

/// `3 services, 1 handler: no findings, 2 accepted`, behind the name of one system of several.
fn checked(name: Option<&str>, examined: &Examined, report: &Report) -> String {
    let services = examined.system.services.len();
    let handlers = examined.code.handlers.len();
    let mut checked = vec![counted(services, "service")];
    if handlers > 0 {
        checked.push(counted(handlers, "handler"));
        checked.retain(|words| !words.starts_with("0 "));
    }
    let found = match report.diagnostics.len() {
        0 => "no findings".to_owned(),
        _ => found(report),
    };
    let mut text = format!("{}: {found}", checked.join(", "));
    if let Some(name) = name {
        text = format!("{name}: {text}");
    }
    if !report.suppressed.is_empty() {
        text = format!("{text}, {} accepted", report.suppressed.len());
    }
    if !examined.has_code {
        text.push_str(", without code to hold against them");
    }
    text
}

/// `1 error, 2 warnings`.
fn found(report: &Report) -> String {
    let kinds = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "remark"),
    ];
    let words = kinds.into_iter().filter_map(|(severity, noun)| {
        let found = report.diagnostics.iter();
        let count = found.filter(|found| found.severity == severity).count();
        (count > 0).then(|| counted(count, noun))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

impl CheckArguments {
    /// Whether the report is one to fail by.
    fn fails(&self, report: &Report) -> bool {
        let count = |severity| {
            let found = report.diagnostics.iter();
            found.filter(|found| found.severity >= severity).count()
        };
        let fails = self
            .fail_on
            .severity()
            .is_some_and(|severity| count(severity) > 0);
        let warnings = count(Severity::Warning) - count(Severity::Error);
        fails && !self.tolerates(warnings, count(Severity::Error))
    }

    /// `--max-warnings` speaks of warnings alone.
    fn tolerates(&self, warnings: usize, errors: usize) -> bool {
        errors == 0 && self.max_warnings.is_some_and(|most| warnings <= most)
    }
}
