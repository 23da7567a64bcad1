//! `slingshot topology fix`: mends what can be mended without asking.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use similar::TextDiff;
use slingshot_topology::{
    Accepted, FixMade, Fixed, FixedFile, Level, Persona, Policy, Safety, Severity, fix,
};

use super::{Declared, Examined, check::BaselineFile};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// How often the mended text is looked at again: a fix may bring out another finding, and never so many.
const MOST_ROUNDS: usize = 10;
/// Lines around a change.
const DIFF_CONTEXT: usize = 3;

/// The options of `slingshot topology fix`.
#[derive(Debug, Args)]
pub(crate) struct FixArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// Make the fixes too that somebody has to look at
    #[arg(long = "unsafe")]
    is_unsafe: bool,

    /// Fix the findings of this rule alone; may be given several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Fix what `topology check --pedantic` reports, too
    #[arg(long)]
    pedantic: bool,

    /// Print what would change, and change nothing
    #[arg(long)]
    diff: bool,
}

/// # Errors
///
/// If there is no system to look at, or it cannot be read or written.
pub(super) fn run(context: &Context, arguments: &FixArguments) -> Result<Exit, Failure> {
    for rule in &arguments.rules {
        super::explain::known(rule)?;
    }
    if arguments
        .path
        .as_deref()
        .is_some_and(|path| path == Path::new("-"))
    {
        return Err(Failure::usage("stdin cannot be mended").help("name the file"));
    }
    if arguments.diff {
        let fixed = round(context, arguments)?;
        return Ok(show(context, &fixed));
    }
    let mut made = 0;
    let mut files = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let fixed = round(context, arguments)?;
        for file in &fixed.files {
            write(context, file)?;
            files.insert(file.file.path.clone());
        }
        for fix in &fixed.made {
            let FixMade { at, rule, title } = fix;
            context.printer.result(&format!("{at}: {rule}: {title}"));
        }
        made += fixed.made.len();
        if fixed.made.is_empty() {
            tell(context, made, files.len(), fixed.held_back);
            return Ok(Exit::Clean);
        }
    }
    let help = "run it again; if it never ends, two rules are at odds, which is a bug of ours";
    context.printer.warning(&format!(
        "there is still something to fix after {MOST_ROUNDS} rounds: {help}"
    ));
    Ok(Exit::Findings)
}

impl FixArguments {
    /// What a check reports, or whatever the named rules find.
    fn policy(&self) -> Policy {
        if !self.rules.is_empty() {
            let levels = self.rules.iter();
            return Policy {
                levels: levels.map(|rule| (rule.clone(), Level::Warning)).collect(),
                ..Policy::everything()
            };
        }
        if self.pedantic {
            return Policy {
                persona: Persona::Pedantic,
                minimum: Severity::Info,
                ..Policy::default()
            };
        }
        Policy::default()
    }
}

/// Finds what there is to fix, and fixes it in memory.
fn round(context: &Context, arguments: &FixArguments) -> Result<Fixed, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let here = &context.environment.current_directory;
    let examined = Examined::of(&declared, here)?;
    let baseline = BaselineFile::beside(&declared, here)?;
    let accepted = Accepted {
        baseline: baseline.as_ref().and_then(BaselineFile::accepted),
    };
    let report = examined.report(&arguments.policy(), accepted);
    let mut found = report.diagnostics;
    if !arguments.rules.is_empty() {
        found.retain(|found| arguments.rules.iter().any(|rule| rule == found.rule.name));
    }
    let least = if arguments.is_unsafe {
        Safety::Unsafe
    } else {
        Safety::Safe
    };
    Ok(fix(&found, least))
}

/// The new text takes the file's place in one step, so that nobody reads half of it.
fn write(context: &Context, fixed: &FixedFile) -> Result<(), Failure> {
    let shown = &fixed.file.path;
    let path = context.environment.current_directory.join(shown);
    let beside = path.with_extension("slingshot-fix");
    let written = fs::write(&beside, &fixed.text).and_then(|()| fs::rename(&beside, &path));
    written.map_err(|error| {
        fs::remove_file(&beside).ok();
        Failure::unreadable(format!("cannot write {shown}")).because(error)
    })
}

/// Prints what would change.
fn show(context: &Context, fixed: &Fixed) -> Exit {
    for FixedFile { file, text } in &fixed.files {
        let diff = TextDiff::from_lines(&*file.text, text);
        let mut diff = diff.unified_diff();
        let diff = diff
            .context_radius(DIFF_CONTEXT)
            .header(&file.path, &file.path);
        context.printer.result(&diff.to_string());
    }
    if fixed.files.is_empty() {
        tell(context, 0, 0, fixed.held_back);
        Exit::Clean
    } else {
        Exit::Findings
    }
}

fn tell(context: &Context, made: usize, files: usize, held_back: usize) {
    let plural = |count: usize, noun: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {noun}{plural}")
    };
    let printer = &context.printer;
    let what = if made == 0 {
        "nothing".to_owned()
    } else {
        format!("{} in {}", plural(made, "finding"), plural(files, "file"))
    };
    printer.status("Fixed", &what);
    if held_back > 0 {
        let more = plural(held_back, "more finding");
        printer.status(
            "Left",
            &format!("{more} to --unsafe, whose fixes have to be looked at"),
        );
    }
}
