//! The same with texts of every test run: right ones, with a few of their parts replaced.

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

const ANSWERED: &str = r#"# sniff
{"in": "sniff", "out": [{"case": "text", "queues": ["archive"]}]}
# sniff/in
raw
# rabbitmq
{"host": ["h"], "port": [5671], "username": ["u"], "secret": ["env:RABBIT"], "tls": [true]}
# topology
{"sources": ["sniff"], "sinks": ["archive"]}
"#;

const DEFINITIONS: &str = include_str!("../definitions/rabbitmq-3.10.json");

const MANIFEST: &str = r#"{"format_version": 1, "services": [
{"name": "sniff", "cases": ["text", 3, null], "reads": ["in"], "writes": ["out"], "replicas": 2,
"source": {"file": "a.rs", "line": 1, "column": 2}, "retry": {"max": 2, "initial": "1s"}, "deduplicate": "7d"},
{"name": "ocr"}], "handlers": [{"name": "titles", "kind": "request"}]}"#;

const BASELINE: &str = r#"{"format_version": 1, "findings": [
{"rule": "dead-end", "fingerprint": "00ff00ff00ff00ff", "message": "gone"}]}"#;

const TESTS: &str = r#"
[[test]]
name = "a text is counted"
emit = { service = "sniff", case = "text" }
direct = ["words", "archive"]
reaches = ["report"]
not-reaches = ["lost"]
path = ["sniff", "words", "report"]
ends = true
[[test]]
name = "all"
send = "sniff"
reaches = ["archive"]
"#;

const EDITS: [&str; 3] = [
    "[services.sniff]\nin = \"|files|sniff|\"\nout = [{ case = \"text\", queues = [\"words\", 'é'] }]\n[services.words]\nin = \"words\"\n",
    "{\"sniff\": {\"in\": \"sn|iff||\", \"out\": [{\"case\": 3, \"queues\": [\"words\"]}]}, \"words\": {\"in\": \"words\", \"out\": []}}",
    "[[ignore]]\nrule = \"|dead|self|-loop\"\nreason = \"so\"\n",
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
        saved_answers(&text);
        definitions(&text);
        manifest(&text);
        baseline(&text);
        route_tests(&text);
        edit(&text);
        selection(&text);
    }

    #[test]
    fn an_answer_that_is_understood_is_written_as_it_was_read(
        body in proptest::sample::select(&ANSWERS).prop_flat_map(mistyped),
    ) {
        answer(&body);
    }

    #[test]
    fn saved_answers_are_told_where_they_lie_and_served_as_they_were_read(text in mistyped(ANSWERED)) {
        saved_answers(&text);
    }

    #[test]
    fn what_a_broker_holds_is_told_where_it_stands(text in mistyped(DEFINITIONS)) {
        definitions(&text);
    }

    #[test]
    fn a_manifest_is_too(text in mistyped(MANIFEST)) {
        manifest(&text);
    }

    #[test]
    fn a_baseline_accepts_what_it_is_written_from(text in mistyped(BASELINE)) {
        baseline(&text);
    }

    #[test]
    fn route_tests_hold_or_fail_in_words(text in mistyped(TESTS)) {
        route_tests(&text);
    }

    #[test]
    fn an_editor_asks_anywhere(text in proptest::sample::select(&EDITS).prop_flat_map(mistyped)) {
        edit(&text);
    }

    #[test]
    fn services_are_selected_or_excluded(
        text in "(([0-9]{0,2}[+@])?((tag|queue|bucket|component|service|x):)?[a-z*?\\[\\]é]{0,7}([+][0-9]{0,2})?[ ,]?){0,5}",
    ) {
        selection(&text);
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

/// A text that is wrong before it is mistyped proves little.
#[test]
fn the_other_texts_are_right_too() {
    let file = |text: &str| SourceFile::new("text", text);
    for found in [
        crate::read_definitions(&file(DEFINITIONS)).1,
        crate::read_manifest(&file(&MANIFEST.replace(", null", ""))).1,
        crate::read_tests(&file(TESTS)).1,
    ] {
        assert!(found.is_empty(), "{found:?}");
    }
    crate::Baseline::read(&file(BASELINE)).unwrap();
}
