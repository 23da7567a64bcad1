//! The log: lines for people on a terminal, objects for machines elsewhere, always on stderr.

use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::environment::{Environment, LogFormat};

/// Starts a log for what goes wrong before the environment is known.
pub(crate) fn start_plain() {
    let started = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false)
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "the program has a log of its own");
    }
}

/// The clients that log in, and the last level at which they do not tell how: lapin's frames hold the
/// password as the numbers of its bytes, and the AWS SDK shows access keys while it looks for an endpoint.
const CLIENTS: [(&str, Level); 6] = [
    ("aws_", Level::INFO),
    ("h2", Level::DEBUG),
    ("hyper", Level::DEBUG),
    ("lapin", Level::DEBUG),
    ("reqwest", Level::DEBUG),
    ("rustls", Level::DEBUG),
];

/// Whether a line holds none of the secrets that its program logs in with, whatever `RUST_LOG` asks for.
pub fn tells_no_secret(line: &Metadata<'_>) -> bool {
    let client = CLIENTS
        .iter()
        .find(|(name, _)| line.target().starts_with(name));
    client.is_none_or(|(_, last)| line.level() <= last)
}

/// Starts the log, unless the program has its own.
pub(crate) fn start(environment: &Environment) {
    let filter = EnvFilter::builder().parse_lossy(&environment.log_filter);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // A log that cannot be written is not worth a panic: it would report to the same stderr.
        .log_internal_errors(false)
        .with_ansi(environment.color);
    let started = match environment.log {
        LogFormat::Human => log
            .with_target(false)
            .finish()
            .with(filter_fn(tells_no_secret))
            .try_init(),
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .finish()
            .with(filter_fn(tells_no_secret))
            .try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the program has a log of its own");
    }
}
