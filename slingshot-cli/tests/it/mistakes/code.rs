//! Mistakes in sources.

use super::Mistake;

const SNIFF: (&str, &str) = ("examples/documents", "src/sniff.rs");
const UNPACK: (&str, &str) = ("examples/documents", "src/unpack.rs");
const THUMBNAIL: (&str, &str) = ("examples/documents", "src/thumbnail.rs");
const ARCHIVE: (&str, &str) = ("examples/documents", "src/archive.rs");
const SAMPLE: (&str, &str) = ("examples/documents", "src/sample.rs");
const WORDS: (&str, &str) = ("examples/documents", "src/words.rs");
const MAIN: (&str, &str) = ("examples/documents", "src/main.rs");
const INBOX: (&str, &str) = ("examples/inbox", "src/main.rs");
const MIXED: (&str, &str) = ("examples/mixed", "src/main.rs");
const COUNT: (&str, &str) = ("examples/mixed", "count.py");
const KINDS: (&str, &str) = ("examples/mixed", "kinds.py");
const HANDLERS: (&str, &str) = ("templates/handlers", "src/main.rs");
const PIPELINE: (&str, &str) = ("templates/pipeline", "src/count.rs");
const PYTHON: (&str, &str) = ("templates/python", "app.py");

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a misspelt service",
        UNPACK,
        (r#"name = "unpack""#, r#"name = "unpak""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service renamed in the code alone",
        UNPACK,
        (r#"name = "unpack""#, r#"name = "extract""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service in upper case",
        UNPACK,
        (r#"name = "unpack""#, r#"name = "Unpack""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a service with a blank in it",
        UNPACK,
        (r#"name = "unpack""#, r#"name = "unpack ""#),
        &["code-refused"],
    ),
    Mistake::new(
        "the first service renamed",
        SNIFF,
        (r#"name = "sniff""#, r#"name = "detect""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "the name of another service",
        ARCHIVE,
        (r#"name = "archive""#, r#"name = "report""#),
        &["service-duplicate"],
    ),
    Mistake::new(
        "a case that the map does not have",
        WORDS,
        (
            "pub(crate) enum Reading {",
            "pub(crate) enum Reading {\n    Short,",
        ),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case renamed in the code alone",
        THUMBNAIL,
        ("    Damaged,", "    Broken,"),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a misspelt word of a case",
        THUMBNAIL,
        ("    Damaged,", "    #[case(\"damged\")]\n    Damaged,"),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case less",
        THUMBNAIL,
        ("    Damaged,\n", ""),
        &["case-never-emitted"],
    ),
    Mistake::new(
        "a case that two services return",
        SNIFF,
        ("    Zip,", "    Archive,"),
        &["case-unmapped", "case-unmapped"],
    )
    .because("two sections have a route of that case, and each is mended for itself"),
    Mistake::new(
        "a number in place of a boolean",
        SAMPLE,
        ("(u64, bool)", "(u64, i64)"),
        &["case-type-mismatch"],
    ),
    Mistake::new(
        "a type that is no case",
        SAMPLE,
        ("(u64, bool)", "(u64, f64)"),
        &[],
    )
    .because("the compiler tells, and the check does not know all types"),
    Mistake::new(
        "an id alone",
        SAMPLE,
        ("(u64, bool)", "u64"),
        &["code-refused"],
    ),
    Mistake::new(
        "a misspelt key of a bucket",
        THUMBNAIL,
        (r#"write_file("out""#, r#"write_file("outt""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "another key",
        THUMBNAIL,
        (r#"write_file("out""#, r#"write_file("small""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a key for another",
        ARCHIVE,
        (r#"write_file("receipts""#, r#"write_file("out""#),
        &["bucket-key-unused"],
    ),
    Mistake::new(
        "a module that is left out",
        MAIN,
        ("mod unpack;\n", ""),
        &[],
    )
    .because("its code may be elsewhere, which `service-without-code` remarks"),
    Mistake::new(
        "a misspelt module",
        MAIN,
        ("mod unpack;", "mod unpak;"),
        &[],
    )
    .because("it is said that the module has not been read"),
    Mistake::new(
        "a brace too many",
        UNPACK,
        ("pub(crate) fn unpack(", "} pub(crate) fn unpack("),
        &["code-refused"],
    ),
    Mistake::new(
        "a misspelt word of an annotation",
        SNIFF,
        ("replicas = 4", "replica = 4"),
        &["code-refused"],
    ),
    Mistake::new(
        "no replicas",
        SNIFF,
        ("replicas = 4", "replicas = 0"),
        &["code-refused"],
    ),
    Mistake::new(
        "a request of the wrong type",
        SAMPLE,
        ("request: u64", "request: u32"),
        &["code-refused"],
    ),
    Mistake::new(
        "no annotation",
        SAMPLE,
        ("#[microservice(name = \"sample\")]\n", ""),
        &[],
    )
    .because("its code may be elsewhere, which `service-without-code` remarks"),
    Mistake::new(
        "a variant with a field",
        WORDS,
        (
            "pub(crate) enum Reading {",
            "pub(crate) enum Reading {\n    Short(u64),",
        ),
        &["code-refused"],
    ),
    Mistake::new("an enum that is no case", WORDS, ("Case", "Debug"), &[])
        .because("the compiler tells, and the check does not know all types"),
    Mistake::new(
        "a misspelt handler in a call",
        INBOX,
        (r#"publish("counted""#, r#"publish("coutned""#),
        &["bus-handler-unknown"],
    ),
    Mistake::new(
        "a handler renamed",
        INBOX,
        ("async fn counted(", "async fn tallied("),
        &["bus-handler-unknown"],
    ),
    Mistake::new(
        "a handler twice",
        INBOX,
        ("async fn show(", "async fn counted("),
        &["handler-duplicate"],
    ),
    Mistake::new(
        "a misspelt service in a call",
        INBOX,
        (r#"send("count""#, r#"send("cuont""#),
        &["queues-service-unknown"],
    ),
    Mistake::new(
        "a service renamed that a handler sends to",
        INBOX,
        (r#"name = "count""#, r#"name = "lengths""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a case more",
        INBOX,
        ("    Short,", "    Short,\n    Empty,"),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a wrong key of a service in Rust",
        MIXED,
        (r#"write_file("out""#, r#"write_file("words""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a misspelt service of a script",
        COUNT,
        (r#"name="count""#, r#"name="cuont""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a wrong key of a script",
        COUNT,
        (r#"read_file("words""#, r#"read_file("wrods""#),
        &["bucket-key-unresolved"],
    ),
    Mistake::new(
        "a misspelt case of a script",
        KINDS,
        (r#"MANY = "many""#, r#"MANY = "mnay""#),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a case more of a script",
        KINDS,
        (r#"MANY = "many""#, "MANY = \"many\"\n    NONE = \"none\""),
        &["case-unmapped"],
    ),
    Mistake::new(
        "a script that does not parse",
        COUNT,
        ("def count(", "def count(("),
        &["code-refused"],
    ),
    Mistake::new(
        "a misspelt handler of a template",
        HANDLERS,
        (r#"publish("titles""#, r#"publish("title""#),
        &["bus-handler-unknown"],
    ),
    Mistake::new(
        "a handler of a template renamed",
        HANDLERS,
        ("fn titles(", "fn forms_of_address("),
        &["bus-handler-unknown"],
    ),
    Mistake::new(
        "no replicas of a handler",
        HANDLERS,
        ("replicas = 2", "replicas = 0"),
        &["code-refused"],
    ),
    Mistake::new(
        "a text in place of a boolean",
        PIPELINE,
        ("(u64, bool)", "(u64, String)"),
        &["case-type-mismatch"],
    ),
    Mistake::new(
        "a misspelt service of a template's script",
        PYTHON,
        (r#"Microservice("demo""#, r#"Microservice("dmo""#),
        &["service-unmapped"],
    ),
    Mistake::new(
        "a misspelt case of a template's script",
        PYTHON,
        (r#"EMPTY = "empty""#, r#"EMPTY = "emtpy""#),
        &["case-unmapped"],
    ),
];
