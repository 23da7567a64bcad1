//! `topology export` and `topology fmt`: what is written.

use std::fs;

use insta::assert_snapshot;

use crate::transcript::{project, transcript, transcript_with_stdin, transcripts};

const SYSTEM: &str = r#"[system]
name = "documents"

[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words"] },
  { case = "other", queues = [] },
]
retry = { max = 2, initial = "1s", factor = 3 }

[services.words]
in = "words"
out = [{ case = true, queues = ["archive"] }]
queue-type = "quorum"
"#;

const UNTIDY: &str = "# the first\n[services.words]\nout=[{case=true,queues=[\"archive\"]}]\nin='words'   # what it reads\n[topology]\nsinks = ['archive']\n";

#[tokio::test]
async fn a_system_is_exported_in_each_form() {
    let directory = project(&[("slingshot.toml", SYSTEM)]);
    let all = [
        "topology export --format definitions",
        "topology export --format sys-map",
        "topology export --format asyncapi",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

/// The service's annotation says how often it is tried again, where the map does not.
#[tokio::test]
async fn the_tiers_of_the_code_are_exported() {
    let directory = project(&[
        ("slingshot.toml", "[services.words]\nin = \"words\"\n"),
        (
            "Cargo.toml",
            "[package]\nname = \"words\"\nversion = \"0.1.0\"\n",
        ),
        (
            "src/main.rs",
            "#[microservice(name = \"words\", retry(max = 2, initial = \"7s\"))]\nfn words(request: u64) {}\n",
        ),
    ]);
    let text = transcript(directory.path(), "topology export --format definitions").await;
    assert!(text.contains("words.retry.7s"), "{text}");
}

#[tokio::test]
async fn what_is_exported_is_read_again() {
    let directory = project(&[("slingshot.toml", SYSTEM)]);
    let all = [
        "topology export --format sys-map --output map.json",
        "topology diff map.json --against slingshot.toml",
        "topology export --format definitions --output definitions.json",
        "topology check --definitions definitions.json",
        "topology export map.json --format definitions --output again.json",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    assert_eq!(read("again.json"), read("definitions.json"));
}

#[tokio::test]
async fn what_is_not_understood_is_not_exported() {
    let directory = project(&[
        (
            "broken.toml",
            "[services.words]\nout = [{ case = 1.5 }]\nin = \n",
        ),
        ("one/slingshot.toml", SYSTEM),
        ("two/slingshot.toml", SYSTEM),
    ]);
    let all = [
        "topology export",
        "topology export --format yaml",
        "topology export broken.toml --format sys-map",
        "topology export nothing.toml --format sys-map",
        "topology export --format sys-map",
        "topology export one --format sys-map --output nowhere/map.json",
    ];
    assert_snapshot!(transcripts(directory.path(), &all).await);
}

#[tokio::test]
async fn a_file_is_formatted_once() {
    let directory = project(&[("slingshot.toml", UNTIDY)]);
    let all = [
        "topology fmt --check",
        "topology fmt --diff",
        "topology fmt",
        "topology fmt --check",
        "topology fmt",
    ];
    let text = transcripts(directory.path(), &all).await;
    let formatted = fs::read_to_string(directory.path().join("slingshot.toml")).unwrap();
    assert_snapshot!(text + &formatted);
}

#[tokio::test]
async fn several_files_and_stdin_are_formatted() {
    let map = "{\"words\":{\"out\":[],\n\"in\":\"words\"}}";
    let tidy = "{\n  \"words\": {\n    \"in\": \"words\",\n    \"out\": []\n  }\n}\n";
    let directory = project(&[
        ("a/slingshot.toml", UNTIDY),
        ("b/slingshot.toml", "[services.x]\nin = \"x\"\n"),
        ("map.json", map),
        ("tidy.json", tidy),
        ("answers/words.json", "{\"in\": \"words\", \"out\": []}"),
        ("broken.toml", "[services\nin = 5\n"),
    ]);
    let path = directory.path();
    let mut all = transcripts(
        path,
        &[
            "topology fmt . --check",
            "topology fmt map.json tidy.json --diff",
            "topology fmt broken.toml map.json",
            "topology fmt broken.toml --check",
            "topology fmt answers",
            "topology fmt nothing.toml",
        ],
    )
    .await;
    all += &transcript_with_stdin(path, "topology fmt -", UNTIDY.as_bytes()).await;
    all += &transcript_with_stdin(
        path,
        "topology fmt - --check --stdin-filename map.json",
        map.as_bytes(),
    )
    .await;
    all += &transcript_with_stdin(path, "topology fmt -", b"in = [").await;
    assert_snapshot!(all);
    let formatted = fs::read_to_string(path.join("map.json")).unwrap();
    assert_eq!(formatted, tidy);
}
