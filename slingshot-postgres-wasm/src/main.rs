//! `slingshot-postgres`: an embedded `PostgreSQL` on a loopback port.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use slingshot_postgres_wasm::{Config, Limits, Oliphaunt, Server, ServerError};
use tokio::signal::unix::{SignalKind, signal};

/// An embedded PostgreSQL for one machine: real SQL, one transaction at a time.
#[derive(Parser)]
#[command(name = "slingshot-postgres", version)]
struct Arguments {
    /// Where the database's files are; made where there are none.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one. `ready PORT` on stdout says which.
    #[arg(long)]
    port: u16,
    /// The file with the password, on its first line.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// The role that every client is; made where it is missing.
    #[arg(long, value_name = "NAME", default_value = "postgres")]
    user: String,
    /// The database; made where it is missing.
    #[arg(long, value_name = "NAME", default_value = "postgres")]
    database: String,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read the password from {0}: {1}")]
    Password(PathBuf, std::io::Error),
    #[error("{0} holds no password on its first line")]
    NoPassword(PathBuf),
    #[error("cannot take signals: {0}")]
    Signals(std::io::Error),
    #[error("cannot say that the server is ready: {0}")]
    Ready(std::io::Error),
    #[error(transparent)]
    Server(#[from] ServerError),
}

#[tokio::main(worker_threads = 1)]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to tell it to where stderr is gone too.
            drop(writeln!(std::io::stderr(), "error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments {
        data,
        port,
        password_file,
        user,
        database,
    } = arguments;
    let password = read_password(&password_file)?;
    // Before the engine starts: a signal during the start must not be lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Signals)?;
    let config = Config {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        user: user.clone(),
        database: database.clone(),
        password,
        limits: Limits::default(),
    };
    let server = Server::start(config, move || Oliphaunt::open(&data, &user, &database)).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "ready {}", server.address().port())
        .and_then(|()| stdout.flush())
        .map_err(Failure::Ready)?;
    server
        .run(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await?;
    Ok(())
}

fn read_password(file: &Path) -> Result<String, Failure> {
    let text =
        std::fs::read_to_string(file).map_err(|error| Failure::Password(file.to_owned(), error))?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(Failure::NoPassword(file.to_owned())),
    }
}
