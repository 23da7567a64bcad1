//! Mistakes in the cases of `slingshot.toml`.

use super::{
    Mistake,
    systems::{DOCUMENTS, MIXED, PIPELINE, PYTHON, WORKER},
};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a route left out",
        DOCUMENTS,
        ("  { case = \"zip\",   queues = [\"unpack\"] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "one of two routes to a queue left out",
        DOCUMENTS,
        ("  { case = \"empty\", queues = [\"report\"] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a route too many",
        DOCUMENTS,
        (
            "  { case = \"zip\",",
            "  { case = \"audio\", queues = [\"archive\"] },\n  { case = \"zip\",",
        ),
        &["case-never-emitted"],
    ),
    Mistake::new(
        "a misspelt case",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "imgae""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case of another name",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "picture""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case in upper case",
        DOCUMENTS,
        (r#"case = "image""#, r#"case = "Image""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a quoted boolean",
        DOCUMENTS,
        ("case = true", r#"case = "true""#),
        &["case-type-mismatch"],
    ),
    Mistake::new(
        "a number in place of a boolean",
        DOCUMENTS,
        ("case = true", "case = 1"),
        &["case-type-mismatch"],
    ),
    Mistake::new(
        "a route twice",
        DOCUMENTS,
        (
            "  { case = \"zip\",   queues = [\"unpack\"] },\n",
            "  { case = \"zip\",   queues = [\"unpack\"] },\n  { case = \"zip\",   queues = [\"unpack\"] },\n",
        ),
        &["case-duplicate"],
    ),
    Mistake::new(
        "a case in place of another",
        DOCUMENTS,
        (r#"case = "empty""#, r#"case = "other""#),
        &["case-duplicate"],
    ),
    Mistake::new(
        "a queue twice in a route",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack", "unpack"]"#),
        &["case-queue-twice"],
    ),
    Mistake::new(
        "a misspelt case of a script",
        MIXED,
        (r#"case = "many""#, r#"case = "meny""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a template's route without a case",
        PIPELINE,
        ("  { case = false, queues = [] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "no case of the only service",
        WORKER,
        ("  { case = \"text\",  queues = [] },\n", ""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a misspelt case of a template's script",
        PYTHON,
        (r#"case = "empty""#, r#"case = "emtpy""#),
        &["case-unmapped"],
    ),
];
