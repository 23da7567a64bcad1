//! Tests of tests.

use insta::assert_snapshot;

use super::{TestOutcome, run_tests, tests_json, tests_junit, tests_text};
use crate::{Diagnostic, SourceFile, read_tests, read_toml, render};

const SYSTEM: &str = r#"
[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
out = [
  { case = "text",  queues = ["words", "sample"] },
  { case = "image", queues = ["thumbnail"] },
  { case = "empty", queues = [] },
]

[services.words]
in = "words"
out = [{ case = "counted", queues = ["report"] }, { case = true, queues = ["archive"] }]

[services.thumbnail]
in = "thumbnail"
out = [{ case = "again", queues = ["thumbnail-2"] }]

[services.thumbnail-again]
in = "thumbnail-2"
out = [{ case = "again", queues = ["thumbnail"] }]

[services.sample]
in = "sample"

[services.report]
in = "report"
out = [{ case = "written", queues = [] }]
"#;

fn run(tests: &str) -> (Vec<TestOutcome>, Vec<Diagnostic>) {
    let (system, found) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
    assert!(found.is_empty(), "{found:?}");
    let (tests, mut mistakes) = read_tests(&SourceFile::new("slingshot.test.toml", tests));
    let (outcomes, more) = run_tests(&system, &tests);
    mistakes.extend(more);
    (outcomes, mistakes)
}

const HOLD: &str = r#"
[[test]]
name = "a text is counted"
emit = { service = "sniff", case = "text" }
direct = ["sample", "words"]
reaches = ["report", "archive", "words"]
not-reaches = ["thumbnail", "thumbnail-again"]
path = ["sniff", "words", "report"]
ends = true

[[test]]
name = "pictures go round"
send = "thumbnail"
path = ["thumbnail", "thumbnail-again", "thumbnail"]
ends = false

[[test]]
name = "nothing comes of nothing"
emit = { service = "sniff", case = "empty" }
direct = []
not-reaches = ["words"]
ends = true

[[test]]
name = "everything comes in here"
send = "sniff"
reaches = ["sniff", "report", "thumbnail"]
"#;

const FAIL: &str = r#"
[[test]]
name = "a text is drawn"
emit = { service = "sniff", case = "text" }
direct = ["words", "thumbnail"]
reaches = ["thumbnail"]
not-reaches = ["report", "sample"]
path = ["sniff", "words", "sample"]
ends = false

[[test]]
name = "pictures come to an end"
emit = { service = "sniff", case = "image" }
path = ["words"]
ends = true

[[test]]
name = "it <holds>"
send = "words"
reaches = ["archive"]
"#;

#[test]
fn what_holds_is_passed() {
    let (outcomes, mistakes) = run(HOLD);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_snapshot!(tests_text(&outcomes, false));
}

#[test]
fn what_does_not_hold_is_shown_with_what_is_instead() {
    let (outcomes, mistakes) = run(FAIL);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_snapshot!(tests_text(&outcomes, false));
    assert_snapshot!("as_json", tests_json(&outcomes));
    assert_snapshot!("as_junit", tests_junit(&outcomes));
}

#[test]
fn every_mistake_of_a_file_of_tests_is_told() {
    let (outcomes, mistakes) = run(r#"
[[test]]
name = "misspelt"
emit = { service = "snif", case = "text" }
direct = ["wrods"]
reaches = ["reports"]
path = ["thumbnails"]

[[test]]
name = "of no case"
emit = { service = "sniff", case = "texts" }
ends = true

[[test]]
name = "of nothing"

[[test]]
send = "nowhere"
emit = { service = "sniff" }
reach = ["report"]

[[test]]
name = "of what is sent"
send = "sniff"
direct = ["sniff"]

[[test]]
name = "of what is sent"
send = "sniff"
ends = false

[[tests]]
"#);
    assert!(outcomes.len() <= 2, "{outcomes:?}");
    assert_snapshot!(render::text(&mistakes, false));
}
