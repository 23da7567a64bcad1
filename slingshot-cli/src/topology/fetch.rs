//! `slingshot topology fetch`: a sys-map that is served, saved for work without it, or held against the file.

mod answers;
mod saved;

use std::path::{Path, PathBuf};

use clap::Args;
use slingshot_runtime::client::{ClientError, SysMapClient, secret, sys_map_host};
use slingshot_topology::{
    Diagnostic, Inputs, SavedAnswer, SecretReference, Severity, check, export, read_answers, render,
};

use self::answers::Asking;
use super::Declared;
use crate::{
    Context,
    exit::{Exit, Failure},
    project::{Project, shown},
};

/// Where answers are saved if nobody says it.
const DIRECTORY: &str = "sys-map";

/// The rule that holds what is served against what is written.
const DRIFT: &str = "live-map-differs";

/// The options of `slingshot topology fetch`.
#[derive(Debug, Args)]
pub(crate) struct FetchArguments {
    /// The sys-map: a URL, or a host, which means https:// [default: `SLINGSHOT_SYS_MAP`]
    url: Option<String>,

    /// Where to save it: a directory, with a file for each answer; a file in .json, with all of them; - for stdout
    /// [default: sys-map]
    #[arg(long, short, value_name = "DIR|FILE")]
    output: Option<PathBuf>,

    /// Ask for this service alone. Several may be given [default: those that the sys-map lists, else those of the
    /// project]
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,

    /// Where the bearer token is: `env:NAME`, `file:PATH` or `pass:ENTRY` [default: `SLINGSHOT_SYS_MAP_TOKEN`]
    // A text, so that clap does not repeat one that is the token itself.
    #[arg(long, value_name = "REFERENCE", alias = "token-ref")]
    token: Option<String>,

    /// Save nothing: hold what is served against what was saved, or the project's slingshot.toml, and end with 1
    /// if they differ
    #[arg(long)]
    check: bool,
}

/// # Errors
///
/// If the sys-map does not answer, or answers something else, or the answers cannot be written.
#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(context: &Context, arguments: &FetchArguments) -> Result<Exit, Failure> {
    let (client, url) = client(arguments).await?;
    let declared = declared(context, arguments)?;
    let asking = Asking {
        client: &client,
        url: &url,
        context,
    };
    let answers = asking.all(&arguments.services, declared.as_ref()).await?;
    if arguments.check {
        return compare(context, &answers, declared.as_ref());
    }
    let (system, found) = read_answers(&answers);
    let services = system.services.len();
    let here = &context.environment.current_directory;
    let output = arguments.output.as_deref().unwrap_or(Path::new(DIRECTORY));
    let is_file = output
        .extension()
        .is_some_and(|extension| extension == "json");
    if output == Path::new("-") || is_file {
        refuse_mistakes(context, &found)?;
        let text = export::sys_map(&system);
        if output == Path::new("-") {
            context.printer.result(&text);
            return Ok(Exit::Clean);
        }
        saved::write(&here.join(output), &text, here)?;
    } else {
        saved::write_all(&here.join(output), &answers, here)?;
    }
    let plural = if services == 1 { "" } else { "s" };
    let place = shown(&here.join(output), here).to_string();
    let text = format!("{services} service{plural} of {url} in {place}");
    context.printer.status("Saved", &text);
    let errors = found
        .iter()
        .filter(|found| found.severity == Severity::Error);
    if errors.count() > 0 {
        let command = context.command(&["topology", "check", &place]);
        context
            .printer
            .warning(&format!("what is served has mistakes: {command}"));
    }
    Ok(Exit::Clean)
}

async fn client(arguments: &FetchArguments) -> Result<(SysMapClient, String), Failure> {
    let url = arguments.url.clone().or_else(sys_map_host).ok_or_else(|| {
        Failure::usage("nothing says where the sys-map is")
            .help("name its URL, or set SLINGSHOT_SYS_MAP")
    })?;
    let token = arguments
        .token
        .as_ref()
        .map(|token| token.parse::<SecretReference>());
    let token = token
        .transpose()
        .map_err(|error| Failure::usage("--token names no secret").because(error))?;
    // Where it is not, `--token` is to blame and not the environment.
    if let Some(token) = &token {
        let read = secret(token).await;
        read.map_err(|error| Failure::unreadable("the token cannot be read").because(error))?;
    }
    let client = SysMapClient::with_token(&url, token).map_err(refused)?;
    // An address may hold a password.
    let shown = match url.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let separator = if scheme.is_empty() { "" } else { "://" };
            format!("{scheme}{separator}{host}")
        }
        None => url,
    };
    Ok((client, shown))
}

fn refused(error: ClientError) -> Failure {
    let exit = if error.is_configuration() {
        Exit::Usage
    } else {
        Exit::Unreadable
    };
    let wants_token = error.wants_token();
    let failure = Failure::new(exit, "the sys-map cannot be fetched").because(error);
    if wants_token {
        return failure.help("--token says where its token is too, for this once");
    }
    failure
}

/// What is known of the system here: what was saved before for a check, else the project if there is one.
fn declared(context: &Context, arguments: &FetchArguments) -> Result<Option<Declared>, Failure> {
    if let Some(output) = arguments.output.as_deref().filter(|_| arguments.check) {
        return Declared::at(context, Some(output)).map(Some);
    }
    let here = &context.environment.current_directory;
    match Project::find(context) {
        Ok(project) => Declared::of_project(&project, here).map(Some),
        Err(failure) if context.project.is_some() => Err(failure),
        Err(_) => Ok(None),
    }
}

/// Holds what is served against what is declared here.
fn compare(
    context: &Context,
    answers: &[SavedAnswer],
    declared: Option<&Declared>,
) -> Result<Exit, Failure> {
    let declared = declared.ok_or_else(|| {
        Failure::new(
            Exit::NoInput,
            "there is nothing to hold the sys-map against",
        )
        .help("go to a project, or name what was saved with --output")
    })?;
    let (system, mut found) = declared.read();
    let (served, of_served) = read_answers(answers);
    found.extend(of_served);
    found.retain(|found| found.severity == Severity::Error);
    let inputs = Inputs {
        served: Some(&served),
        ..Inputs::of(&system)
    };
    let drift = check(&inputs).into_iter();
    found.extend(drift.filter(|found| found.rule.name == DRIFT));
    let printer = &context.printer;
    if found.is_empty() {
        printer.status("Checked", &format!("{} is what is served", declared.path()));
        return Ok(Exit::Clean);
    }
    printer.result(&render::text(&found, printer.colors_results()));
    Ok(Exit::Findings)
}

/// One file can only be written from what was understood.
fn refuse_mistakes(context: &Context, found: &[Diagnostic]) -> Result<(), Failure> {
    let errors: Vec<_> = found
        .iter()
        .filter(|it| it.severity == Severity::Error)
        .cloned()
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    let printer = &context.printer;
    printer.result(&render::text(&errors, printer.colors_results()));
    Err(Failure::new(Exit::Findings, "what is served has mistakes")
        .help("save it as a directory, which keeps every answer as it is"))
}
