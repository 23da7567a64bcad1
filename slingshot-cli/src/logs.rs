//! What the embedded parts log, above the progress line like everything else.

use std::{
    io::{self, Write},
    sync::Arc,
};

use slingshot_runtime::client::tells_no_secret;
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{environment::Environment, printer::Printer};

/// Without `RUST_LOG`: what a person should know, and that a file was read again is part of it. What the AMQP
/// client has to say reaches us as errors.
const FILTER: &str = "warn,slingshot_local::sys_map=info,lapin=off,async_rs=off";

/// Sends every log line of this process to the printer.
pub(crate) fn install(environment: &Environment, printer: &Arc<Printer>) {
    let filter = environment.log_filter.as_deref().unwrap_or(FILTER);
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
