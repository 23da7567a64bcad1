//! What the embedded parts log, above the progress line like everything else.

use std::{
    io::{self, Write},
    sync::Arc,
};

use slingshot_runtime::client::{default_filter, tells_no_secret};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{environment::Environment, printer::Printer};

/// Without `RUST_LOG`: what a person should know, and that a file was read again is part of it.
const SHOWN: &str = "warn,slingshot_local::sys_map=info";

/// Sends every log line of this process to the printer.
pub(crate) fn install(environment: &Environment, printer: &Arc<Printer>) {
    let asked = environment.log_filter.clone();
    let filter = asked.unwrap_or_else(|| default_filter(SHOWN));
    let printer = Arc::clone(printer);
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(printer.colors_messages())
        .without_time()
        .with_writer(move || Line {
            printer: Arc::clone(&printer),
            text: Vec::new(),
        })
        .finish()
        .with(filter_fn(tells_no_secret))
        .init();
}

/// One line, printed when it is whole.
struct Line {
    printer: Arc<Printer>,
    text: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.printer
            .line(String::from_utf8_lossy(&self.text).trim_end());
    }
}
