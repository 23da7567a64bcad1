//! What the rules say of a change, and of what of it: sound changes are still, and single faults are found alone.

use super::super::{Accepted, Inputs, Policy};
use crate::{SourceFile, System, read_json, read_toml};

const AT_WORK: &str = r#"[topology]
sources = ["files"]
sinks = ["archive"]

[services.sniff]
in = "files"
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = ["archive"] },
  { case = "other", queues = [] },
]

[services.words]
in = "words"
retry = { max = 10 }
"#;

fn read(path: &str, text: &str) -> System {
    let file = SourceFile::new(path, text);
    let read = if text.starts_with('{') {
        read_json
    } else {
        read_toml
    };
    read(&file).0
}

/// `severity rule` for each finding.
fn found(before: &str, after: &str) -> Vec<String> {
    let (previous, system) = (
        read("main:slingshot.toml", before),
        read("slingshot.toml", after),
    );
    let inputs = Inputs {
        previous: Some(&previous),
        ..Inputs::of(&system)
    };
    let report = Policy::default().report(&inputs, Vec::new(), Accepted::default());
    let findings = report.diagnostics.iter();
    findings
        .map(|finding| format!("{} {}", finding.severity, finding.rule.name))
        .collect()
}

fn assert_still(after: &str) {
    assert_eq!(found(AT_WORK, after), Vec::<String>::new());
}

#[test]
fn nothing_is_said_of_a_system_that_stays() {
    assert_still(AT_WORK);
    assert_eq!(found("", AT_WORK), Vec::<String>::new());
}

#[test]
fn what_is_only_added_is_still() {
    let after = AT_WORK.replace("[\"words\"]", "[\"words\", \"index\"]");
    assert_still(&format!(
        "{after}out = [{{ case = \"counted\", queues = [\"archive\"] }}]\n\n[services.index]\nin = \"index\"\n"
    ));
}

#[test]
fn a_stage_may_come_between_two_others() {
    let after = AT_WORK.replace("in = \"words\"", "in = \"clean-words\"");
    assert_still(&format!(
        "{after}\n[services.clean]\nin = \"words\"\nout = [{{ case = \"clean\", queues = [\"clean-words\"] }}]\n"
    ));
}

#[test]
fn a_stage_may_come_before_the_source() {
    let after = AT_WORK.replace("in = \"files\"", "in = \"sniff\"");
    assert_still(&format!(
        "{after}\n[services.filter]\nin = \"files\"\nout = [{{ case = true, queues = [\"sniff\"] }}, {{ case = false, queues = [] }}]\n"
    ));
}

#[test]
fn what_is_retired_is_still() {
    let (head, _) = AT_WORK.split_once("\n[services.words]").unwrap();
    let head = head.replace("  { case = \"text\", queues = [\"words\"] },\n", "");
    let gone = ["warning tombstone-missing", "warning case-removed"];
    assert_eq!(found(AT_WORK, &head), gone);
    assert_still(&head.replace(
        "sinks = ",
        "retired = [\"words\", \"sniff/text\"]\nsinks = ",
    ));
    // The bare name of a case does for every service.
    assert_still(&head.replace("sinks = ", "retired = [\"words\", \"text\"]\nsinks = "));
    assert_eq!(
        found(
            AT_WORK,
            &head.replace(
                "sinks = ",
                "retired = [\"words\", \"archive/text\"]\nsinks = "
            )
        ),
        ["warning case-removed"]
    );
}

#[test]
fn each_fault_is_found_alone() {
    let (head, _) = AT_WORK.split_once("\n[services.words]").unwrap();
    for (after, expected) in [
        (
            AT_WORK
                .replace("in = \"words\"", "in = \"texts\"")
                .replace("[\"words\"]", "[\"texts\"]"),
            &["error inbound-renamed"][..],
        ),
        (
            head.to_owned(),
            &["error queue-no-consumer", "error service-removed"],
        ),
        (
            AT_WORK.replace("\"raw\"", "\"documents\""),
            &["error bucket-moved"],
        ),
        (
            AT_WORK.replace("max = 10", "max = 2"),
            &["warning limit-tightened"],
        ),
        (AT_WORK.replace("max = 10", "max = 20"), &[]),
        (
            AT_WORK.replace("[\"words\"]", "[]"),
            &["warning target-removed"],
        ),
        (
            AT_WORK.replace("case = \"text\"", "case = \"words\""),
            &["warning case-removed"],
        ),
        (
            format!(
                "{AT_WORK}out = [{{ case = \"again\", queues = [\"files\"] }}, {{ case = \"done\", queues = [] }}]\n"
            ),
            &["warning cycle-introduced"],
        ),
    ] {
        let mut expected: Vec<_> = expected.iter().map(|&finding| finding.to_owned()).collect();
        let mut found = found(AT_WORK, &after);
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{after}");
    }
}

#[test]
fn a_larger_loop_is_no_new_one() {
    let looped = AT_WORK.to_owned()
        + "out = [{ case = \"again\", queues = [\"files\"] }, { case = \"done\", queues = [] }]\n";
    let longer = looped.replace("queues = [\"files\"]", "queues = [\"check\"]")
        + "\n[services.check]\nin = \"check\"\nout = [{ case = \"go\", queues = [\"files\"] }]\n";
    assert_eq!(found(&looped, &longer), Vec::<String>::new());
}

#[test]
fn half_a_system_proves_nothing() {
    let broken = AT_WORK.replace("in = \"words\"", "in = 5");
    assert!(
        !found(AT_WORK, &broken)
            .iter()
            .any(|finding| finding.contains("removed"))
    );
    assert_eq!(found(&broken, AT_WORK), Vec::<String>::new());
}

#[test]
fn saved_maps_are_compared_too() {
    let before = r#"{"a": {"in": "a", "out": [{"case": "x", "queues": ["b"]}]}, "b": {"in": "b", "out": []}}"#;
    let after = before
        .replace("\"in\": \"b\"", "\"in\": \"c\"")
        .replace("[\"b\"]", "[\"c\"]");
    assert_eq!(found(before, &after), ["error inbound-renamed"]);
}
