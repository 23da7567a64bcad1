//! What is written can be read, and is what others expect.

use insta::assert_snapshot;
use serde_json::Value;

use super::{asyncapi, definitions, sys_map};
use crate::{
    Inputs, SourceFile, System, check, format_json, read_definitions, read_json, read_toml,
    system::tests::meaning,
};

/// AsyncAPI's own schema, shortened: see its comment.
const SCHEMA: &str = include_str!("asyncapi-3.0.0.json");

const SYSTEM: &str = r#"
[system]
name = "documents"

[topology]
sources = ["sniff"]
sinks = ["archive/of all"]
external-buckets = ["raw", "typed"]
retired = ["old"]
deny = [{ from = "tag:ingest", to = "words", reason = "texts are counted once" }]

[services.sniff]
in = "sniff"
buckets = { in = "raw", out = "typed" }
out = [
  { case = "te\"xt", queues = ["words"] },
  { case = true, queues = ["words", "archive/of all"], share = 0.25 },
  { case = -3, queues = [] },
]
replicas = 2
queue-type = "quorum"
retry = { max = 3, initial = "90s", factor = 2, max-delay = "1h" }
tags = ["ingest"]
service-time = "20ms"

[services.words]
in = "words"
prefetch = 9
idempotent = true
hop-limit = 4

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
vhost = "documents"
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

[[ignore]]
rule = "case-mixed-types"
subject = "sniff"
reason = "as the predecessor had it"
expires = 2027-01-31
"#;

fn system() -> System {
    let (system, found) = read_toml(&SourceFile::new("slingshot.toml", SYSTEM));
    assert!(found.is_empty(), "{found:?}");
    system
}

#[test]
fn a_sys_map_is_read_as_the_system_that_it_was_written_from() {
    let written = sys_map(&system());
    let (again, found) = read_json(&SourceFile::new("sys-map.json", written.clone()));
    assert!(found.is_empty(), "{found:?}");
    let nameless = System {
        name: None,
        ..system()
    };
    assert_eq!(meaning(&again), meaning(&nameless));
    assert_eq!(sys_map(&again), written);
    let file = SourceFile::new("sys-map.json", written.clone());
    assert_eq!(
        format_json(&file).ok(),
        Some(written.clone()),
        "it is in canonical form"
    );
    assert_snapshot!(written);
}

#[test]
fn a_note_within_a_service_stays_there() {
    let map = r#"{"a": {"in": "a", "out": [], "x-slingshot-ignore": [{"rule": "islands"}]}}"#;
    let (system, _) = read_json(&SourceFile::new("sys-map.json", map));
    let (again, found) = read_json(&SourceFile::new("sys-map.json", sys_map(&system)));
    assert!(found.is_empty(), "{found:?}");
    let scope = again.ignores[0].scope.as_ref().unwrap();
    assert!(scope.text().starts_with("\"a\""), "{}", scope.text());
}

/// A broker that holds what was exported has all that the rules ask for.
#[test]
fn a_broker_of_the_exported_definitions_has_no_findings() {
    let system = system();
    let written = definitions(&system);
    let (broker, found) = read_definitions(&SourceFile::new("definitions.json", written.clone()));
    assert!(found.is_empty(), "{found:?}");
    let inputs = Inputs {
        definitions: Some(&broker),
        ..Inputs::of(&system)
    };
    let found = check(&inputs);
    let found: Vec<_> = found
        .iter()
        .filter(|it| it.rule.name.starts_with("live-"))
        .collect();
    assert!(found.is_empty(), "{found:?}");
    assert_snapshot!(written);
}

#[test]
fn the_asyncapi_document_is_one_by_the_published_schema() {
    let written = asyncapi(&system());
    let document: Value = serde_json::from_str(&written).unwrap();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&document)
        .map(|it| it.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    for operation in document["operations"].as_object().unwrap().values() {
        let reference = operation["channel"]["$ref"].as_str().unwrap();
        let pointer = reference.strip_prefix('#').unwrap().replace("%20", " ");
        let channel = document.pointer(&pointer);
        assert!(channel.is_some(), "{reference}");
    }
    let mut broken = document;
    broken["channels"]["sniff"]["bindings"]["amqp"]["is"] = "heap".into();
    assert!(!validator.is_valid(&broken), "the schema looks at bindings");
    assert_snapshot!(written);
}
