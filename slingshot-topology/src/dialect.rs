//! What code is written in, for words that show what to write there.

use std::path::Path;

use crate::source::Span;

/// The languages that services are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Rust,
    Python,
}

impl Dialect {
    /// That of the code at a place.
    pub(crate) fn at(span: &Span) -> Self {
        match Path::new(&span.file.path).extension() {
            Some(ending) if ending == "py" => Self::Python,
            _ => Self::Rust,
        }
    }

    /// How a function becomes a handler of this name.
    pub(crate) fn handler(self, name: &str) -> String {
        self.annotation("handler", name)
    }

    /// How a function becomes a service of this name.
    pub(crate) fn microservice(self, name: &str) -> String {
        self.annotation("microservice", name)
    }

    fn annotation(self, word: &str, name: &str) -> String {
        match self {
            Self::Rust => format!("`#[{word}(name = \"{name}\")]`"),
            Self::Python => format!("`@{word}(name=\"{name}\")`"),
        }
    }

    /// How the cases of a function become a closed set.
    pub(crate) const fn closed_cases(self) -> &'static str {
        match self {
            Self::Rust => "return an enum with `#[derive(Case)]`, in the same crate",
            Self::Python => {
                "say in the return annotation of which `Enum` they are: `Iterator[tuple[int, Kind]]`; or list them: \
                 `cases=[..]`"
            }
        }
    }

    /// What holds services, and is run.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Self::Rust => "binary",
            Self::Python => "script",
        }
    }
}
