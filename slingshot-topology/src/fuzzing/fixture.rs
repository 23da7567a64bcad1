//! What a text from outside stands beside: a small system, and the code of its services.

use std::sync::LazyLock;

use crate::{Code, SourceFile, System, read_manifest, read_toml};

const TOML: &str = r#"
[topology]
sources = ["sniff"]
sinks = ["archive"]

[services.sniff]
in = "sniff"
tags = ["front"]
buckets = { in = "raw" }
out = [
  { case = "text", queues = ["words", "archive"] },
  { case = true, queues = ["lost"] },
  { case = 3, queues = [] },
]
retry = { max = 3 }

[services.words]
in = "words"
queue-type = "quorum"
buckets = { in = "raw", out = "typed" }
out = [{ case = "again", queues = ["words"] }, { case = "done", queues = ["report"] }]

[services.report]
in = "report"
out = [{ case = "written", queues = [] }]

[rabbitmq]
host = "rabbit.example.com"
port = 5671
tls = true
username = "slingshot"
password = "env:RABBIT"
"#;

const MANIFEST: &str = r#"{
  "format_version": 1,
  "services": [
    { "name": "sniff", "cases": ["text", true], "reads": ["in"], "writes": ["missing"] },
    { "name": "words", "cases": null, "reads": ["in"], "writes": ["out"] }
  ],
  "handlers": [{ "name": "titles" }]
}"#;

/// Some of it is wrong: a queue that nobody reads, and a loop.
pub(super) static SYSTEM: LazyLock<System> =
    LazyLock::new(|| read_toml(&SourceFile::new("slingshot.toml", TOML)).0);

/// Not all of it fits the system.
pub(super) static CODE: LazyLock<Code> =
    LazyLock::new(|| read_manifest(&SourceFile::new("manifest.json", MANIFEST)).0);
