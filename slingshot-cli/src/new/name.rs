//! The name of a project, which becomes a package, a binary and, in a worker, a service.

use std::path::Path;

use crate::exit::Failure;

/// What crates.io accepts.
const MAX_LENGTH: usize = 64;

/// Names that cargo or the compiler keep for themselves.
const RESERVED_BY_CARGO: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "proc_macro",
    "self",
    "slingshot",
    "std",
    "test",
];

/// Paths of the sys-map that are no services.
const RESERVED_BY_THE_SYS_MAP: &[&str] = &["db", "object-storage", "rabbitmq"];

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe",
    "unsized", "use", "virtual", "where", "while", "yield",
];

/// A name that cargo, Rust and the sys-map all take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProjectName(String);

impl ProjectName {
    /// The last part of the project's path.
    ///
    /// # Errors
    ///
    /// If it cannot name a package and a service.
    pub(crate) fn of(directory: &Path) -> Result<Self, Failure> {
        let name = directory
            .file_name()
            .ok_or_else(|| Failure::usage(format!("{} has no name", directory.display())))?;
        let name = name.to_string_lossy();
        match mistake(&name) {
            None => Ok(Self(name.into_owned())),
            Some(mistake) => Err(
                Failure::usage(format!("`{name}` cannot be the name: {mistake}"))
                    .help("use lower-case letters, digits and `-`, such as `word-count`"),
            ),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn mistake(name: &str) -> Option<String> {
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Some("it must start with a lower-case letter".into());
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        return Some(format!("it contains `{}`", bad.escape_debug()));
    }
    if name.len() > MAX_LENGTH {
        return Some(format!("it is longer than {MAX_LENGTH} characters"));
    }
    if KEYWORDS.contains(&name) {
        return Some("it is a keyword of Rust".into());
    }
    if RESERVED_BY_CARGO.contains(&name) {
        return Some("cargo or the compiler has that name already".into());
    }
    if RESERVED_BY_THE_SYS_MAP.contains(&name) {
        return Some("the sys-map answers under that name with an endpoint".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        assert_eq!(mistake(name).unwrap_or_default(), expected, "{name}");
    }

    #[test]
    fn ordinary_names_do() {
        check("greeter", "");
        check("word-count_2", "");
    }

    #[test]
    fn names_that_something_refuses_are_refused_first() {
        check("2fast", "it must start with a lower-case letter");
        check("-x", "it must start with a lower-case letter");
        check("Greeter", "it must start with a lower-case letter");
        check("grüße", "it contains `ü`");
        check("a b", "it contains ` `");
        check("a\n", "it contains `\\n`");
        check("match", "it is a keyword of Rust");
        check("test", "cargo or the compiler has that name already");
        check(
            "rabbitmq",
            "the sys-map answers under that name with an endpoint",
        );
        check(
            "object-storage",
            "the sys-map answers under that name with an endpoint",
        );
        check(&"a".repeat(65), "it is longer than 64 characters");
    }
}
