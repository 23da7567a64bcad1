//! What the compiler says: one file per mistake, named after it.

use std::{fs, path::Path};

/// The compiler's own words, for what only it can see.
const LONGER: [&str; 6] = [
    "download-returns-a-text",
    "future-that-is-not-send",
    "handler-future-that-is-not-send",
    "handler-type-of-a-known-name",
    "startup-that-is-not-send",
    "startup-with-an-unknown-argument",
];

#[test]
fn every_mistake_has_its_message() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

#[test]
fn every_mistake_has_one_short_message() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    for entry in fs::read_dir(folder).expect("the folder of mistakes") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_none_or(|extension| extension != "stderr")
        {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a message");
        let name = path.file_stem().expect("a name").to_string_lossy();
        let errors = text
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        let mistakes = if name == "several-mistakes" { 9 } else { 1 };
        assert_eq!(errors, mistakes, "{name}: {text}");
        let longest = if LONGER.contains(&&*name) { 18 } else { 11 };
        assert!(text.lines().count() <= longest * errors, "{name}: {text}");
        assert!(!text.contains("warning"), "{name}: {text}");
    }
}
