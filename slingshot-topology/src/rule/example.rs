//! The examples on the pages of the rules: texts for people, and inputs of a check.

use std::fmt;

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
    /// A `slingshot.toml` and the one that is deployed.
    Against {
        /// The one to be deployed.
        toml: &'static str,
        /// The one at work.
        previous: &'static str,
    },
    /// All that a check can look at.
    Complete {
        /// The `slingshot.toml`.
        toml: &'static str,
        /// The Rust source.
        rust: &'static str,
        /// The `slingshot.toml` at work.
        previous: &'static str,
    },
    /// A `slingshot.toml`, the source that it is to fit, and a manifest.
    WithManifest {
        /// The `slingshot.toml`.
        toml: &'static str,
        /// The Rust source.
        rust: &'static str,
        /// The manifest.
        manifest: &'static str,
    },
    /// A `slingshot.toml` and an export of the broker's definitions.
    WithDefinitions {
        /// The `slingshot.toml`.
        toml: &'static str,
        /// The export.
        definitions: &'static str,
    },
    /// A `slingshot.toml` and the sys-map that is served.
    Served {
        /// The `slingshot.toml`.
        toml: &'static str,
        /// What the sys-map answers, in one file.
        served: &'static str,
    },
    /// A `slingshot.toml` and the baseline of an earlier day.
    WithBaseline {
        /// The `slingshot.toml`.
        toml: &'static str,
        /// The baseline.
        baseline: &'static str,
    },
}

/// The files of an example, by what a check makes of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExampleFiles {
    pub(crate) toml: Option<&'static str>,
    pub(crate) json: Option<&'static str>,
    pub(crate) rust: Option<&'static str>,
    pub(crate) manifest: Option<&'static str>,
    pub(crate) previous: Option<&'static str>,
    pub(crate) definitions: Option<&'static str>,
    pub(crate) served: Option<&'static str>,
    pub(crate) baseline: Option<&'static str>,
}

impl Example {
    pub(crate) fn files(&self) -> ExampleFiles {
        let none = ExampleFiles::default();
        let system = |toml| ExampleFiles {
            toml: Some(toml),
            ..none
        };
        match *self {
            Self::Toml(toml) => system(toml),
            Self::Json(json) => ExampleFiles {
                json: Some(json),
                ..none
            },
            Self::WithCode { toml, rust } => ExampleFiles {
                rust: Some(rust),
                ..system(toml)
            },
            Self::Against { toml, previous } => ExampleFiles {
                previous: Some(previous),
                ..system(toml)
            },
            Self::Complete {
                toml,
                rust,
                previous,
            } => ExampleFiles {
                rust: Some(rust),
                previous: Some(previous),
                ..system(toml)
            },
            Self::WithManifest {
                toml,
                rust,
                manifest,
            } => ExampleFiles {
                rust: Some(rust),
                manifest: Some(manifest),
                ..system(toml)
            },
            Self::WithDefinitions { toml, definitions } => ExampleFiles {
                definitions: Some(definitions),
                ..system(toml)
            },
            Self::Served { toml, served } => ExampleFiles {
                served: Some(served),
                ..system(toml)
            },
            Self::WithBaseline { toml, baseline } => ExampleFiles {
                baseline: Some(baseline),
                ..system(toml)
            },
        }
    }
}

/// As fenced Markdown blocks.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExampleFiles {
            toml,
            json,
            rust,
            manifest,
            previous,
            definitions,
            served,
            baseline,
        } = self.files();
        let system = if previous.is_some() {
            "To be deployed:"
        } else {
            ""
        };
        let blocks = [
            ("At work:", "toml", previous),
            (system, "toml", toml),
            ("", "json", json),
            ("", "rust", rust),
            ("The manifest:", "json", manifest),
            ("The broker's definitions:", "json", definitions),
            ("What is served:", "json", served),
            ("The baseline:", "json", baseline),
        ];
        let blocks = blocks
            .into_iter()
            .filter_map(|(title, language, text)| Some((title, language, text?)));
        for (number, (title, language, text)) in blocks.enumerate() {
            if !title.is_empty() {
                let gap = if number == 0 { "" } else { "\n" };
                writeln!(f, "{gap}{title}\n")?;
            }
            writeln!(f, "```{language}\n{}\n```", text.trim())?;
        }
        Ok(())
    }
}
