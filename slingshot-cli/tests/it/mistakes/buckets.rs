//! Mistakes in the buckets of `slingshot.toml`.

use super::{
    Mistake,
    systems::{DOCUMENTS, MIXED, PIPELINE},
};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a misspelt key of a bucket",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"ou = "thumbnails""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a key of another name",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"target = "thumbnails""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a key left out",
        DOCUMENTS,
        (r#", out = "thumbnails""#, ""),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "no buckets",
        DOCUMENTS,
        (
            "buckets = { in = \"documents\", out = \"thumbnails\" }\n",
            "",
        ),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a misspelt bucket",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"out = "thumbnail""#),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "another bucket",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"out = "pictures""#),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "a misspelt bucket that others use",
        DOCUMENTS,
        (
            r#"buckets = { in = "documents" }"#,
            r#"buckets = { in = "document" }"#,
        ),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "an external bucket left out",
        DOCUMENTS,
        (r#""receipts", "report"]"#, r#""report"]"#),
        &["bucket-written-never-read"],
    ),
    Mistake::new(
        "a key too many",
        DOCUMENTS,
        (
            r#"out = "thumbnails""#,
            r#"out = "thumbnails", small = "thumbnails""#,
        ),
        &["bucket-key-unused"],
    ),
    Mistake::new(
        "a bucket with a blank in it",
        DOCUMENTS,
        (r#"out = "thumbnails""#, r#"out = "thumb nails""#),
        &["bucket-name-illegal"],
    ),
    Mistake::new(
        "another bucket between two languages",
        MIXED,
        (r#"words = "cleaned""#, r#"words = "clean""#),
        &["bucket-read-never-written"],
    ),
    Mistake::new(
        "the wrong one of two buckets",
        PIPELINE,
        (
            r#"in = "texts", out = "words""#,
            r#"in = "files", out = "words""#,
        ),
        &["bucket-written-never-read"],
    ),
    Mistake::new(
        "two buckets exchanged",
        PIPELINE,
        (
            r#"in = "texts", out = "words""#,
            r#"in = "words", out = "texts""#,
        ),
        &["bucket-read-never-written"],
    ),
];
