//! The systems that mistakes are made in, and texts of theirs.

pub(super) const DOCUMENTS: (&str, &str) = ("examples/documents", "slingshot.toml");
pub(super) const MIXED: (&str, &str) = ("examples/mixed", "slingshot.toml");
pub(super) const INBOX: (&str, &str) = ("examples/inbox", "slingshot.toml");
pub(super) const PIPELINE: (&str, &str) = ("templates/pipeline", "slingshot.toml");
pub(super) const WORKER: (&str, &str) = ("templates/worker", "slingshot.toml");
pub(super) const HANDLERS: (&str, &str) = ("templates/handlers", "slingshot.toml");
pub(super) const PYTHON: (&str, &str) = ("templates/python", "slingshot.toml");

pub(super) const SNIFF: &str = r#"  { case = "text",  queues = ["words", "sample"] },
  { case = "image", queues = ["thumbnail", "sample"] },
  { case = "zip",   queues = ["unpack"] },
  { case = "empty", queues = ["report"] },
  { case = "other", queues = ["archive", "report"] },
"#;

pub(super) const WORDS: &str = r#"[services.words]
in = "words"
buckets = { in = "documents" }
out = [
  { case = "counted",          queues = ["report"] },
  { case = "unknown-language", queues = ["archive"] },      # for a person to look at
]
"#;

pub(super) const UNPACK: &str = r#"[services.unpack]
in = "unpack"
buckets = { in = "documents", out = "documents" }
out = [
  { case = "text",  queues = ["words"] },
  { case = "image", queues = ["thumbnail"] },
  { case = "zip",   queues = ["report"] },                  # the archive itself, and one inside it
  { case = "empty", queues = ["report"] },
  { case = "other", queues = ["archive", "report"] },
]
"#;

pub(super) const SAMPLE: &str = r#"[services.sample]
in = "sample"
out = [
  { case = true,  queues = ["archive"] },
  { case = false, queues = [] },                            # ends here, on purpose
]
"#;

pub(super) const ARCHIVE: &str = r#"[services.archive]
in = "archive"
buckets = { in = "documents", out = "archive", receipts = "receipts" }
"#;

pub(super) const SNIFF_WHOLE: &str = r#"[services.sniff]
in = "sniff"
buckets = { in = "documents" }
out = [
  { case = "text",  queues = ["words", "sample"] },
  { case = "image", queues = ["thumbnail", "sample"] },
  { case = "zip",   queues = ["unpack"] },
  { case = "empty", queues = ["report"] },
  { case = "other", queues = ["archive", "report"] },
]
"#;
