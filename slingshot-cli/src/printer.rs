//! The one printer: results and findings on stdout, everything else on stderr.
//!
//! A progress line, where there is one, stays below everything that is printed meanwhile. A
//! reader that closed its end (`slingshot … | head`) wants no more, which is no error; that a result could not be
//! written for another reason is kept for the end of the command.

use std::{
    io::{self, Write as _},
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context as TaskContext, Poll},
};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use slingshot_topology::render::visible;
use tokio::io::AsyncWrite;

use crate::{environment::Environment, exit::Failure};

/// How wide the verb of a status line is: cargo's own width, so that both line up.
const VERB_WIDTH: usize = 12;
const ERASE_LINE: &str = "\r\x1b[2K";
/// And what has scrolled away, so that nobody reads the findings of another day.
const CLEAR_SCREEN: &str = "\x1b[2J\x1b[3J\x1b[H";

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Never.
    Never,
}

/// Writes to the two streams, one writer at a time.
#[derive(Debug)]
pub(crate) struct Printer {
    stdout: ColorChoice,
    stderr: ColorChoice,
    draws_progress: bool,
    /// Results are read on a terminal.
    is_screen: bool,
    /// The progress line on the screen.
    progress: Mutex<Option<String>>,
    /// Why a result is not there, or not all of it.
    unwritten: Mutex<Option<io::Error>>,
}

impl Printer {
    /// A printer for this terminal, or for what stands in its place.
    pub(crate) fn new(color: Color, environment: &Environment) -> Self {
        let choice = |is_terminal: bool| match color {
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Auto if is_terminal && !environment.no_color => ColorChoice::AlwaysAnsi,
            Color::Auto | Color::Never => ColorChoice::Never,
        };
        Self {
            stdout: choice(environment.stdout_is_terminal),
            stderr: choice(environment.stderr_is_terminal),
            draws_progress: environment.stderr_is_terminal,
            is_screen: environment.stdout_is_terminal,
            progress: Mutex::new(None),
            unwritten: Mutex::new(None),
        }
    }

    /// Whether stdout takes colours.
    pub(crate) fn colors_results(&self) -> bool {
        self.stdout != ColorChoice::Never
    }

    /// How many columns a reader sees of a result; `None` where it goes to a file or a pipe.
    pub(crate) fn columns(&self) -> Option<usize> {
        if !self.is_screen {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (size.ws_col > 0).then_some(size.ws_col.into())
    }

    /// Whether stderr takes colours.
    pub(crate) fn colors_messages(&self) -> bool {
        self.stderr != ColorChoice::Never
    }

    /// Whether a progress line would be seen.
    pub(crate) fn draws_progress(&self) -> bool {
        self.draws_progress
    }

    /// A result, on stdout, with a line break if it has none.
    pub(crate) fn result(&self, text: &str) {
        let write = || {
            let mut out = AutoStream::new(io::stdout(), self.stdout).lock();
            out.write_all(text.as_bytes())?;
            if !text.ends_with('\n') {
                out.write_all(b"\n")?;
            }
            out.flush()
        };
        self.above_progress(|| {
            if let Err(error) = write()
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                let mut unwritten = self
                    .unwritten
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                unwritten.get_or_insert(error);
            }
        });
    }

    /// What kept a result from being written as a whole, if anything did.
    pub(crate) fn unwritten(&self) -> Option<Failure> {
        let mut unwritten = self
            .unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let error = unwritten.take()?;
        Some(Failure::unreadable(format!(
            "cannot write the result: {error}"
        )))
    }

    /// Begins a new page, where there is a screen.
    pub(crate) fn clear(&self) {
        if self.is_screen {
            self.above_progress(|| {
                let mut out = io::stdout();
                out.write_all(CLEAR_SCREEN.as_bytes()).ok();
                out.flush().ok();
            });
        }
    }

    /// One line on stderr, as it is.
    pub(crate) fn line(&self, text: &str) {
        self.above_progress(|| self.write_message(&format!("{text}\n")));
    }

    /// A question on stderr; its answer is typed behind it.
    pub(crate) fn question(&self, text: &str) {
        self.above_progress(|| self.write_message(text));
    }

    /// What happens now, on stderr: `    Starting the broker`.
    pub(crate) fn status(&self, verb: &str, text: &str) {
        let style = AnsiColor::Green.on_default().bold();
        self.line(&format!(
            "{style}{verb:>VERB_WIDTH$}{style:#} {}",
            visible(text)
        ));
    }

    /// Something that the reader should know, on stderr.
    pub(crate) fn warning(&self, text: &str) {
        let style = AnsiColor::Yellow.on_default().bold();
        self.line(&format!("{style}warning{style:#}: {}", visible(text)));
    }

    /// Why the command ends, on stderr.
    pub(crate) fn failure(&self, failure: &Failure) {
        let error = AnsiColor::Red.on_default().bold();
        let help = AnsiColor::Cyan.on_default().bold();
        self.line(&format!(
            "{error}error{error:#}: {}",
            visible(&failure.to_string())
        ));
        for cause in failure.causes() {
            self.line(&format!("  because: {}", visible(&cause)));
        }
        for line in failure.help.iter().flat_map(|advice| advice.lines()) {
            self.line(&format!("     {help}help{help:#}: {}", visible(line)));
        }
    }

    /// Draws or replaces the progress line; `None` takes it away.
    pub(crate) fn progress(&self, text: Option<String>) {
        if !self.draws_progress {
            return;
        }
        // A line that wraps could not be erased again.
        let columns = rustix::termios::tcgetwinsize(io::stderr()).map_or(80, |size| size.ws_col);
        let text = text.map(|text| {
            let fitting = text.chars().take(usize::from(columns.max(1)) - 1);
            fitting.collect::<String>()
        });
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.is_some() {
            self.write_message(ERASE_LINE);
        }
        if let Some(text) = &text {
            self.write_message(text);
        }
        *progress = text;
    }

    fn above_progress(&self, write: impl FnOnce()) {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.is_some() {
            self.write_message(ERASE_LINE);
        }
        write();
        if let Some(text) = &*progress {
            self.write_message(text);
        }
    }

    /// The progress line moves the cursor, which is no colour: it is written as it is, and drawn
    /// on terminals only.
    fn write_message(&self, text: &str) {
        if text == ERASE_LINE {
            io::stderr().write_all(text.as_bytes()).ok();
            return;
        }
        let mut err = AutoStream::new(io::stderr(), self.stderr).lock();
        err.write_all(text.as_bytes()).ok();
        err.flush().ok();
    }
}

/// An object's bytes on stdout. A terminal takes text only: other bytes could make it do anything.
#[derive(Debug)]
pub(crate) struct ResultBytes {
    is_terminal: bool,
    refused: bool,
}

impl ResultBytes {
    pub(crate) fn new(environment: &Environment) -> Self {
        Self {
            is_terminal: environment.stdout_is_terminal,
            refused: false,
        }
    }

    /// Whether the bytes were not for a terminal.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }
}

/// A command that writes one object to stdout has nothing else to do meanwhile.
impl AsyncWrite for ResultBytes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let is_control = |byte: &u8| byte.is_ascii_control() && !b"\t\r\n".contains(byte);
        if self.is_terminal && bytes.iter().any(is_control) {
            self.refused = true;
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(io::stdout().write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(io::stdout().flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(io::stdout().flush())
    }
}

/// The style of the nth service's name, so that neighbours differ.
pub(crate) fn service_style(index: usize) -> Style {
    const COLORS: [AnsiColor; 6] = [
        AnsiColor::Cyan,
        AnsiColor::Yellow,
        AnsiColor::Magenta,
        AnsiColor::Green,
        AnsiColor::Blue,
        AnsiColor::BrightRed,
    ];
    COLORS
        .iter()
        .cycle()
        .nth(index % COLORS.len())
        .map_or_else(Style::new, |color| color.on_default())
}
