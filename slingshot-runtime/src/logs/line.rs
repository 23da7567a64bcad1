//! How a line looks.

use std::fmt::Write as _;

use serde::{Serializer as _, ser::SerializeMap as _};
use serde_json::Value;
use tracing::Level;

use super::fields::{Fields, MESSAGE};

/// For whom it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// An object a line.
    Json,
    /// A line to read.
    Human {
        colored: bool,
        /// The time and the service stand before it already.
        labelled: bool,
    },
}

impl Style {
    pub(super) const PLAIN: Self = Self::Human {
        colored: false,
        labelled: false,
    };
}

/// What it says.
pub(super) struct Line<'a> {
    /// As RFC 3339 writes it.
    pub(super) time: &'a str,
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) fields: &'a Fields,
}

impl Line<'_> {
    pub(super) fn text(&self, style: Style) -> String {
        let mut text = String::new();
        match style {
            Style::Json => text.push_str(&self.object()),
            Style::Human { colored, labelled } => self.words(&mut text, colored, labelled),
        }
        text.push('\n');
        text
    }

    fn object(&self) -> String {
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::new(&mut bytes);
        let written = serializer.serialize_map(None).and_then(|mut map| {
            map.serialize_entry("timestamp", self.time)?;
            map.serialize_entry("level", self.level.as_str())?;
            for (name, value) in self.fields.iter() {
                // A field of somebody's must not stand for one of the line's own.
                if !matches!(name, "timestamp" | "level" | "target") {
                    map.serialize_entry(name, value)?;
                }
            }
            map.serialize_entry("target", self.target)?;
            map.end()
        });
        written.expect("names and values are JSON, and a vector takes any of it");
        String::from_utf8(bytes).expect("JSON is UTF-8")
    }

    fn words(&self, text: &mut String, colored: bool, labelled: bool) {
        let paint = Paint(colored);
        if !labelled {
            paint.write(text, DIM, self.time);
            text.push(' ');
        }
        paint.write(
            text,
            color(self.level),
            &format!("{:>5}", self.level.as_str()),
        );
        let fields = self.fields.iter();
        for (_, message) in fields.filter(|(name, _)| *name == MESSAGE) {
            write!(text, " {}", plain(message)).expect("a string takes any text");
        }
        let fields = self.fields.iter();
        let shown =
            fields.filter(|(name, _)| *name != MESSAGE && !(labelled && *name == "service"));
        for (name, value) in shown {
            text.push(' ');
            paint.write(text, DIM, &format!("{name}="));
            text.push_str(&quoted(value));
        }
    }
}

const DIM: &str = "\u{1b}[2m";
const RESET: &str = "\u{1b}[0m";

fn color(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

/// Whether there are colours.
struct Paint(bool);

impl Paint {
    fn write(&self, text: &mut String, color: &str, words: &str) {
        let (before, after) = if self.0 { (color, RESET) } else { ("", "") };
        write!(text, "{before}{words}{after}").expect("a string takes any text");
    }
}

/// Control characters are shown and not sent: what a message carries must not command a terminal, nor begin a
/// line of its own.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if !text.chars().any(char::is_control) {
        return text;
    }
    let shown = text.chars().map(|letter| match letter {
        letter if letter.is_control() => letter.escape_debug().to_string(),
        letter => letter.to_string(),
    });
    shown.collect()
}

/// In quotes where its end would not be seen without.
fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let bare =
                |letter: char| !letter.is_whitespace() && !letter.is_control() && letter != '"';
            if !text.is_empty() && text.chars().all(bare) {
                text.clone()
            } else {
                format!("{text:?}")
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tracing::{Subscriber, subscriber::with_default};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

    use super::*;

    /// Shows the line of the one event, in every style.
    struct Show(std::sync::mpsc::Sender<String>);

    impl<S: Subscriber> Layer<S> for Show {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let line = Line {
                time: "2026-11-21T20:50:00.000000Z",
                level: *event.metadata().level(),
                target: "sniff",
                fields: &fields,
            };
            let human = |colored, labelled| line.text(Style::Human { colored, labelled });
            let styles = [
                line.text(Style::Json),
                human(false, false),
                human(true, true),
            ];
            self.0.send(styles.concat()).expect("somebody looks");
        }
    }

    fn shown(log: impl FnOnce()) -> String {
        let (shown, lines) = std::sync::mpsc::channel();
        with_default(tracing_subscriber::registry().with(Show(shown)), log);
        lines.recv().expect("an event")
    }

    #[test]
    fn a_line_is_for_machines_or_for_people_or_behind_a_label() {
        let lines =
            shown(|| tracing::warn!(service = "sniff", attempt = 2, error = "no route", "failed"));
        let expected = concat!(
            r#"{"timestamp":"2026-11-21T20:50:00.000000Z","level":"WARN","message":"failed","#,
            r#""service":"sniff","attempt":2,"error":"no route","target":"sniff"}"#,
            "\n",
            r#"2026-11-21T20:50:00.000000Z  WARN failed service=sniff attempt=2 error="no route""#,
            "\n",
            r#"^[33m WARN^[0m failed ^[2mattempt=^[0m2 ^[2merror=^[0m"no route""#,
            "\n",
        );
        assert_eq!(lines.replace('\u{1b}', "^"), expected);
    }

    #[test]
    fn nobody_writes_a_line_in_our_name() {
        let lines = shown(|| tracing::info!(level = "none", "a\n2026 ERROR {}", "\u{1b}[2Jb"));
        let expected = concat!(
            r#"{"timestamp":"2026-11-21T20:50:00.000000Z","level":"INFO","message":"a\n2026 ERROR \u001b[2Jb","#,
            r#""target":"sniff"}"#,
            "\n",
            r"2026-11-21T20:50:00.000000Z  INFO a\n2026 ERROR \u{1b}[2Jb level=none",
            "\n",
            r"^[32m INFO^[0m a\n2026 ERROR \u{1b}[2Jb ^[2mlevel=^[0mnone",
            "\n",
        );
        assert_eq!(lines.replace('\u{1b}', "^"), expected);
    }
}
