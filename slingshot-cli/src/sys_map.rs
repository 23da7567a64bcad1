//! `slingshot sys-map`: the configuration service, for machines where nothing else serves it.

use std::net::SocketAddr;

use clap::Subcommand;
use slingshot_local::sys_map::{Engines, SysMapConfig, SysMapServer, SysMapSource};

use crate::{
    Context,
    exit::{Exit, Failure},
    interrupts::Interrupts,
    project::Project,
};

/// `slingshot sys-map …`.
#[derive(Debug, Subcommand)]
pub(crate) enum SysMapCommand {
    /// Serve the project's slingshot.toml, and follow its changes
    Serve {
        /// Where to listen; port 0 takes a free one
        #[arg(long, default_value = "127.0.0.1:7780")]
        address: SocketAddr,
    },
}

/// # Errors
///
/// If slingshot.toml has errors or the address cannot be used.
#[tokio::main]
pub(crate) async fn run(context: &Context, command: &SysMapCommand) -> Result<Exit, Failure> {
    let SysMapCommand::Serve { address } = command;
    let project = Project::find(context)?;
    let mut interrupts = Interrupts::listen()?;
    let config = SysMapConfig {
        address: *address,
        source: SysMapSource::File(project.system_file()),
        engines: Engines::default(),
    };
    let server = SysMapServer::start(config)
        .await
        .map_err(|error| Failure::usage("the sys-map cannot be served").because(error))?;
    context.printer.status(
        "Serving",
        &format!("{} on {}", project.system_file().display(), server.url()),
    );
    interrupts.next().await;
    server.shutdown().await;
    Ok(Exit::Clean)
}
