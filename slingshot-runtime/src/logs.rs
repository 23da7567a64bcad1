//! The log: lines for people on a terminal, objects for machines elsewhere, always on stderr.

use std::io;

use tracing_subscriber::EnvFilter;

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
        LogFormat::Human => log.with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the program has a log of its own");
    }
}
