//! What is said of whole changes.

use insta::assert_snapshot;

use super::{Class, Diff};
use crate::{SourceFile, System, read_toml};

fn system(path: &str, text: &str) -> System {
    read_toml(&SourceFile::new(path, text)).0
}

fn diff(before: &str, after: &str) -> Diff {
    Diff::between(
        &system("main:slingshot.toml", before),
        &system("slingshot.toml", after),
    )
}

const AT_WORK: &str = r#"[topology]
sources = ["files"]
sinks = ["archive"]

[services.sniff]
in = "files"
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words"] },
  { case = "image", queues = ["archive"] },
  { case = true, queues = [] },
]

[services.words]
in = "words"
retry = { max = 10 }

[services.old]
in = "old"
"#;

#[test]
fn nothing_changes_when_nothing_but_the_order_does() {
    let (first, rest) = AT_WORK.split_once("[services.words]").unwrap();
    let (head, sniff) = first.split_once("[services.sniff]").unwrap();
    let turned = format!("{head}[services.words]{rest}\n[services.sniff]{sniff}");
    let diff = diff(AT_WORK, &turned);
    assert_snapshot!(diff.text(false), @"no changes");
    assert!(diff.steps.is_empty());
}

const DEPLOYED: &str = r#"[topology]
sources = ["files"]
sinks = ["archive"]
retired = ["old"]

[services.sniff]
in = "files"
buckets = { in = "documents", out = "typed" }
out = [
  { case = "text", queues = ["texts", "index"] },
  { case = "true", queues = [] },
]
replicas = 4

[services.words]
in = "texts"
retry = { max = 3 }
out = [{ case = "done", queues = ["archive"] }]

[services.index]
in = "index"
"#;

#[test]
fn every_kind_of_change_has_its_class_and_its_place_in_the_order() {
    assert_snapshot!(diff(AT_WORK, DEPLOYED).text(false));
}

#[test]
fn the_same_for_a_pull_request_and_for_programs() {
    let diff = diff(AT_WORK, DEPLOYED);
    assert_snapshot!("markdown", diff.markdown());
    assert_snapshot!("json", diff.json());
}

#[test]
fn services_that_feed_each_other_are_started_together() {
    let after = r#"[topology]
sources = ["review"]
[services.review]
in = "review"
out = [{ case = "wrong", queues = ["fix"] }, { case = "right", queues = ["done"] }]
[services.fix]
in = "fix"
out = [{ case = "done", queues = ["review"] }]
[services.done]
in = "done"
"#;
    assert_snapshot!(diff("", after).text(false));
    assert_snapshot!(diff(after, "").text(false));
}

#[test]
fn an_engine_that_moves_concerns_every_service() {
    let broker = |host: &str, more: &str| {
        format!(
            "[topology]\nsources = [\"a\"]\n[services.a]\nin = \"a\"\n[rabbitmq]\nhost = \"{host}\"\nport = 5671\ntls = \
             true\nusername = \"u\"\npassword = \"env:P\"\n{more}"
        )
    };
    let moved = diff(
        &broker("one.example.com", ""),
        &broker("two.example.com", ""),
    );
    assert_snapshot!(moved.text(false));
    let vhost = diff(&broker("one", ""), &broker("one", "vhost = \"other\"\n"));
    assert_eq!(vhost.count(Class::Breaking), 1);
    let user = broker("one", "").replace("\"u\"", "\"v\"");
    let user = diff(&broker("one", ""), &user);
    assert_eq!(
        (user.count(Class::Breaking), user.count(Class::Caution)),
        (0, 1)
    );
}

const TWO: &str = r#"[topology]
sources = ["files"]
sinks = ["archive"]
[services.sniff]
in = "files"
out = [{ case = "text", queues = ["words"] }, { case = "image", queues = ["pictures"] }]
[services.words]
in = "words"
out = [{ case = "done", queues = ["archive"] }]
[services.pictures]
in = "pictures"
out = [{ case = "done", queues = [] }]
"#;

#[test]
fn services_that_change_queues_with_each_other_get_what_is_not_for_them() {
    let after = TWO
        .replace("in = \"words\"", "in = \"\"")
        .replace("in = \"pictures\"", "in = \"words\"")
        .replace("in = \"\"", "in = \"pictures\"");
    let diff = diff(TWO, &after);
    assert_eq!(diff.count(Class::Breaking), 2);
    assert_snapshot!(diff.text(false));
}

#[test]
fn a_case_that_goes_elsewhere_breaks_the_only_way_to_a_sink() {
    let after = TWO.replace("[\"words\"]", "[\"pictures\"]");
    let diff = diff(TWO, &after);
    assert_eq!(diff.count(Class::Breaking), 1);
    assert_snapshot!(diff.text(false));
}

#[test]
fn a_queue_that_both_ends_know_by_another_name_is_one_change() {
    let after = TWO
        .replace("[\"words\"]", "[\"texts\"]")
        .replace("in = \"words\"", "in = \"texts\"");
    assert_snapshot!(diff(TWO, &after).text(false));
}

#[test]
fn a_text_that_is_not_understood_is_said_to_be_half_a_system() {
    assert!(!diff(AT_WORK, "[services.words]\nin = 5\n").is_complete);
}

#[test]
fn what_is_said_of_the_outside_and_demanded_of_ways_is_told_too() {
    let system = |topology: &str, rates: &str| {
        format!(
            "{topology}\n[rates]\n{rates}\n{}",
            AT_WORK.split_once("[services.sniff]").unwrap().1
        )
    };
    let head = "[topology]\nsources = [\"files\"]\nsinks = [\"archive\"]\n";
    let services =
        |text: String| text.replacen("\nin = \"files\"", "\n[services.sniff]\nin = \"files\"", 1);
    let before = services(system(
        &format!(
            "{head}external-buckets = [\"raw\", \"typed\"]\ndeny = [{{ from = \"words\", to = \"tag:old\" }}]"
        ),
        "files = \"1/s\"\nwords = \"30/m\"\nold = \"1/h\"",
    ));
    let after = services(system(
        &format!(
            "{head}external-buckets = [\"raw\", \"texts\"]\nrequire = [{{ from = \"sniff\", to = \"old\", through = \"words\" }}]"
        ),
        "files = \"2/s\"\nwords = \"10/m\"\nlost = \"7/d\"",
    ));
    assert_snapshot!(diff(&before, &after).text(false));
}
