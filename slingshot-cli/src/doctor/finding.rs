//! What was found, a line each.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::exit::Failure;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Fine,
    Doubtful,
    Wrong,
    NotLookedAt,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// What was looked at.
    subject: String,
    pub(super) status: Status,
    message: String,
    /// What to do.
    help: Option<String>,
}

impl Finding {
    pub(super) fn fine(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(subject, Status::Fine, message, None)
    }

    pub(super) fn doubtful(
        subject: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::new(subject, Status::Doubtful, message, Some(help.into()))
    }

    pub(super) fn wrong(
        subject: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::new(subject, Status::Wrong, message, Some(help.into()))
    }

    /// What would end a command, in a line: a traceback says at its end what it is about.
    pub(super) fn of(subject: impl Into<String>, failure: &Failure) -> Self {
        let mut words = vec![failure.to_string()];
        let causes = failure.causes();
        words.extend(
            causes
                .iter()
                .filter_map(|it| it.lines().next_back())
                .map(str::to_owned),
        );
        Self::new(
            subject,
            Status::Wrong,
            words.join(": "),
            failure.help.clone(),
        )
    }

    pub(super) fn not_looked_at(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(subject, Status::NotLookedAt, message, None)
    }

    fn new(
        subject: impl Into<String>,
        status: Status,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        Self {
            subject: subject.into(),
            status,
            message: message.into(),
            help,
        }
    }

    pub(super) fn json(&self) -> Value {
        let status = match self.status {
            Status::Fine => "fine",
            Status::Doubtful => "doubtful",
            Status::Wrong => "wrong",
            Status::NotLookedAt => "not-looked-at",
        };
        json!({
            "subject": self.subject,
            "status": status,
            "message": self.message,
            "help": self.help,
        })
    }
}

/// Lines with the subjects under one another, and under each what to do.
pub(super) fn text(findings: &[Finding]) -> String {
    let widths = findings.iter().map(|it| it.subject.chars().count());
    let width = widths.max().unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let (sign, style) = match finding.status {
            Status::Fine => ('✓', AnsiColor::Green.on_default()),
            Status::Doubtful => ('!', AnsiColor::Yellow.on_default().bold()),
            Status::Wrong => ('✗', AnsiColor::Red.on_default().bold()),
            Status::NotLookedAt => ('-', Style::new()),
        };
        let Finding {
            subject, message, ..
        } = finding;
        writeln!(text, "{style}{sign}{style:#} {subject:width$}  {message}")
            .expect("a string takes any text");
        for line in finding.help.iter().flat_map(|help| help.lines()) {
            writeln!(text, "  {:width$}  → {line}", "").expect("a string takes any text");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_stands_below_what_is_wrong() {
        let findings = [
            Finding::fine("rust", "cargo 1.95.0"),
            Finding::doubtful("queue words", "it is transient", "first this\nthen that"),
            Finding::wrong("rabbitmq", "connection refused", "start it"),
            Finding::not_looked_at("postgresql", "no service takes a connection"),
        ];
        let plain = anstream::adapter::strip_str(&text(&findings)).to_string();
        insta::assert_snapshot!(plain, @r"
        ✓ rust         cargo 1.95.0
        ! queue words  it is transient
                       → first this
                       → then that
        ✗ rabbitmq     connection refused
                       → start it
        - postgresql   no service takes a connection
        ");
    }
}
