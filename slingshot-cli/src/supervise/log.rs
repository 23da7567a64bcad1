//! The lines of a service, each behind its label: `sniff │ ready`.

use std::{sync::Arc, time::Duration};

use chrono::Local;
use clap::builder::styling::{AnsiColor, Style};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader},
    process::Child,
    task::JoinSet,
    time::timeout,
};

use super::Launch;
use crate::printer::{Printer, service_style};

/// A longer line is broken: a service that writes none must not fill our memory.
const MAX_LINE: u64 = 16 * 1024;
/// How long to read on after a process has ended. Something that it started may hold its output
/// open for ever.
const AFTER_END: Duration = Duration::from_millis(200);

/// Where the lines of one process go.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    prefix: String,
    printer: Arc<Printer>,
}

impl Log {
    /// `width` is that of the longest label.
    pub(crate) fn new(launch: &Launch, width: usize, printer: Arc<Printer>) -> Self {
        let style = if printer.colors_messages() {
            service_style(launch.index)
        } else {
            Style::new()
        };
        Self {
            prefix: format!("{style}{:width$} │{style:#} ", launch.label),
            printer,
        }
    }

    /// What `slingshot run` has to say about the process.
    pub(crate) fn message(&self, text: &str) {
        let style = AnsiColor::Yellow.on_default();
        self.printer
            .line(&format!("{}{} {style}{text}{style:#}", self.prefix, now()));
    }

    /// Prints what the process writes, line by line.
    pub(crate) fn follow(&self, child: &mut Child) -> Reading {
        let mut streams = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            streams.spawn(self.clone().copy(stdout));
        }
        if let Some(stderr) = child.stderr.take() {
            streams.spawn(self.clone().copy(stderr));
        }
        Reading { streams }
    }

    async fn copy(self, stream: impl AsyncRead + Unpin) {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(Some(())) = read_line(&mut stream, &mut line).await {
            let text = String::from_utf8_lossy(&line);
            self.printer
                .line(&format!("{}{} {}", self.prefix, now(), text.trim_end()));
            line.clear();
        }
    }
}

/// The time of day here: whoever reads this sits in front of it.
fn now() -> impl std::fmt::Display {
    Local::now().format("%H:%M:%S%.3f")
}

async fn read_line(
    stream: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> std::io::Result<Option<()>> {
    let count = stream.take(MAX_LINE).read_until(b'\n', line).await?;
    Ok((count > 0).then_some(()))
}

/// The streams of one process.
#[derive(Debug)]
pub(crate) struct Reading {
    streams: JoinSet<()>,
}

impl Reading {
    /// Reads to the end, if there is one.
    pub(crate) async fn finish(mut self) {
        timeout(AFTER_END, async {
            while self.streams.join_next().await.is_some() {}
        })
        .await
        .ok();
    }
}
