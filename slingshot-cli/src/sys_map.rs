//! `slingshot sys-map`: the configuration service, for machines where nothing else serves it.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};
use slingshot_local::{
    Secret,
    sys_map::{Engines, Guard, SysMapConfig, SysMapError, SysMapServer, SysMapSource, TlsFiles},
};
use slingshot_runtime::client;
use slingshot_topology::SecretReference;

use crate::{
    Context,
    exit::{Exit, Failure},
    interrupts::Interrupts,
    project::Project,
};

/// `slingshot sys-map …`.
#[derive(Debug, Subcommand)]
pub(crate) enum SysMapCommand {
    /// Serve a system's file to its services, and follow its changes
    Serve(ServeArguments),
}

/// `slingshot sys-map serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// A slingshot.toml, or a sys-map in one JSON file [default: the project's slingshot.toml]
    file: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7780")]
    address: SocketAddr,
    /// Answer only those who have this bearer token: `env:NAME`, `file:PATH` or `pass:ENTRY`
    // A text, so that clap does not repeat one that is the token itself.
    #[arg(long, value_name = "REFERENCE")]
    token: Option<String>,
    /// Serve by https: a PEM file with the certificate, read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file without a passphrase
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine with neither token nor TLS
    #[arg(long)]
    insecure: bool,
}

/// # Errors
///
/// If the file has errors, the token or the certificate cannot be used, or the address cannot.
#[tokio::main]
pub(crate) async fn run(context: &Context, command: &SysMapCommand) -> Result<Exit, Failure> {
    let SysMapCommand::Serve(arguments) = command;
    let file = match &arguments.file {
        Some(file) => file.clone(),
        None => Project::find(context)?.system_file(),
    };
    let mut interrupts = Interrupts::listen()?;
    let config = SysMapConfig {
        address: arguments.address,
        source: SysMapSource::File(file.clone()),
        engines: Engines::default(),
    };
    let server = SysMapServer::start_guarded(config, guard(arguments).await?)
        .await
        .map_err(refused)?;
    context.printer.status(
        "Serving",
        &format!("{} on {}", file.display(), server.url()),
    );
    interrupts.next().await;
    server.shutdown().await;
    Ok(Exit::Clean)
}

async fn guard(arguments: &ServeArguments) -> Result<Guard, Failure> {
    let token = match &arguments.token {
        Some(reference) => Some(token(reference).await?),
        None => None,
    };
    let files = arguments
        .tls_cert
        .clone()
        .zip(arguments.tls_key.clone())
        .map(|(certificate, key)| TlsFiles { certificate, key });
    Ok(Guard {
        token,
        tls: files,
        insecure: arguments.insecure,
    })
}

async fn token(reference: &str) -> Result<Secret, Failure> {
    let reference: SecretReference = reference
        .parse()
        .map_err(|error| Failure::usage("--token names no secret").because(error))?;
    let token = client::secret(&reference)
        .await
        .map_err(|error| Failure::usage("the token cannot be read").because(error))?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let help = "write visible ASCII without spaces, as `openssl rand -hex 32` does";
        return Err(Failure::usage("no client can send this token").help(help));
    }
    Ok(Secret::new(token))
}

fn refused(error: SysMapError) -> Failure {
    let exposed = matches!(error, SysMapError::Exposed { .. });
    let failure = Failure::usage("the sys-map cannot be served").because(error);
    if exposed {
        let help = "give --token, or --tls-cert and --tls-key; --insecure does without";
        return failure.help(help);
    }
    failure
}
