//! What a rule is: a name, a severity, and its page.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; shown on request.
    Info,
    /// Probably a mistake.
    Warning,
    /// The system will not work, or will lose or misroute results.
    Error,
}

/// How much noise the reader asked for. A rule runs for its own persona and for the stricter ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Persona {
    /// Everybody.
    #[default]
    Regular,
    /// Those who want style too.
    Pedantic,
    /// Those who look for anything that deserves a second look.
    Auditor,
}

/// A rule and its page. The page's examples are the rule's fixtures: tests run them.
#[derive(Debug)]
pub struct Rule {
    /// The kebab-case name, which never changes.
    pub name: &'static str,
    /// How bad its findings are unless a policy says otherwise.
    pub severity: Severity,
    /// Who gets to see it.
    pub persona: Persona,
    /// What it catches, one sentence.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// A system with the fault.
    pub before: Example,
    /// The same system without it.
    pub after: Example,
}

/// A small system, as a user would write it.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// A `slingshot.toml`.
    Toml(&'static str),
    /// A sys-map as one JSON file.
    Json(&'static str),
    /// A `slingshot.toml` and the source that it is to fit.
    WithCode {
        /// The `slingshot.toml`.
        toml: &'static str,
        /// The Rust source.
        rust: &'static str,
    },
}

impl Rule {
    /// The rule's page in Markdown, as `docs/rules.md` and `slingshot topology explain` show it.
    pub fn page(&self) -> String {
        let Self {
            name,
            severity,
            persona,
            what,
            why,
            before,
            after,
        } = self;
        let why = why.trim();
        format!(
            "## {name}\n\n| severity | persona |\n|---|---|\n| {severity} | {persona} |\n\n\
             {what}\n\n### Why\n\n{why}\n\n### Before\n\n{before}\n### After\n\n{after}"
        )
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

impl fmt::Display for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regular => "regular",
            Self::Pedantic => "pedantic",
            Self::Auditor => "auditor",
        })
    }
}

/// As fenced Markdown blocks.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocks: &[(&str, &str)] = match self {
            Self::Toml(toml) => &[("toml", toml)],
            Self::Json(json) => &[("json", json)],
            Self::WithCode { toml, rust } => &[("toml", toml), ("rust", rust)],
        };
        for (language, text) in blocks {
            writeln!(f, "```{language}\n{}\n```", text.trim())?;
        }
        Ok(())
    }
}
