//! `slingshot topology check`: what is wrong, and where.

mod arguments;
mod baseline;
mod formats;
mod watch;

use slingshot_topology::{Accepted, Persona, Report, Severity};

pub(crate) use self::{arguments::CheckArguments, baseline::NAME as BASELINE_FILE};
use self::{baseline::BaselineFile, formats::Output};
use super::{Declared, Examined, against::Against};
use crate::{
    Context,
    exit::{Exit, Failure},
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
    let here = &context.environment.current_directory;
    let policy = arguments.policy()?;
    let declared = Declared::at(context, arguments.path.as_deref())?;
    for file in declared.files() {
        seen.also(&here.join(file));
    }
    let mut examined = Examined::through(&declared, here, seen)?;
    if let Some(named) = &arguments.against {
        let against = Against::read(context, named, &declared)?;
        against.report(context);
        examined.previous = Some(against.system);
    }
    let baseline = BaselineFile::read(arguments, &declared, here, seen)?;
    let accepted = Accepted {
        baseline: baseline.as_ref().and_then(BaselineFile::accepted),
    };
    let mut report = examined.report(&policy, accepted);
    let printer = &context.printer;
    for mistake in &examined.mistakes {
        printer.warning(&format!("the compiler will refuse this: {mistake}"));
    }
    if policy.persona > Persona::Regular {
        for unseen in &examined.unseen {
            printer.warning(&format!("not checked: {unseen}"));
        }
    }
    if let Some(baseline) = &baseline {
        baseline.rewrite(arguments, &mut report, printer)?;
    }
    let outputs = arguments.outputs(&context.environment);
    for output in &outputs {
        output.write(context, &report)?;
    }
    if report.diagnostics.is_empty() && outputs.iter().any(Output::is_for_people) {
        printer.status("Checked", &checked(&examined, &report));
    }
    let failed = arguments.fails(&report) || !examined.mistakes.is_empty();
    Ok(if failed && !arguments.exit_zero {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// `3 services, 1 handler: no findings, 2 accepted`.
fn checked(examined: &Examined, report: &Report) -> String {
    let services = examined.system.services.len();
    let handlers = examined.code.handlers.len();
    let mut checked = vec![counted(services, "service")];
    if handlers > 0 {
        checked.push(counted(handlers, "handler"));
        checked.retain(|words| !words.starts_with("0 "));
    }
    let mut text = format!("{}: no findings", checked.join(", "));
    if !report.suppressed.is_empty() {
        text = format!("{text}, {} accepted", report.suppressed.len());
    }
    if !examined.has_code {
        text.push_str(", without code to hold against them");
    }
    text
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
