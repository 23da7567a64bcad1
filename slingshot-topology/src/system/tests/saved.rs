//! Sys-maps that were saved: broken ones, and those of one file an answer.

use insta::assert_snapshot;

use super::{DOCUMENTS, lines, toml};
use crate::{SavedAnswer, SourceFile, System, read_answers, read_json};

#[test]
fn a_broken_sys_map_is_read_but_for_what_is_broken() {
    let text = r#"{
  "sniff": {"in": "sniff", "out": [{"case": "text" "queues": ["words"]}, {"case": , "queues": []}]},
  "words": {"in": "words, "out": []},
  "count": {"in": "count", "out": "none", "in": "count-2"},
  "last": {"in": "last", "out": [{"case": "kept", "queues": ["a"
"#;
    let (system, diagnostics) = read_json(&SourceFile::new("sys-map.json", text));
    assert_snapshot!(lines(&diagnostics));
    let names = system.services.iter().map(|service| &*service.name.value);
    assert_eq!(names.collect::<Vec<_>>(), ["sniff", "words", "last"]);
    assert_eq!(system.services[0].routes.len(), 1);
    assert!(!system.complete);
}

#[test]
fn a_file_of_another_encoding_is_read_and_reported() {
    let read = |bytes: &[u8]| {
        let (system, diagnostics) = read_json(&SourceFile::decode("a.json", bytes.to_vec()));
        assert_eq!(system.services.len(), 1);
        lines(&diagnostics)
    };
    let byte = read(b"{\"a\": {\"in\": \"caf\xe9\", \"out\": []}}");
    let text = "\u{feff}{\"a\": {\"in\": \"a\", \"out\": []}}";
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_snapshot!([byte, read(&utf_16), read(text.as_bytes())].concat());
}

/// A directory's files, and what is read from them.
fn answers(files: &[(&str, &str)]) -> (System, String) {
    let answers = files.iter().map(|(path, text)| {
        let (name, key) = match path.split_once('/') {
            Some((name, key)) => (name, Some(key.to_owned())),
            None => (path.trim_end_matches(".json"), None),
        };
        SavedAnswer {
            name: name.to_owned(),
            key,
            file: SourceFile::new(format!("saved/{path}"), *text),
        }
    });
    let (system, diagnostics) = read_answers(&answers.collect::<Vec<_>>());
    (system, lines(&diagnostics))
}

#[test]
fn saved_answers_are_the_system_that_was_asked() {
    let (asked, _) = toml(DOCUMENTS);
    let body = |path| asked.answer(path).unwrap().body;
    let (system, diagnostics) = answers(&[
        ("object-storage.json", &body("/object-storage")),
        ("rabbitmq.json", &body("/rabbitmq")),
        ("sniff.json", &body("/sniff")),
        ("sniff/in", &body("/sniff/in")),
        ("sniff/out", &format!(" {}\n", body("/sniff/out"))),
        (
            "topology.json",
            r#"{"sources": ["sniff"], "sinks": ["archive"]}"#,
        ),
    ]);
    assert_eq!(diagnostics, "");
    assert!(system.complete);
    assert_eq!(system.boundary, asked.boundary);
    for path in [
        "/sniff",
        "/sniff/in",
        "/sniff/out",
        "/rabbitmq",
        "/object-storage",
        "/db",
    ] {
        assert_eq!(system.answer(path), asked.answer(path), "{path}");
    }
    let sniff = &system.services[0];
    let spans = [
        &sniff.name.span,
        &sniff.inbound.span,
        &sniff.buckets[1].name.span,
    ];
    assert_eq!(
        spans.map(ToString::to_string),
        [
            "saved/sniff.json:1:1",
            "saved/sniff.json:1:7",
            "saved/sniff/out:1:2"
        ]
    );
}

#[test]
fn each_mistake_of_saved_answers_is_shown_in_its_file() {
    let (system, diagnostics) = answers(&[
        ("count.json", "<html>Sign in</html>"),
        ("count/in", "counts"),
        ("rabbitmq.json", r#"{"host": []}"#),
        ("sniff", r#"{"in": "sniff", "out": []}"#),
        ("sniff.json", r#"{"in": "sniff", "out": []}"#),
        ("words.json", r#"{"in": "words", "out": [{"case": }]}"#),
        ("wrods/in", "texts"),
    ]);
    assert_snapshot!(diagnostics);
    let names = system.services.iter().map(|service| &*service.name.value);
    assert_eq!(names.collect::<Vec<_>>(), ["sniff", "words"]);
    assert!(!system.complete);
}

#[test]
fn the_answer_of_one_service_is_a_system_of_it() {
    let file = SourceFile::new("saved/sniff.json", r#"{"in": "q", "out": []}"#);
    let (system, diagnostics) = read_json(&file);
    assert_eq!(lines(&diagnostics), "");
    assert_eq!(system.services[0].name.value, "sniff");
}
