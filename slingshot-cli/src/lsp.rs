//! `slingshot lsp`: what editors ask of a system and its code, over stdin and stdout.

mod analysis;
mod answers;
mod client;
mod documents;
mod edits;
mod findings;
mod kept;
mod places;
mod server;
#[cfg(test)]
mod tests;
mod work;

use clap::Args;
use lsp_server::Connection;

use self::server::Server;
use crate::{
    exit::{Exit, Failure},
    panic,
};

/// The options of `slingshot lsp`.
#[derive(Debug, Args)]
pub(crate) struct LspArguments {
    /// Speak over stdin and stdout, as is done anyway
    // Many editors add it by themselves.
    #[arg(long, hide = true)]
    stdio: bool,
}

/// # Errors
///
/// If the editor's messages cannot be read.
pub(crate) fn run(_: &LspArguments) -> Result<Exit, Failure> {
    panic::survive();
    let (connection, threads) = Connection::stdio();
    let exit = serve(connection);
    threads
        .join()
        .map_err(|error| Failure::unreadable("the editor cannot be understood").because(error))?;
    Ok(exit)
}

/// Serves one editor until it leaves. The protocol wants 0 of a server that was asked to shut down, and 1 of
/// one that was left without a word.
fn serve(connection: Connection) -> Exit {
    match Server::start(connection) {
        Ok(server) => server.run(),
        Err(error) => {
            tracing::error!(%error, "the editor left before it had said what it can do");
            Exit::Findings
        }
    }
}
