//! Changes to a system at work that strand something, each of them made once.

use super::Mistake;

const DOCUMENTS: (&str, &str) = ("examples/documents", "slingshot.toml");
const PIPELINE: (&str, &str) = ("templates/pipeline", "slingshot.toml");

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a queue misspelt in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpak"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a misspelt inbound queue",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpak""#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "another inbound queue of the first service",
        DOCUMENTS,
        (r#"in = "sniff""#, r#"in = "files""#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a source of another name",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["files"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a misspelt case",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "imgae""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a route left out",
        DOCUMENTS,
        ("  { case = \"zip\",   queues = [\"unpack\"] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a quoted boolean",
        DOCUMENTS,
        ("case = true", r#"case = "true""#),
        &["case-type-mismatch"],
    ),
    Mistake::new(
        "a misspelt service",
        DOCUMENTS,
        ("[services.unpack]", "[services.unpak]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service of another name",
        DOCUMENTS,
        ("[services.unpack]", "[services.extract]"),
        &["service-unmapped"],
    ),
    Mistake::new(
        "the last service left out",
        PIPELINE,
        (
            "[services.report]\nin = \"report\"\nbuckets = { in = \"words\", out = \"pages\" }\n",
            "",
        ),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a route that ends in place of going on",
        PIPELINE,
        (r#"queues = ["count"]"#, "queues = []"),
        &["target-removed"],
    ),
    Mistake::new(
        "a bucket of another name",
        PIPELINE,
        (
            r#"in = "texts", out = "words""#,
            r#"in = "text", out = "words""#,
        ),
        &["bucket-moved"],
    ),
    Mistake::new(
        "a bucket moved",
        PIPELINE,
        (
            r#"in = "words", out = "pages""#,
            r#"in = "words", out = "files""#,
        ),
        &["declared-unknown", "bucket-moved"],
    )
    .because("the declaration of the old bucket is to be mended too"),
    Mistake::new(
        "a queue added to a route",
        PIPELINE,
        (r#"["count"]"#, r#"["count", "count"]"#),
        &["case-queue-twice"],
    ),
    Mistake::new(
        "no routes",
        PIPELINE,
        (
            "  { case = false, queues = [] },\n  { case = true,  queues = [\"report\"] },       # it has words\n",
            "",
        ),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a loop",
        PIPELINE,
        (
            "{ case = false, queues = [] }",
            "{ case = false, queues = [\"clean\"] }",
        ),
        &["cycle-introduced"],
    ),
];
