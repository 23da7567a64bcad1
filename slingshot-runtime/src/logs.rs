//! The log: lines for people on a terminal, objects for machines elsewhere, always on stderr. Every line of a
//! message's life says which message, whoever writes it.

mod fields;
mod line;

use std::io::{self, Write as _};

use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    fmt::{
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{
    environment::{Environment, LogFormat},
    objects::NO_CHECKSUM_WARNINGS,
};

use fields::Fields;
use line::{Line, Style};

/// Starts a log for what goes wrong before the environment is known.
pub(crate) fn start_plain() {
    start_with("info", Style::PLAIN);
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

/// What is logged unless `RUST_LOG` says otherwise: what these directives say, without what clients log besides.
/// The AMQP client logs as an error each queue that is not there and each connection that closes; what matters of
/// it, it also answers, and we log that.
pub fn default_filter(directives: &str) -> String {
    format!("{directives},lapin=off,async_rs=off,{NO_CHECKSUM_WARNINGS}")
}

/// Starts the log, unless the program has its own.
pub(crate) fn start(environment: &Environment) {
    let style = match environment.log {
        LogFormat::Json => Style::Json,
        LogFormat::Human => Style::Human {
            colored: environment.color,
            // `slingshot run` writes the time and the service before each line.
            labelled: environment.report.is_some(),
        },
    };
    start_with(&environment.log_filter, style);
}

/// Starts the log of a process that supervises others. What the environment says that cannot be, they tell.
pub(crate) fn start_of_supervisor() {
    match Environment::read() {
        Ok(environment) => start(&environment),
        Err(_) => start_plain(),
    }
}

fn start_with(filter: &str, style: Style) {
    let started = tracing_subscriber::registry()
        .with(EnvFilter::builder().parse_lossy(filter))
        .with(filter_fn(tells_no_secret))
        .with(Lines { style })
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "the program has a log of its own");
    }
}

/// Writes a line for each event.
struct Lines {
    style: Style,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        // What the event says itself counts, and then the innermost span.
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.add(of_span);
            }
        }
        let line = Line {
            time: &now(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            fields: &fields,
        };
        // A log that cannot be written is not worth a panic: it would report to the same stderr.
        drop(io::stderr().write_all(line.text(self.style).as_bytes()));
    }
}

/// As RFC 3339 writes it, to the microsecond.
fn now() -> String {
    let mut time = String::new();
    SystemTime
        .format_time(&mut Writer::new(&mut time))
        .expect("a string takes any text");
    time
}
