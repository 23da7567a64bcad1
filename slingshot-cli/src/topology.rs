//! `slingshot topology`: the routes, checked and drawn without a build.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use slingshot_topology::{
    Code, Diagnostic, Persona, Policy, Severity, SourceFile, System, check, graph, read_json,
    read_toml, render,
};

use crate::{
    Context,
    code::ScannedCode,
    exit::{Exit, Failure},
    project::{Project, SYSTEM_FILE, shown},
};

/// `slingshot topology …`.
#[derive(Debug, Subcommand)]
pub(crate) enum TopologyCommand {
    /// Prove the routes against each other and against the code
    Check(CheckArguments),
    /// Draw the routes
    Graph(GraphArguments),
    /// Show what a rule means, with an example
    Explain {
        /// The rule, as a finding names it
        rule: String,
    },
}

/// The options of `slingshot topology check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// A slingshot.toml, a saved sys-map (JSON), a project's directory, or - for stdin [default:
    /// the project's slingshot.toml]
    path: Option<PathBuf>,

    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// For whom to report: findings that need a change, also what is worth a second look, or all there is
    #[arg(long, value_enum, default_value = "regular")]
    persona: Reader,

    /// The same as --persona pedantic
    #[arg(long, conflicts_with = "persona")]
    pedantic: bool,
}

impl CheckArguments {
    fn policy(&self) -> Policy {
        match (self.persona, self.pedantic) {
            (Reader::Auditor, _) => Policy::EVERYTHING,
            (Reader::Pedantic, _) | (Reader::Regular, true) => Policy {
                persona: Persona::Pedantic,
                minimum: Severity::Info,
            },
            (Reader::Regular, false) => Policy::default(),
        }
    }
}

/// Who reads the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reader {
    /// Errors and warnings
    Regular,
    /// Remarks too
    Pedantic,
    /// Everything there is
    Auditor,
}

/// The options of `slingshot topology graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArguments {
    /// As for `topology check`
    path: Option<PathBuf>,

    /// How to draw
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Picture,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// Annotations on a pull request
    Github,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Picture {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// An image
    Svg,
}

/// # Errors
///
/// If there is no system to look at, or it cannot be read.
pub(crate) fn run(context: &Context, command: &TopologyCommand) -> Result<Exit, Failure> {
    match command {
        TopologyCommand::Check(arguments) => report(context, arguments),
        TopologyCommand::Graph(arguments) => {
            let (system, _) = Declared::at(context, arguments.path.as_deref())?.read();
            context.printer.result(&match arguments.format {
                Picture::Mermaid => graph::mermaid(&system),
                Picture::Dot => graph::dot(&system),
                Picture::Svg => graph::svg(&system),
            });
            Ok(Exit::Clean)
        }
        TopologyCommand::Explain { rule } => explain(context, rule),
    }
}

fn report(context: &Context, arguments: &CheckArguments) -> Result<Exit, Failure> {
    let declared = Declared::at(context, arguments.path.as_deref())?;
    let examined = Examined::of(&declared, &context.environment.current_directory)?;
    let policy = arguments.policy();
    let diagnostics = policy.apply(examined.diagnostics);
    let printer = &context.printer;
    for mistake in &examined.mistakes {
        printer.warning(&format!("the compiler will refuse this: {mistake}"));
    }
    if policy.persona > Persona::Regular {
        for unseen in &examined.unseen {
            printer.warning(&format!("not checked: {unseen}"));
        }
    }
    match arguments.format {
        Format::Text if diagnostics.is_empty() => {
            let services = examined.system.services.len();
            let with_code = if examined.has_code {
                ""
            } else {
                ", without code to hold against them"
            };
            let handlers = examined.code.handlers.len();
            let mut checked = vec![counted(services, "service")];
            if handlers > 0 {
                checked.push(counted(handlers, "handler"));
                checked.retain(|words| !words.starts_with("0 "));
            }
            printer.status(
                "Checked",
                &format!("{}: no findings{with_code}", checked.join(", ")),
            );
        }
        Format::Text => printer.result(&render::text(&diagnostics, printer.colors_results())),
        Format::Json => printer.result(&render::json(&diagnostics)),
        Format::Github => printer.result(&render::github(&diagnostics)),
    }
    let found = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity >= Severity::Warning);
    Ok(if found || !examined.mistakes.is_empty() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A system, its code, and everything that can be said about the two.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) system: System,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What the sources say; empty without sources.
    pub(crate) code: Code,
    has_code: bool,
    mistakes: Vec<String>,
    unseen: Vec<String>,
}

impl Examined {
    /// Reads a declared system, scans the sources beside it, and runs every rule.
    ///
    /// # Errors
    ///
    /// If a source cannot be read.
    pub(crate) fn of(declared: &Declared, base: &Path) -> Result<Self, Failure> {
        let (system, mut diagnostics) = declared.read();
        let scanned = ScannedCode::of(&declared.sources, base)?;
        let code = scanned.as_ref().map(|scanned| &scanned.code);
        diagnostics.extend(check(&system, code));
        let has_code = scanned.is_some();
        let scanned = scanned.unwrap_or_default();
        Ok(Self {
            system,
            diagnostics,
            code: scanned.code,
            has_code,
            mistakes: scanned.mistakes,
            unseen: scanned.unseen,
        })
    }
}

/// The text that declares a system, and where its code is.
#[derive(Debug)]
pub(crate) struct Declared {
    text: String,
    /// As it is printed.
    path: String,
    sources: PathBuf,
}

impl Declared {
    /// A project's `slingshot.toml`.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn of_project(project: &Project, base: &Path) -> Result<Self, Failure> {
        Self::file(&project.system_file(), project.directory.clone(), base)
    }

    fn at(context: &Context, path: Option<&Path>) -> Result<Self, Failure> {
        let here = &context.environment.current_directory;
        let code_of_map = || {
            context
                .project
                .as_ref()
                .map_or_else(|| here.clone(), |dir| here.join(dir))
        };
        let Some(path) = path else {
            return Self::of_project(&Project::find(context)?, here);
        };
        if path == Path::new("-") {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::unreadable("cannot read stdin").because(error))?;
            return Ok(Self {
                text,
                path: "stdin".to_owned(),
                sources: code_of_map(),
            });
        }
        let path = here.join(path);
        if !path.exists() {
            return Err(Failure::new(
                Exit::NoInput,
                format!("{} does not exist", shown(&path, here)),
            ));
        }
        if path.is_dir() {
            let file = path.join(SYSTEM_FILE);
            if !file.is_file() {
                return Err(Failure::new(
                    Exit::NoInput,
                    format!("{} holds no {SYSTEM_FILE}", shown(&path, here)),
                ));
            }
            return Self::file(&file, path, here);
        }
        let sources = match path.file_name() {
            Some(name) if name == SYSTEM_FILE => path.parent().unwrap_or(here).to_owned(),
            _ => code_of_map(),
        };
        Self::file(&path, sources, here)
    }

    fn file(path: &Path, sources: PathBuf, base: &Path) -> Result<Self, Failure> {
        let shown = shown(path, base).to_string();
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::unreadable(format!("cannot read {shown}")).because(error))?;
        Ok(Self {
            text,
            path: shown,
            sources,
        })
    }

    /// JSON begins with a brace, which no `slingshot.toml` does.
    pub(crate) fn read(&self) -> (System, Vec<Diagnostic>) {
        let file = SourceFile::new(self.path.clone(), self.text.clone());
        if self.text.trim_start().starts_with(['{', '<']) {
            read_json(&file)
        } else {
            read_toml(&file)
        }
    }
}

fn explain(context: &Context, name: &str) -> Result<Exit, Failure> {
    let rules = slingshot_topology::RULES;
    let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
        let names: Vec<_> = rules.iter().map(|rule| rule.name).collect();
        return Err(Failure::usage(format!("there is no rule `{name}`"))
            .help(format!("the rules are: {}", names.join(", "))));
    };
    context.printer.result(&rule.page());
    Ok(Exit::Clean)
}
