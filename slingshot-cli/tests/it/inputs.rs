//! What `topology check` reads.

use std::fs;

use insta::assert_snapshot;

use crate::transcript::{project, transcript, transcript_with_stdin, transcripts};

const SYSTEM: &str = r#"[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = [] },
]

[services.words]
in = "words"
out = [{ case = true, queues = ["archive"] }]
"#;

const SNIFF: &str = r#"{"in": "sniff", "out": [{"case": "text", "queues": ["words"]}, {"case": "other", "queues": []}]}"#;

const MANIFEST: &str = r#"{
  "format_version": 1,
  "services": [
    { "name": "sniff", "cases": ["text", "image"], "reads": ["in", "thumbs"], "writes": [] },
    { "name": "ocr", "cases": null }
  ]
}
"#;

#[tokio::test]
async fn answers_in_a_directory_are_one_system() {
    let directory = project(&[
        ("right/sniff.json", SNIFF),
        ("right/sniff/in", "raw\n"),
        ("right/words", r#"{"in": "words", "out": []}"#),
        ("wrong/sniff.json", SNIFF),
        ("wrong/words.json", "<!doctype html><title>502</title>"),
        ("wrong/lost/in", "a b\n"),
        (
            "wrong/rabbitmq.json",
            r#"{"host": ["h", "i"], "port": ["x"]}"#,
        ),
        ("notes/README.md", "nothing"),
        ("notes/data.json", "[]"),
    ]);
    let all = [
        "topology check right",
        "topology check wrong",
        "topology check notes",
        "topology check right --format concise",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_text_on_stdin_is_what_it_looks_like() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let map = format!("{{\"sniff\": {SNIFF}}}");
    let mut text = String::new();
    for (words, stdin) in [
        ("topology check -", SYSTEM.as_bytes()),
        ("topology check -", map.as_bytes()),
        (
            "topology check - --stdin-filename maps/live.json",
            map.as_bytes(),
        ),
        ("topology check -", b""),
        (
            "topology check -",
            b"{\"sniff\": {\"in\": \"sniff\", \"out\": [}}",
        ),
        (
            "topology check - --format concise",
            b"[services.a]\nin = \"\xff\"\n",
        ),
        ("topology check -", b"\xff\xfe[\0"),
    ] {
        text += &transcript_with_stdin(path, words, stdin).await;
    }
    assert_snapshot!(text);
}

#[tokio::test]
async fn several_systems_are_checked_each_for_itself() {
    let broken = "[services.a]\nin = 5\n[services.b]\nin = \"b\"\nout = [{ case = 1.5 }]\n";
    let directory = project(&[
        ("one/slingshot.toml", SYSTEM),
        (
            "two/slingshot.toml",
            &SYSTEM.replace("\"words\"]", "\"wrods\"]"),
        ),
        ("deep/er/slingshot.toml", broken),
        ("map.json", &format!("{{\"sniff\": {SNIFF}}}")),
    ]);
    let all = [
        "topology check",
        "topology check one two --format concise",
        "topology check one map.json nothing.toml",
        "topology check one two --baseline accepted.json",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn manifests_speak_for_code_that_is_elsewhere() {
    let directory = project(&[
        ("slingshot.toml", SYSTEM),
        ("manifests/sniff.json", MANIFEST),
        ("manifests/notes.txt", "nothing"),
        ("newer.json", r#"{"format_version": 2, "services": []}"#),
        (
            "broken.json",
            r#"{"format_version": 1, "services": [{"name": 5}, {"cases": "text"}"#,
        ),
        ("empty/nothing.txt", ""),
    ]);
    let path = directory.path();
    let mut text = transcripts(
        path,
        &[
            "topology check --manifest manifests",
            "topology check --manifest newer.json",
            "topology check --manifest broken.json",
            "topology check --manifest nothing.json",
            "topology check --manifest empty",
        ],
    )
    .await;
    let named = SYSTEM.replace(
        "[topology]",
        "[topology]\nmanifests = [\"manifests/*.json\", \"more/*.json\"]",
    );
    fs::write(path.join("slingshot.toml"), named).unwrap();
    text += &transcript(path, "topology check --format concise").await;
    assert_snapshot!(text);
}

#[tokio::test]
async fn what_a_broker_holds_is_held_against_the_map() {
    let export = r#"{
  "vhosts": [{ "name": "/" }],
  "queues": [
    { "name": "sniff", "vhost": "/", "durable": true, "auto_delete": false, "arguments": {} },
    { "name": "words", "vhost": "/", "durable": false, "auto_delete": false, "arguments": { "x-max-length": 5 } },
    { "name": "old", "vhost": "/", "durable": true, "auto_delete": false, "arguments": {} }
  ],
  "exchanges": [],
  "bindings": []
}
"#;
    let directory = project(&[
        ("slingshot.toml", SYSTEM),
        ("export.json", export),
        ("page.json", "<html>log in</html>"),
        ("none.json", "{\"rabbit_version\": \"4.1.0\"}"),
        ("broken.json", "{\"queues\": [{\"name\": }"),
    ]);
    let all = [
        "topology check --definitions export.json --format concise",
        "topology check --definitions page.json",
        "topology check --definitions none.json",
        "topology check --definitions broken.json",
        "topology check --definitions nothing.json",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_mistake_in_the_call_is_no_finding() {
    let directory = project(&[("slingshot.toml", SYSTEM), ("baseline.json", "[]")]);
    let all = [
        "topology check --deny dead-ned",
        "topology check --format yaml",
        "topology check --format json=nowhere/out.json",
        "topology check --baseline nothing.json",
        "topology check --baseline baseline.json",
        "topology check --persona nobody",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}
