//! Every program of a project, ready to be started: what cargo builds, and the scripts that
//! `slingshot.toml` names.

use slingshot_topology::{Spanned, System};

use crate::{
    Context,
    cargo::{self, Build},
    exit::Failure,
    program::Program,
    project::Project,
    python::Python,
    sources,
};

/// Those that hold the services selected; all without a selection.
///
/// # Errors
///
/// If something cannot be built, found or installed.
pub(crate) async fn build(
    context: &Context,
    project: &Project,
    system: &System,
    selected: &[String],
    build: Build,
) -> Result<Vec<Program>, Failure> {
    let scripts = scripts(project, system, selected)?;
    let mut programs = Vec::new();
    if scripts.is_empty() || has_more(project, system, selected) {
        let is_optional = !scripts.is_empty();
        let binaries = cargo::build(context, project, build, is_optional).await?;
        programs.extend(binaries.into_iter().map(Program::from));
    }
    if !scripts.is_empty() {
        let python = Python::of(context, project, build).await?;
        programs.extend(scripts.into_iter().map(|script| python.program(script)));
    }
    Ok(programs)
}

/// The scripts, each once, as `slingshot.toml` names them.
fn scripts(
    project: &Project,
    system: &System,
    selected: &[String],
) -> Result<Vec<String>, Failure> {
    let mut scripts: Vec<String> = Vec::new();
    let of_services = services(system, selected).filter_map(|it| it.python.as_ref());
    // Where services are named, no others run, and handlers with those only.
    let of_handlers = system.handler_script.as_ref();
    let of_handlers = of_handlers.filter(|_| selected.is_empty());
    for Spanned { value, span } in of_services.chain(of_handlers) {
        if !project.directory.join(value).is_file() {
            return Err(
                Failure::usage(format!("{span}: there is no script {value}")).help(
                    "`python` is the path of a script, from the directory of slingshot.toml on",
                ),
            );
        }
        if !scripts.contains(value) {
            scripts.push(value.clone());
        }
    }
    Ok(scripts)
}

/// Whether cargo may have something to build beside the scripts: other services, or handlers.
fn has_more(project: &Project, system: &System, selected: &[String]) -> bool {
    let is_wanted = selected.is_empty() || services(system, selected).any(|it| it.python.is_none());
    is_wanted && sources::has_manifest(&project.directory)
}

fn services<'s>(
    system: &'s System,
    selected: &'s [String],
) -> impl Iterator<Item = &'s slingshot_topology::Service> {
    let is_selected =
        |name: &str| selected.is_empty() || selected.iter().any(|selected| selected == name);
    let services = system.services.iter();
    services.filter(move |service| is_selected(&service.name.value))
}
