//! Hosts the embedded broker in a process of its own, so that a test can kill it.
//!
//! `broker-host DIRECTORY [PORT]` prints the address and serves until its standard input ends.

use std::{io, io::Write as _, net::SocketAddr, process::ExitCode};

use slingshot_local::broker::{Broker, BrokerConfig};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(directory) = arguments.next() else {
        return ExitCode::from(2);
    };
    let port = arguments
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let config = BrokerConfig {
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        directory: directory.into(),
        username: "guest".into(),
        password: "guest".into(),
    };
    let Ok(broker) = Broker::start(config).await else {
        return ExitCode::FAILURE;
    };
    let mut out = io::stdout();
    if writeln!(out, "{}", broker.address())
        .and_then(|()| out.flush())
        .is_err()
    {
        return ExitCode::FAILURE;
    }
    let until_closed = || io::copy(&mut io::stdin(), &mut io::sink());
    let ended = tokio::task::spawn_blocking(until_closed).await;
    broker.shutdown().await;
    if matches!(ended, Ok(Ok(_))) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
