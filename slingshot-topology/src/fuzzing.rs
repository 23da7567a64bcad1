//! What must hold for every text from outside. Property tests and fuzz targets call it; nothing else is
//! built with it.

use crate::{
    Diagnostic, Inputs, Report, SecretReference, Severity, SourceFile, System, check,
    document::{Mistake, SyntaxError, parse_json},
    graph, read_json, read_toml, render,
    sys_map::{Database, ObjectStorage, RabbitMq, ServiceAnswer},
};

/// `slingshot.toml`: its diagnostics lie inside it and can be drawn, and a system without an error is served
/// as it was read.
pub fn system_file(text: &str) {
    let file = SourceFile::new("slingshot.toml", text);
    let (system, found) = read_toml(&file);
    read(&file.text, &system, found);
}

/// A sys-map in one JSON file: the same, and it is read as strictly as a service reads it.
pub fn sys_map_file(text: &str) {
    json(text);
    let file = SourceFile::new("sys-map.json", text);
    let (system, found) = read_json(&file);
    read(&file.text, &system, found);
}

/// What has no mistake is JSON, and what is JSON has none.
fn json(text: &str) {
    let parsed = parse_json(text);
    for error in &parsed.errors {
        let inside = text.get(error.range.clone());
        assert!(inside.is_some(), "{:?}: {}", error.range, error.message);
    }
    let is_grammar = |error: &SyntaxError| matches!(error.mistake, Mistake::Grammar { .. });
    let is_refused = parsed.errors.iter().any(is_grammar);
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => assert!(!is_refused, "{:?}", parsed.errors),
        // Which floats there are is not the grammar's business, and neither is how deep is too deep.
        Err(error) => {
            let words = error.to_string();
            let is_own = ["number out of range", "recursion limit"];
            let is_own = is_own.iter().any(|own| words.contains(own));
            assert!(is_refused || is_own, "{error}");
        }
    }
}

/// The answers of a sys-map, each read as every kind: what is read can be written and read again.
pub fn answer(body: &str) {
    if let Ok(answer) = ServiceAnswer::from_json(body) {
        let written = serde_json::to_string(&answer).expect("a case is in the range of JSON's");
        let again = ServiceAnswer::from_json(&written).expect("what was written can be read");
        assert_eq!(again, answer);
    }
    if let Ok(broker) = RabbitMq::from_json(body) {
        let again = RabbitMq::from_json(&broker.to_json().to_string());
        assert_eq!(again.expect("what was written can be read"), broker);
    }
    if let Ok(database) = Database::from_json(body) {
        let again = Database::from_json(&database.to_json().to_string());
        assert_eq!(again.expect("what was written can be read"), database);
    }
    if let Ok(store) = ObjectStorage::from_json(body) {
        let again = ObjectStorage::from_json(&store.to_json().to_string());
        assert_eq!(again.expect("what was written can be read"), store);
    }
}

/// A reference to a secret: what is read can be written and read again.
pub fn secret_reference(text: &str) {
    if let Ok(reference) = text.parse::<SecretReference>() {
        assert_eq!(reference.to_string(), text);
        assert_eq!(reference.to_string().parse(), Ok(reference));
    }
}

fn read(text: &str, system: &System, mut found: Vec<Diagnostic>) {
    found.extend(check(&Inputs::of(system)));
    for diagnostic in &found {
        for label in &diagnostic.labels {
            let span = &label.span;
            let inside = text.get(span.start..span.end);
            assert!(inside.is_some(), "{}: {span:?}", diagnostic.rule.name);
        }
    }
    render::text(&found, false);
    let report = Report {
        diagnostics: found.clone(),
        ..Report::default()
    };
    render::json(&report);
    render::sarif(&report);
    render::junit(&found);
    render::github(&found);
    let picture = graph::Picture::of(system);
    graph::mermaid(&picture);
    graph::dot(&picture);
    graph::d2(&picture);
    graph::json(&picture);
    graph::svg(&picture);
    graph::ascii(&picture, usize::MAX);
    if found.iter().all(|found| found.severity != Severity::Error) {
        served(system);
    }
}

/// Every path of a system without an error answers with what a service understands.
fn served(system: &System) {
    for service in &system.services {
        let path = format!("/{}", service.name.value);
        let answer = system.answer(&path).expect("the service is there").body;
        let understood = ServiceAnswer::from_json(&answer);
        assert_eq!(understood.expect("no error was found"), service.answer());
        for bucket in &service.buckets {
            let path = format!("{path}/{}", bucket.key.value);
            let answer = system.answer(&path).expect("the bucket is there");
            assert_eq!(answer.body, bucket.name.value);
        }
    }
    let body = |path| system.answer(path).map(|answer| answer.body);
    let broker = body("/rabbitmq").map(|body| RabbitMq::from_json(&body).ok());
    assert_eq!(broker, system.rabbitmq.clone().map(Some));
    let database = body("/db").map(|body| Database::from_json(&body).ok());
    assert_eq!(database, system.database.clone().map(Some));
    let store = body("/object-storage").map(|body| ObjectStorage::from_json(&body).ok());
    assert_eq!(store, system.object_storage.clone().map(Some));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SYSTEM: &str = r#"
[system]
name = "documents"
[topology]
sources = ["sniff"]
sinks = ["archive"]
[services.sniff]
in = "sniff"
buckets = { in = "raw", out = "typed" }
out = [{ case = "text", queues = ["archive"] }, { case = -3, queues = [] }]
replicas = 2
prefetch = 9
queue-type = "quorum"
retry = { max = 9, initial = "90s", factor = 1, max-delay = "1h" }
[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "env:RABBIT"
[database]
host = "db.example.com"
port = 5432
username = "slingshot"
database = "documents"
password = "file:/run/secrets/db"
[object-storage]
host = "s3.example.com"
region = "garage"
access-key = "pass:s3/access"
secret-key = "env:S3_SECRET"
[http]
listen = "127.0.0.1:8080"
api-keys = ["env:KEY"]
tls = { certificate = "c.pem", key = "k.pem", client-ca = "ca.pem", client-names = ["billing"] }
max-requests = 9
keep-alive = "30s"
body-limit = "2MiB"
upload-limit = 5000
bus = "amqp"
files = "uploads"
"#;

    const SYS_MAP: &str = r#"{"sniff": {"in": "sniff", "out": [{"case": "text", "queues": ["archive"]}],
"buckets": {"in": "raw"}, "retry": {"max": 9, "initial": "90s", "factor": 1, "max_delay": "1h"}},
"rabbitmq": {"host": ["h"], "port": [5671], "username": ["u"], "secret": ["env:RABBIT"], "tls": [true]},
"db": {"host": ["h"], "port": [5432], "username": ["u"], "pass": ["db"], "database": ["d"]},
"object-storage": {"host": ["h"], "pass:access-key": ["a"], "secret:secret-key": ["file:/s"]},
"topology": {"sources": ["sniff"], "sinks": ["archive"]}}"#;

    const ANSWERS: [&str; 4] = [
        r#"{"in": "q", "out": [{"case": true, "queues": ["a", "b"]}], "replicas": 4, "retry": {"max": 2}}"#,
        r#"{"host": ["h"], "port": [5672], "username": ["u"], "pass": ["entry"], "vhost": ["/v"]}"#,
        r#"{"host": ["h"], "port": [5432], "username": ["u"], "secret": ["env:A"], "database": ["d"]}"#,
        r#"{"host": ["h"], "pass:access-key": ["a"], "pass:secret-key": ["s"], "region": ["r"]}"#,
    ];

    /// What is put in the place of a part of a text: pieces of the two grammars, and anything.
    fn piece() -> impl Strategy<Value = String> {
        const PIECES: [&str; 40] = [
            "",
            "\"",
            "'",
            "[",
            "]",
            "{",
            "}",
            "=",
            ":",
            ",",
            ".",
            "-",
            "\n",
            "#",
            "\\",
            "\\u0000",
            "\u{feff}",
            "é",
            "\u{1f600}",
            "0",
            "-1",
            "1.5",
            "18446744073709551616",
            "true",
            "null",
            "in",
            "out",
            "case",
            "queues",
            "retry",
            "max-delay",
            "[services.x]",
            "[[services]]",
            "\"1h30m\"",
            "\"99999999999999d\"",
            "pass:",
            "env:",
            "file:",
            "../",
            "1979-05-27",
        ];
        prop_oneof![
            4 => proptest::sample::select(&PIECES).prop_map(str::to_owned),
            1 => ".{0,12}",
        ]
    }

    /// A text with a few of its parts replaced.
    fn mistyped(text: &'static str) -> impl Strategy<Value = String> {
        let change = (0..text.len(), 0..24_usize, piece());
        proptest::collection::vec(change, 0..6).prop_map(|changes| {
            let mut text = text.to_owned();
            for (start, length, piece) in changes {
                let start = text.floor_char_boundary(start);
                let end = text.floor_char_boundary(start + length).max(start);
                text.replace_range(start..end, &piece);
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_system_file_is_reported_inside_it_and_served_as_it_was_read(text in mistyped(SYSTEM)) {
            system_file(&text);
        }

        #[test]
        fn a_sys_map_file_is_too(text in mistyped(SYS_MAP)) {
            sys_map_file(&text);
        }

        #[test]
        fn any_text_is_read_to_its_end(text in "(?s).{0,200}") {
            system_file(&text);
            sys_map_file(&text);
            answer(&text);
            secret_reference(&text);
        }

        #[test]
        fn an_answer_that_is_understood_is_written_as_it_was_read(
            body in proptest::sample::select(&ANSWERS).prop_flat_map(mistyped),
        ) {
            answer(&body);
        }

        #[test]
        fn a_secret_reference_is_written_as_it_was_read(text in "(pass|env|file|x)?:?[-/.a-z]{0,9}") {
            secret_reference(&text);
        }
    }

    #[test]
    fn the_texts_that_are_mistyped_are_right() {
        let (_, found) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
        assert!(found.is_empty(), "{found:?}");
        let (_, found) = read_json(&SourceFile::new("sys-map.json", SYS_MAP));
        assert!(found.is_empty(), "{found:?}");
    }
}
