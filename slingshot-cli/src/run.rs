//! `slingshot run`: the whole system on this machine, with nothing installed but Rust.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use clap::Args;
use slingshot_topology::{System, render};

use crate::{
    Context,
    arguments::ids::{Formation, ServiceIds},
    cargo::Build,
    embedded::Embedded,
    exit::{Exit, Failure},
    guardian::Guardian,
    interrupts::Interrupts,
    programs,
    project::Project,
    running::Running,
    topology::{Declared, Examined},
};

mod dead_letters;
mod feed;
mod feeding;
mod idle;
mod input;
mod launches;
mod plan;
mod rebuild;
mod reports;
mod results;
mod servers;
mod session;
mod statistics;
mod summary;
mod watch;

use self::{
    feed::Feed, input::Input, plan::Plan, servers::Servers, session::Session, watch::Watch,
};

/// The options of `slingshot run`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct RunArguments {
    /// The services to run [default: all]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,

    /// Send ids to a service once everything is ready, such as sniff=1..100 or sniff=1,2,7
    #[arg(long, value_name = "SERVICE=IDS")]
    send: Vec<ServiceIds>,

    /// Put files into the first service's `in` bucket and send their ids; a directory stands for
    /// every file below it, and SERVICE=PATH names another service
    #[arg(long, value_name = "PATH", num_args = 1..)]
    input: Vec<String>,

    /// Stop when every queue is empty and nothing is in flight; exit with 1 if a request failed
    #[arg(long)]
    until_idle: bool,

    /// Start services again when one of their files changes: those in Rust once they are built, and
    /// where that fails, what was built before goes on
    #[arg(long)]
    watch: bool,

    /// Start with empty queues, buckets and database
    #[arg(long)]
    fresh: bool,

    /// Build the services with optimisations
    #[arg(long)]
    release: bool,

    /// How many processes of a service, such as sniff=2
    #[arg(long, value_name = "SERVICE=COUNT", value_delimiter = ',')]
    formation: Vec<Formation>,

    /// Run what was built before
    #[arg(long)]
    no_build: bool,

    /// Run even if the routes do not hold together
    #[arg(long)]
    no_check: bool,
}

/// # Errors
///
/// If the project, its routes, its build or one of the embedded parts is not as it must be.
#[tokio::main]
pub(crate) async fn run(context: &Context, arguments: &RunArguments) -> Result<Exit, Failure> {
    let project = Project::find(context)?;
    let mut interrupts = Interrupts::listen()?;
    let prepared = tokio::select! {
        prepared = prepare(context, &project, arguments) => prepared?,
        () = interrupts.next() => return Ok(Exit::Interrupted),
    };
    let Some(prepared) = prepared else {
        return Ok(Exit::Findings);
    };
    let guardian = tokio::select! {
        guardian = Guardian::start(context, &project) => Arc::new(guardian?),
        () = interrupts.next() => return Ok(Exit::Interrupted),
    };
    let exit = Box::pin(run_guarded(
        context,
        &project,
        arguments,
        prepared,
        &guardian,
        &mut interrupts,
    ))
    .await;
    if let Some(guardian) = Arc::into_inner(guardian) {
        guardian.dismiss().await;
    }
    exit
}

/// Everything that is known before anything starts.
struct Prepared {
    system: System,
    plan: Plan,
    servers: Servers,
    feed: Feed,
    watch: Option<Watch>,
}

/// Checks, builds and plans; `None` if the routes do not hold together, which is then reported.
async fn prepare(
    context: &Context,
    project: &Project,
    arguments: &RunArguments,
) -> Result<Option<Prepared>, Failure> {
    let here = &context.environment.current_directory;
    let examined = Examined::of(&Declared::of_project(project, here)?, here)?;
    let errors = if arguments.no_check {
        Vec::new()
    } else {
        examined.errors()
    };
    if !errors.is_empty() {
        let text = render::text(&errors, context.printer.colors_results());
        context.printer.result(&text);
        context
            .printer
            .warning("nothing was started; --no-check runs the services all the same");
        return Ok(None);
    }
    let system = examined.system;
    let input = Input::find(&arguments.input, &system, here)?;
    let build = Build {
        release: arguments.release,
        skip: arguments.no_build,
    };
    let begun = SystemTime::now();
    let programs = programs::build(context, project, &system, &arguments.services, build).await?;
    let mut plan = Plan::new(
        &programs,
        &system,
        &arguments.services,
        &arguments.formation,
    )
    .await?;
    plan.add_writes(&examined.code);
    if arguments.until_idle && plan.services.is_empty() {
        return Err(
            Failure::usage("--until-idle waits for queues, and only handlers are to run")
                .help("leave it out, and end the run with Ctrl-C or POST /shutdown"),
        );
    }
    let feed = Feed::new(&arguments.send, input, &system, &plan)?;
    let servers = Servers::place(&plan.hosts, system.http.as_ref())?;
    let watch = if arguments.watch {
        Some(Watch::of(context, project, &system, &programs, (build, begun)).await?)
    } else {
        None
    };
    Ok(Some(Prepared {
        system,
        plan,
        servers,
        feed,
        watch,
    }))
}

async fn run_guarded(
    context: &Context,
    project: &Project,
    arguments: &RunArguments,
    prepared: Prepared,
    guardian: &Arc<Guardian>,
    interrupts: &mut Interrupts,
) -> Result<Exit, Failure> {
    let Prepared {
        system,
        plan,
        servers,
        feed,
        watch,
    } = prepared;
    if arguments.fresh {
        reset(context, project, &system)?;
    }
    let needs = plan.needs(&system);
    let embedded = tokio::select! {
        embedded = Embedded::start(context, project, system, needs) => embedded?,
        () = interrupts.next() => return Ok(Exit::Interrupted),
    };
    embedded.announce(context, project);
    let note = Running::here(embedded.sys_map_url(), &embedded.system());
    let exit = match note.write(project) {
        Ok(()) => {
            let session = Session::start(
                context,
                project,
                &embedded,
                (plan, servers, watch),
                guardian,
            )
            .await;
            match session {
                Ok(session) => session.run(feed, arguments.until_idle, interrupts).await,
                Err(failure) => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    };
    Running::remove(project);
    embedded.shutdown().await;
    exit
}

/// Empties what is ours; what is not keeps its state, which is said.
fn reset(context: &Context, project: &Project, system: &System) -> Result<(), Failure> {
    let named = [
        ("rabbitmq", system.rabbitmq.is_some()),
        ("object-storage", system.object_storage.is_some()),
        ("database", system.database.is_some()),
    ];
    for (section, _) in named.into_iter().filter(|(_, is_named)| *is_named) {
        context.printer.warning(&format!(
            "--fresh empties the embedded parts only: what [{section}] names keeps its state"
        ));
    }
    Embedded::reset(project)
}

/// Where a project keeps files that services are working on.
fn staging(project: &Project) -> PathBuf {
    project.state().join("staging")
}
