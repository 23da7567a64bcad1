//! What a binary says about its services and handlers: `BINARY --describe`.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use slingshot_topology::{CaseValue, sys_map::RetryForm};
use tokio::time::timeout;

use crate::{
    Context,
    cargo::Build,
    exit::{Exit, Failure},
    program::Program,
    programs,
    project::Project,
    python::{self, Python},
    topology::Declared,
};

/// Describing touches neither network nor environment, so that it is a matter of milliseconds.
const TIME: Duration = Duration::from_secs(10);
/// The same for a script: it imports what its services need, and some of that is large.
const SCRIPT_TIME: Duration = Duration::from_mins(2);
/// The form of a manifest that this version reads.
const FORMAT_VERSION: u32 = 1;

/// The services and the handlers of a binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format_version: u32,
    pub(crate) services: Vec<DescribedService>,
    /// None in a binary that was built against an older version.
    #[serde(default)]
    pub(crate) handlers: Vec<DescribedHandler>,
}

impl Manifest {
    /// The services with what they have to be given, and the handlers: what a run prepares.
    pub(crate) fn holds(&self) -> Vec<String> {
        let services = self.services.iter();
        let services = services.map(|it| format!("service {} {:?}", it.name, it.needs));
        let handlers = self.handlers.iter();
        let handlers = handlers.map(|it| format!("handler {} {:?}", it.name, it.kind));
        let mut holds: Vec<_> = services.chain(handlers).collect();
        holds.sort();
        holds
    }
}

/// One function that answers requests, as its code has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DescribedHandler {
    pub(crate) name: String,
    pub(crate) kind: HandlerKind,
    source: Source,
    replicas: Option<u32>,
    queue: Option<u32>,
    timeout: Option<String>,
}

/// Which requests a function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HandlerKind {
    /// Those under its own name.
    Request,
    /// Files that come in.
    Upload,
    /// Files that go out.
    Download,
    /// What there is to say of a file.
    Metadata,
}

/// One service, as its code has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DescribedService {
    pub(crate) name: String,
    source: Source,
    sys_map: Option<String>,
    cases: Option<Vec<CaseValue>>,
    reads: Vec<String>,
    writes: Vec<String>,
    pub(crate) needs: Needs,
    replicas: Option<u32>,
    prefetch: Option<u16>,
    timeout: Option<String>,
    #[serde(default)]
    startup: bool,
    #[serde(default = "by_default")]
    transaction: bool,
    #[serde(default)]
    unrouted: Unrouted,
    retry: Option<RetryForm>,
    deduplicate: Option<String>,
}

/// A binary that does not say it, built against an older version, runs its functions in transactions.
fn by_default() -> bool {
    true
}

/// What becomes of a result whose case has no route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Unrouted {
    #[default]
    DeadLetter,
    Drop,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    file: String,
    line: u32,
    column: u32,
}

impl DescribedService {
    /// The bucket keys that the code writes, as far as it says so.
    pub(crate) fn writes(&self) -> &[String] {
        &self.writes
    }
}

/// What a service has to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Needs {
    pub(crate) objects: bool,
    pub(crate) database: bool,
}

/// Asks a program for its manifest.
///
/// # Errors
///
/// If it cannot be started, takes too long, or answers something else.
pub(crate) async fn manifest(program: &Program) -> Result<Manifest, Failure> {
    let time = if program.is_script() {
        SCRIPT_TIME
    } else {
        TIME
    };
    let output = program
        .describing()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(time, output)
        .await
        .map_err(|_| {
            let seconds = time.as_secs();
            Failure::usage(format!(
                "{program} takes more than {seconds} s to describe its services"
            ))
            .help(program.duty())
        })?
        .map_err(|error| Failure::unreadable(format!("cannot start {program}")).because(error))?;
    let manifest: Manifest = serde_json::from_slice(&output.stdout)
        .map_err(|error| undescribed(program, &output, error))?;
    match manifest.format_version {
        FORMAT_VERSION => Ok(manifest),
        version => Err(Failure::usage(format!(
            "{program} describes its services in form {version}, and this command reads form {FORMAT_VERSION}"
        ))
        .help("use the `slingshot` command and the package `slingshot` of one version")),
    }
}

/// What Python ends with when something is raised and not caught.
const RAISED: i32 = 1;

fn undescribed(program: &Program, output: &Output, error: serde_json::Error) -> Failure {
    let failure = Failure::usage(format!("{program} does not describe its services"));
    // A script that fails says why in its last line: the traceback's, or ours.
    let words = String::from_utf8_lossy(&output.stderr);
    let words = words.trim();
    if !program.is_script() || words.is_empty() {
        return failure.because(error).help(program.duty());
    }
    if output.status.code() != Some(RAISED) {
        return failure.because(words.to_owned()).help(program.duty());
    }
    let failed = Failure::usage(format!("{program} fails before it starts its services"))
        .because(words.to_owned());
    match missing_module(words) {
        Some(module) => failed.help(format!(
            "install the package that has `{module}`: {}",
            python::installing(program.path(), module)
        )),
        None => failed,
    }
}

/// The module that a script has not found, without what is within it.
fn missing_module(words: &str) -> Option<&str> {
    let last = words.lines().next_back()?;
    let name = last.strip_prefix("ModuleNotFoundError: No module named '")?;
    name.split(['.', '\'']).next()
}

/// The options of `slingshot describe`.
#[derive(Debug, Args)]
pub(crate) struct DescribeArguments {
    /// A binary or a Python script of services [default: build the project and describe all that it
    /// has]
    binary: Option<PathBuf>,

    /// How to show it
    #[arg(long, value_enum, default_value = "json")]
    format: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A manifest, which `topology check --manifest` reads
    Json,
}

/// # Errors
///
/// As [`manifest`], and if the build fails.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(context: &Context, arguments: &DescribeArguments) -> Result<Exit, Failure> {
    let programs = match &arguments.binary {
        Some(path) => vec![named(context, path).await?],
        None => {
            let build = Build {
                release: false,
                skip: false,
            };
            let project = Project::find(context)?;
            let here = &context.environment.current_directory;
            let (system, _) = Declared::of_project(&project, here)?.read();
            programs::build(context, &project, &system, &[], build).await?
        }
    };
    let mut all = Manifest {
        format_version: FORMAT_VERSION,
        services: Vec::new(),
        handlers: Vec::new(),
    };
    for program in programs {
        let Manifest {
            services, handlers, ..
        } = manifest(&program).await?;
        all.services.extend(services);
        all.handlers.extend(handlers);
    }
    let text = match arguments.format {
        Form::Json => serde_json::to_string_pretty(&all).expect("a manifest is plain data"),
    };
    context.printer.result(&text);
    Ok(Exit::Clean)
}

/// A script is run by the Python of its project, if it is in one.
async fn named(context: &Context, path: &Path) -> Result<Program, Failure> {
    let path = context.environment.current_directory.join(path);
    let is_script = path.extension().is_some_and(|extension| extension == "py");
    if !is_script {
        return Ok(Program::binary(path.display().to_string(), path));
    }
    if !path.is_file() {
        return Err(Failure::unreadable(format!(
            "there is no script {}",
            path.display()
        )));
    }
    let build = Build {
        release: false,
        skip: false,
    };
    let python = match Project::find(context) {
        Ok(project) if path.starts_with(&project.directory) => {
            Python::of(context, &project, build).await?
        }
        _ => Python::beside(context, &path).await?,
    };
    Ok(python.program(path))
}
