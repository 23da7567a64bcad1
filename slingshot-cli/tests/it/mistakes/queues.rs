//! Mistakes in the queues of `slingshot.toml`.

use super::{
    Mistake,
    systems::{DOCUMENTS, INBOX, MIXED, PIPELINE, WORDS, WORKER},
};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a queue misspelt in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpak"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue of another name in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["zip-files"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue misspelt in one of two routes",
        DOCUMENTS,
        (r#"["words", "sample"]"#, r#"["wrods", "sample"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue in upper case",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["Unpack"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a queue with a blank after it",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack "]"#),
        &["queue-name-invisible"],
    ),
    Mistake::new(
        "a queue with a foreign letter",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpаck"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "an empty name of a queue",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"[""]"#),
        &["queue-name-empty"],
    ),
    Mistake::new(
        "a misspelt inbound queue",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpak""#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "an inbound queue of another name",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "zip-files""#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "an inbound queue with a blank after it",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpack ""#),
        &["queue-name-invisible"],
    ),
    Mistake::new(
        "a misspelt inbound queue of the first service",
        DOCUMENTS,
        (r#"in = "sniff""#, r#"in = "snif""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "an inbound queue of the first service of another name",
        DOCUMENTS,
        (r#"in = "sniff""#, r#"in = "files""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a misspelt source",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["snif"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a source of another name",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["files"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "no source",
        DOCUMENTS,
        (r#"["sniff"]"#, "[]"),
        &["queue-no-producer"],
    ),
    Mistake::new(
        "a sink that nothing feeds",
        DOCUMENTS,
        (
            "[services.sniff]",
            "sinks = [\"reports\"]\n[services.sniff]",
        ),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a route back to where all comes from",
        DOCUMENTS,
        (
            WORDS,
            "[services.words]\nin = \"words\"\nbuckets = { in = \"documents\" }\nout = [\n  { case = \"counted\", queues = [\"words\"] },\n  { case = \"unknown-language\", queues = [\"words\"] },\n]\n",
        ),
        &["cycle-no-exit"],
    ),
    Mistake::new(
        "a misspelt external bucket",
        DOCUMENTS,
        (r#""receipts", "report"]"#, r#""receipt", "report"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a rate of no queue",
        DOCUMENTS,
        (
            "[services.sniff]",
            "[rates]\nsnif = \"1/s\"\n\n[services.sniff]",
        ),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a route that ends in place of going on",
        MIXED,
        (r#"queues = ["count"]"#, "queues = []"),
        &["queue-no-producer"],
    ),
    Mistake::new(
        "a misspelt queue that a handler sends to",
        INBOX,
        (r#"in = "count""#, r#"in = "cuont""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a template's route that ends",
        PIPELINE,
        (r#"queues = ["count"]"#, "queues = []"),
        &["queue-no-producer"],
    ),
    Mistake::new(
        "the only inbound queue misspelt",
        WORKER,
        (r#"in = "demo""#, r#"in = "dmo""#),
        &["declared-unknown"],
    ),
];
