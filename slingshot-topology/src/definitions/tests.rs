//! Real exports, and broken ones.

use insta::assert_snapshot;

use crate::{Diagnostic, Inputs, SourceFile, check, read_definitions, read_toml};

/// `rabbitmqctl export_definitions` of RabbitMQ 3.10.8, whose queues, policies and permissions are wrong in
/// many ways. Only the hashes of passwords are replaced.
const EXPORT: &str = include_str!("rabbitmq-3.10.json");

const SYSTEM: &str = r#"
[topology]
sources = ["sniff"]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "env:RABBIT_PASSWORD"

[services.sniff]
in = "sniff"
out = [{ case = "text", queues = ["words", "count"] }]
retry = { max = 3 }

[services.words]
in = "words"
out = [{ case = "done", queues = [] }]

[services.count]
in = "count"
queue-type = "classic"
out = [{ case = "done", queues = [] }]
"#;

fn found(system: &str, export: &str) -> Vec<Diagnostic> {
    let (system, mut found) = read_toml(&SourceFile::new("slingshot.toml", system));
    let (definitions, read) = read_definitions(&SourceFile::new("definitions.json", export));
    let inputs = Inputs {
        definitions: Some(&definitions),
        ..Inputs::of(&system)
    };
    found.extend(read);
    found.extend(
        check(&inputs)
            .into_iter()
            .filter(|it| it.rule.name.starts_with("live-")),
    );
    found
}

/// Each finding on a line.
fn lines(found: &[Diagnostic]) -> String {
    let line = |it: &Diagnostic| {
        let at = it.span().expect("a place");
        format!("{at} {} {}: {}\n", it.severity, it.rule.name, it.message)
    };
    found.iter().map(line).collect()
}

#[test]
fn an_export_of_a_real_broker_is_held_against_the_map() {
    assert_snapshot!(lines(&found(SYSTEM, EXPORT)));
}

/// As `GET /api/definitions/documents` of RabbitMQ 4.1 answers: of one virtual host, which no part names.
#[test]
fn an_export_of_one_virtual_host_is_that_of_the_map() {
    let system = SYSTEM.replace(
        "[services.sniff]",
        "vhost = \"documents\"\n\n[services.sniff]",
    );
    let export = r#"{
  "rabbit_version": "4.1.0", "rabbitmq_version": "4.1.0", "product_name": "RabbitMQ",
  "rabbitmq_definition_format": "single_virtual_host", "original_vhost_name": "documents",
  "explanation": "Definitions of virtual host 'documents'", "metadata": {"default_queue_type": "quorum"},
  "limits": [], "parameters": [], "policies": [], "exchanges": [], "bindings": [],
  "queues": [
    {"name": "sniff", "durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}},
    {"name": "words", "durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}},
    {"name": "count", "durable": true, "auto_delete": true, "arguments": {"x-queue-type": "classic"}}
  ]
}"#;
    assert_snapshot!(lines(&found(&system, export)));
}

#[test]
fn what_is_no_export_is_said_so_and_proves_nothing() {
    let exports = [
        "<html>",
        "{}",
        r#"{"queues": [{"name": 5}, 7], "vhosts": {}, "policies": [{"name": "p"}]"#,
    ];
    let all = exports.map(|export| format!("{export}\n{}\n", lines(&found(SYSTEM, export))));
    assert_snapshot!(all.concat());
}

/// A broker takes any regular expression of Erlang's, and an empty permission for none.
#[test]
fn a_permission_that_cannot_be_read_proves_nothing() {
    let export = |read: &str| {
        let permission = format!(
            r#"{{"user": "slingshot", "vhost": "/", "configure": ".*", "write": ".*", "read": {read:?}}}"#
        );
        format!(r#"{{"queues": [], "permissions": [{permission}]}}"#)
    };
    let refused = |read: &str| {
        let found = found(SYSTEM, &export(read));
        found.iter().any(|it| it.rule.name == "live-permission")
    };
    for (read, expected) in [
        ("", true),
        ("^$", true),
        ("^(sniff|words)$", true),
        ("^(sniff|words|count)$", false),
        (".*", false),
        ("^(?!amq).*", false),
        ("n", true),
    ] {
        assert_eq!(refused(read), expected, "{read}");
    }
}
