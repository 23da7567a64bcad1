//! `slingshot topology`: the routes, checked and drawn without a build.

mod against;
mod check;
mod declared;
mod diff;
mod examined;
mod explain;
mod export;
mod fetch;
mod fix;
mod fmt;
mod graph;
mod ls;
mod manifests;
mod places;
mod schema;
mod scripts;
mod selected;
mod simulate;
mod test;
mod written;

use clap::Subcommand;
use slingshot_topology::System;

pub(crate) use self::{
    check::BASELINE_FILE, declared::Declared, examined::Examined, places::projects_below,
    scripts::Scripts,
};
use self::{
    check::CheckArguments, diff::DiffArguments, export::ExportArguments, fetch::FetchArguments,
    fix::FixArguments, fmt::FmtArguments, graph::GraphArguments, ls::LsArguments,
    simulate::SimulateArguments, test::TestArguments,
};
use crate::{
    Context,
    exit::{Exit, Failure},
};

/// `slingshot topology …`.
#[derive(Debug, Subcommand)]
pub(crate) enum TopologyCommand {
    /// Prove the routes against each other and against the code
    Check(CheckArguments),
    /// Tell what a change does to the system at work, and in which order to deploy it
    Diff(DiffArguments),
    /// Mend what can be mended without asking
    Fix(FixArguments),
    /// Draw the routes
    Graph(GraphArguments),
    /// List the services, and where their cases go
    Ls(LsArguments),
    /// Tell what the system will bear, from declared rates and times
    Simulate(Box<SimulateArguments>),
    /// Run the tests that say what a result must reach
    Test(TestArguments),
    /// Save the sys-map that is served, or tell how it differs from the file
    Fetch(FetchArguments),
    /// Write the system for a broker, for AsyncAPI, or as one sys-map
    Export(ExportArguments),
    /// Write slingshot.toml, or a sys-map, in its canonical form
    Fmt(FmtArguments),
    /// Show what a rule means, with an example, or list all rules
    Explain {
        /// The rule, as a finding names it
        rule: Option<String>,
    },
    /// Print the JSON Schema of a file, for editors and programs, or list the schemas
    Schema {
        /// The schema's name
        name: Option<String>,
    },
}

/// # Errors
///
/// If there is no system to look at, or it cannot be read.
pub(crate) fn run(context: &Context, command: &TopologyCommand) -> Result<Exit, Failure> {
    match command {
        TopologyCommand::Check(arguments) => check::run(context, arguments),
        TopologyCommand::Diff(arguments) => diff::run(context, arguments),
        TopologyCommand::Fix(arguments) => fix::run(context, arguments),
        TopologyCommand::Graph(arguments) => graph::run(context, arguments),
        TopologyCommand::Ls(arguments) => ls::run(context, arguments),
        TopologyCommand::Simulate(arguments) => simulate::run(context, arguments),
        TopologyCommand::Test(arguments) => test::run(context, arguments),
        TopologyCommand::Fetch(arguments) => fetch::run(context, arguments),
        TopologyCommand::Export(arguments) => export::run(context, arguments),
        TopologyCommand::Fmt(arguments) => fmt::run(context, arguments),
        TopologyCommand::Explain { rule } => explain::run(context, rule.as_deref()),
        TopologyCommand::Schema { name } => schema::run(context, name.as_deref()),
    }
}

/// Says that a map was not understood in full, where a command goes on with what was.
fn warn_if_incomplete(context: &Context, system: &System) {
    if !system.complete {
        let check = context.command(&["topology", "check"]);
        context.printer.warning(&format!(
            "the map has mistakes, and what stands there is left out: {check} shows them"
        ));
    }
}
