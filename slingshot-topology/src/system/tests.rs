//! Reading and answering, end to end.

mod saved;
mod slips;

use insta::assert_snapshot;

use super::{Http, Places, System, read_json, read_toml};
use crate::{Diagnostic, SourceFile};

const DOCUMENTS: &str = r#"
[system]
name = "documents"

[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
buckets = { in = "raw", out = "typed" }
out = [
  { case = "text",  queues = ["words"] },
  { case = true, queues = ["thumbnail", "archive"] },
  { case = -3, queues = [] },
]
replicas = 2

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "env:RABBIT"

[object-storage]
host = "s3.example.com"
region = "garage"
access-key = "pass:s3/access"
secret-key = "env:S3_SECRET"
"#;

fn lines(diagnostics: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let at = d.span().map(ToString::to_string).unwrap_or_default();
        format!("{at} {} {}: {}\n", d.severity, d.rule.name, d.message)
    };
    diagnostics.iter().map(line).collect()
}

/// What a system says, without the places where it says it.
pub(crate) fn meaning(system: &System) -> String {
    let system = System {
        start: None,
        services_at: None,
        topology_at: Places::default(),
        rabbitmq_at: Places::default(),
        database_at: Places::default(),
        object_storage_at: Places::default(),
        ..system.clone()
    };
    let mut out = String::new();
    let text = format!("{system:#?}");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let field = line.trim_start();
        if field.starts_with("places: Places {") {
            let indent = line.len() - field.len();
            let end = |line: &&str| !(line.trim() == "}," && line.len() == indent + 2);
            lines.by_ref().take_while(end).for_each(drop);
        } else if !field.starts_with("span: ") && !field.starts_with("routes_at: ") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn toml(text: &str) -> (System, String) {
    let (system, diagnostics) = read_toml(&SourceFile::new("slingshot.toml", text));
    (system, lines(&diagnostics))
}

#[test]
fn every_path_of_the_sys_map_is_answered_in_the_predecessors_format() {
    let (system, diagnostics) = toml(DOCUMENTS);
    assert_eq!(diagnostics, "");
    let paths = [
        "/sniff",
        "/sniff/in",
        "/sniff/other",
        "/rabbitmq",
        "/db",
        "/object-storage",
        "/nobody",
        "/",
    ];
    let answers: String = paths
        .map(|path| match system.answer(path) {
            Some(answer) => format!("{path} → {}: {}\n", answer.content_type, answer.body),
            None => format!("{path} → none\n"),
        })
        .concat();
    assert_snapshot!(answers, @r#"
    /sniff → application/json: {"in":"sniff","out":[{"case":"text","queues":["words"]},{"case":true,"queues":["thumbnail","archive"]},{"case":-3,"queues":[]}],"replicas":2}
    /sniff/in → text/plain; charset=utf-8: raw
    /sniff/other → none
    /rabbitmq → application/json: {"host":["rabbit.example.com"],"port":[5671],"secret":["env:RABBIT"],"tls":[true],"username":["slingshot"]}
    /db → none
    /object-storage → application/json: {"host":["s3.example.com"],"pass:access-key":["s3/access"],"region":["garage"],"secret:secret-key":["env:S3_SECRET"]}
    /nobody → none
    / → application/json: {"services":{"sniff":["in","out"]},"topology":{"sources":["sniff"],"sinks":["archive"]}}
    "#);
}

#[test]
fn engines_that_the_file_does_not_name_can_be_put_in() {
    let (mut system, _) = toml(DOCUMENTS);
    system.rabbitmq.as_mut().expect("declared above").port = 40_123;
    let answer = system.answer("/rabbitmq").expect("declared above");
    assert!(answer.body.contains("40123"));
}

#[test]
fn spans_are_exact_and_services_keep_the_order_of_the_file() {
    let (system, _) =
        toml("[services.z]\nin = \"q\"\nout = []\n[services.a]\nin = 'p'\nout = []\n");
    let names = system.services.iter().map(|service| {
        let name = &service.name;
        format!(
            "{} at {}, in {}",
            name.value, name.span, service.inbound.span
        )
    });
    let names: Vec<_> = names.collect();
    assert_snapshot!(names.join("\n"), @r#"
    z at slingshot.toml:1:11, in slingshot.toml:2:6
    a at slingshot.toml:4:11, in slingshot.toml:5:6
    "#);
}

#[test]
fn all_mistakes_of_a_broken_file_are_reported_and_the_rest_is_read() {
    let (system, diagnostics) = toml(
        r#"
[topologie]
[services.one]
in = 5
out = [{ case = 1.5, queues = ["a"] }, { queues = "b" }, { case = "c", queues = ["c", 3] }]
[services.two]
in = "two
out = []
[services.three]
in = "three"
out = []
replicas = 0
queue-type = "stream"
[rabbitmq]
host = "h"
port = 70000
password = "hunter2"
"#,
    );
    assert_snapshot!(diagnostics, @r#"
    slingshot.toml:2:2 error map-unknown-field: slingshot.toml has no field `topologie`
    slingshot.toml:4:6 error map-wrong-type: `in` must be a string
    slingshot.toml:5:17 error case-not-integer: the case 1.5 is not an integer
    slingshot.toml:5:40 error map-missing-field: a route has no `case`
    slingshot.toml:5:51 error map-wrong-type: `queues` must be a list of strings
    slingshot.toml:5:87 error map-wrong-type: an item of `queues` must be a string
    slingshot.toml:7:6 error map-syntax: the file cannot be parsed: this string has no end
    slingshot.toml:12:12 error map-wrong-type: `replicas` must be a whole number from 1 to 4294967295
    slingshot.toml:13:14 error map-wrong-type: `queue-type` must be "classic" or "quorum"
    slingshot.toml:14:2 error map-missing-field: [rabbitmq] has no `username`
    slingshot.toml:16:8 error port-invalid: the port is not a whole number from 1 to 65535
    slingshot.toml:17:12 error plaintext-secret: `password` is not a reference to a secret
    "#);
    assert!(!system.complete);
    assert!(system.service("three").is_some());
}

#[test]
fn a_saved_sys_map_answers_what_it_was_saved_from() {
    let text = r#"{
  "sniff": { "in": "sniff", "out": [{ "case": "text", "queues": ["words"] }],
             "buckets": { "in": "raw" }, "x-note": "ours" },
  "rabbitmq": { "host": ["h"], "port": [5672], "username": ["u"], "pass": ["entry"] },
  "db": { "host": ["h"], "port": [5432], "username": ["u"], "database": ["d"], "secret": ["env:DB"] }
}"#;
    let (system, diagnostics) = read_json(&SourceFile::new("map.json", text));
    assert_eq!(lines(&diagnostics), "");
    for (path, body) in [
        (
            "/sniff",
            r#"{"in":"sniff","out":[{"case":"text","queues":["words"]}]}"#,
        ),
        ("/sniff/in", "raw"),
        (
            "/rabbitmq",
            r#"{"host":["h"],"pass":["entry"],"port":[5672],"username":["u"]}"#,
        ),
    ] {
        assert_eq!(
            system.answer(path).map(|answer| answer.body).as_deref(),
            Some(body)
        );
    }
}

#[test]
fn a_retry_is_read_and_every_mistake_in_it_is_located() {
    let retry = |retry: &str| {
        let (system, diagnostics) = toml(&format!(
            "services.a.in = \"q\"\nservices.a.retry = {retry}"
        ));
        let read = system.services[0].retry.map(|retry| format!("{retry:?}"));
        read.unwrap_or(diagnostics).trim_end().to_owned()
    };
    assert_snapshot!(retry(r#"{ max = 9, initial = "90s", factor = 1, max-delay = "1h" }"#), @"Retry { max: 9, initial: 90s, factor: 1, max_delay: 3600s }");
    assert_snapshot!(retry("{}"), @"Retry { max: 5, initial: 1s, factor: 2, max_delay: 300s }");
    assert_snapshot!(retry(r#"{ max = 0, initial = "-1s", factor = 2.5, max-delay = "8d" }"#), @r#"
    slingshot.toml:2:28 error retry-invalid: `max` must lie between 1 and 1000
    slingshot.toml:2:41 error retry-invalid: `initial`: `-1s` is not a duration: write a number and a unit (`ms`, `s`, `m`, `h` or `d`), as in "25m"
    slingshot.toml:2:57 error map-wrong-type: `factor` must be a whole number
    slingshot.toml:2:74 error retry-invalid: `max-delay` must be at most 7d
    "#);
    assert_snapshot!(retry(r#"{ max = "5", initial = 1, factor = 101, max_delay = "5m" }"#), @r#"
    slingshot.toml:2:28 error map-wrong-type: `max` must be a whole number
    slingshot.toml:2:43 error map-wrong-type: `initial` must be a duration, as in "5m"
    slingshot.toml:2:55 error retry-invalid: `factor` must lie between 1 and 100
    slingshot.toml:2:60 error map-unknown-field: `retry` has no field `max_delay`
    "#);
    assert_snapshot!(retry(r#"{ initial = "soon", max-delay = "0s" }"#), @r#"
    slingshot.toml:2:32 error retry-invalid: `initial`: `soon` is not a duration: write a number and a unit (`ms`, `s`, `m`, `h` or `d`), as in "25m"
    slingshot.toml:2:52 error retry-invalid: `max-delay`: a duration must be longer than zero, as in "25m"
    "#);
    assert_snapshot!(retry(r#"{ initial = "10m" }"#), @"slingshot.toml:2:32 error retry-invalid: `initial` is longer than `max-delay`");
    assert_snapshot!(retry(r#"{ initial = "2s", max-delay = "1s" }"#), @"slingshot.toml:2:32 error retry-invalid: `initial` is longer than `max-delay`");
    assert_snapshot!(retry(r#"{ max-delay = "500ms" }"#), @"slingshot.toml:2:12 error retry-invalid: `initial` is longer than `max-delay`");
    assert_snapshot!(retry("5"), @"slingshot.toml:2:20 error map-wrong-type: `retry` must be a table");
}

#[test]
fn a_saved_sys_map_holds_retries_as_the_wire_does() {
    let (system, _) = toml("services.a.in = \"q\"\nservices.a.retry.max = 3");
    let answer = system.answer("/a").expect("declared above").body;
    assert_snapshot!(answer, @r#"{"in":"q","out":[],"retry":{"max":3,"initial":"1s","factor":2,"max_delay":"5m"}}"#);
    let (again, diagnostics) = read_json(&SourceFile::new(
        "sys-map.json",
        format!("{{\"a\": {answer}}}"),
    ));
    assert_eq!(lines(&diagnostics), "");
    assert_eq!(again.services[0].retry, system.services[0].retry);
}

#[test]
fn the_http_server_is_what_the_file_says() {
    let (system, diagnostics) = toml(
        r#"
[http]
listen = "[::]:8443"
api-keys = ["pass:http/key", "env:OTHER_KEY"]
tls = { certificate = "cert.pem", key = "key.pem", client-ca = "ca.pem", client-names = ["billing"] }
max-requests = 500
keep-alive = "30s"
body-limit = "2MiB"
upload-limit = 1000
bus = "amqp"
files = "uploads"
python = "handlers.py"
"#,
    );
    assert_eq!(diagnostics, "");
    assert_eq!(system.handler_script.unwrap().value, "handlers.py");
    insta::assert_debug_snapshot!(system.http, @r#"
    Some(
        Http {
            listen: Some(
                [::]:8443,
            ),
            api_keys: [
                Pass(
                    "http/key",
                ),
                Env(
                    "OTHER_KEY",
                ),
            ],
            tls: Some(
                HttpTls {
                    certificate: "cert.pem",
                    key: "key.pem",
                    client_ca: Some(
                        "ca.pem",
                    ),
                    client_names: [
                        "billing",
                    ],
                },
            ),
            max_requests: Some(
                500,
            ),
            keep_alive: Some(
                30s,
            ),
            body_limit: Some(
                2097152,
            ),
            upload_limit: Some(
                1000,
            ),
            bus: Some(
                Amqp,
            ),
            files: Some(
                "uploads",
            ),
        },
    )
    "#);
    let (system, diagnostics) = toml("[http]");
    assert_eq!(diagnostics, "");
    assert_eq!(system.http, Some(Http::default()));
}

#[test]
fn every_mistake_of_the_http_server_is_found() {
    let (system, diagnostics) = toml(
        r#"
[http]
listen = "localhost"
api-keys = ["hunter2", 5, "env:"]
tls = { certificate = "", keys = "key.pem", client-names = ["billing"] }
max-requests = 0
keep-alive = "30"
body-limit = "2MB"
upload-limit = "99999999999GiB"
bus = "nats"
files = ""
port = 80
"#,
    );
    assert_snapshot!(diagnostics, @r#"
    slingshot.toml:3:10 error map-wrong-type: `listen` must be an address with a port, as in "127.0.0.1:8080"
    slingshot.toml:4:13 error plaintext-secret: `api-keys` is not a reference to a secret
    slingshot.toml:4:24 error map-wrong-type: an item of `api-keys` must be a string
    slingshot.toml:4:27 error secret-ref-malformed: `api-keys`: the secret reference names nothing after its colon
    slingshot.toml:5:1 error map-missing-field: `tls` has no `client-ca`
    slingshot.toml:5:1 error map-missing-field: `tls` has no `key`
    slingshot.toml:5:23 error map-wrong-type: `certificate` must be the path of a PEM file
    slingshot.toml:5:27 error map-unknown-field: `tls` has no field `keys`
    slingshot.toml:6:16 error map-wrong-type: `max-requests` must be a whole number from 1 to 4294967295
    slingshot.toml:7:14 error map-wrong-type: `keep-alive` must be a duration, as in "30s"
    slingshot.toml:8:14 error map-wrong-type: `body-limit` must be a number of bytes, or a size as in "2MiB" (`KiB`, `MiB` or `GiB`)
    slingshot.toml:9:16 error map-wrong-type: `upload-limit` must be a number of bytes, or a size as in "2MiB" (`KiB`, `MiB` or `GiB`)
    slingshot.toml:10:7 error map-wrong-type: `bus` must be "process" or "amqp"
    slingshot.toml:11:9 error map-wrong-type: `files` must be the name of a bucket
    slingshot.toml:12:1 warning map-unknown-field: [http] has no field `port`
    "#);
    assert_eq!(system.http, None);
    assert!(!system.complete);
}

#[test]
fn a_broken_key_or_certificate_is_no_open_server() {
    for section in [
        "api-keys = [\"env:KEY\", \"hunter2\"]",
        "tls = { certificate = \"cert.pem\" }",
        "tls = true",
    ] {
        let (system, _) = toml(&format!("[http]\nlisten = \"0.0.0.0:80\"\n{section}"));
        assert_eq!(system.http, None, "{section}");
    }
}

#[test]
fn what_a_system_says_of_its_checking_is_read_with_every_mistake() {
    let file = SourceFile::new(
        "slingshot.toml",
        r#"
[topology]
sources = ["sniff"]
manifests = ["manifests/*.json"]
retired = ["old"]

[[topology.deny]]
from = "tag:ingest"
to = "billing"

[[topology.require]]
from = "sniff"
to = "tag:out"

[rates]
sniff = "50/s"
words = "fast"

[rules]
cycle-with-exit = "error"
self-loop = "deny"

[[ignore]]
rule = "self-loop"
subject = "sniff"
reason = "on purpose"
expires = 2027-01-31

[[ignore]]
rule = "self-loop"
expires = "soon"

[services.sniff]
in = "sniff"
tags = ["ingest"]
service-time = "20ms"
hop-limit = 3
ordered = "yes"
out = [{ case = "text", queues = ["words"], share = 0.5 }, { case = 1, queues = [], share = -1 }]
"#,
    );
    let (system, diagnostics) = read_toml(&file);
    let sniff = &system.services[0];
    assert_eq!(sniff.tags[0].value, "ingest");
    assert_eq!(sniff.hop_limit.as_ref().unwrap().value, 3);
    assert_eq!(
        sniff.service_time.as_ref().unwrap().value,
        std::time::Duration::from_millis(20)
    );
    assert_eq!(system.rates.len(), 1);
    assert_eq!(system.levels.len(), 1);
    assert_eq!(system.ignores.len(), 1);
    assert_eq!(
        system.ignores[0]
            .expires
            .as_ref()
            .unwrap()
            .value
            .to_string(),
        "2027-01-31"
    );
    assert_eq!((system.denied.len(), system.required.len()), (1, 0));
    insta::assert_snapshot!(crate::render::text(&diagnostics, false));
}

#[test]
fn a_note_in_a_sys_map_covers_the_object_that_it_stands_in() {
    let file = SourceFile::new(
        "map.json",
        r#"{"sniff": {"in": "sniff", "x-slingshot-ignore": [{"rule": "self-loop"}], "out": []},
 "x-slingshot-ignore": [{"rule": "islands", "reason": "two systems"}]}"#,
    );
    let (system, diagnostics) = read_json(&file);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let scopes: Vec<_> = system
        .ignores
        .iter()
        .map(|ignore| ignore.scope.as_ref().map(crate::Span::text))
        .collect();
    insta::assert_debug_snapshot!(scopes);
}
