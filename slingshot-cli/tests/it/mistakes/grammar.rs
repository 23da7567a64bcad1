//! Mistakes in the grammar of `slingshot.toml`.

use super::{Mistake, systems::DOCUMENTS};

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a quote left out",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = "unpack"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a bracket left out",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a comma left out",
        DOCUMENTS,
        ("queues = [\"unpack\"] },\n", "queues = [\"unpack\"] }\n"),
        &["map-syntax"],
    ),
    Mistake::new(
        "an equals sign left out",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in "unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "words that are no TOML",
        DOCUMENTS,
        (
            "[services.unpack]",
            "here come the archives\n[services.unpack]",
        ),
        &["map-syntax"],
    ),
    Mistake::new(
        "the brackets of a section left open",
        DOCUMENTS,
        ("[services.unpack]", "[services.unpack"),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening quote left out",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote left out of a list",
        DOCUMENTS,
        (r#"["words", "sample"]"#, r#"["words, "sample"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote left out of the last of a list",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["sniff]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening bracket left out",
        DOCUMENTS,
        (r#"["unpack"]"#, r#""unpack"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "the opening bracket of the routes left out",
        DOCUMENTS,
        ("out = [\n", "out = \n"),
        &["map-syntax"],
    ),
    Mistake::new(
        "the closing bracket of the routes left out",
        DOCUMENTS,
        ("]\n\n[services.words]", "\n[services.words]"),
        &["map-syntax"],
    ),
    Mistake::new(
        "the closing bracket of the sources left out",
        DOCUMENTS,
        (r#"["sniff"]"#, r#"["sniff""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening brace left out",
        DOCUMENTS,
        (r#"{ case = "zip","#, r#"case = "zip","#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a closing brace left out",
        DOCUMENTS,
        ("queues = [\"unpack\"] },\n", "queues = [\"unpack\"] ,\n"),
        &["map-syntax"],
    ),
    Mistake::new(
        "a comma left out between two fields",
        DOCUMENTS,
        ("{ case = true,  queues", "{ case = true  queues"),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening bracket of a section left out",
        DOCUMENTS,
        ("[services.unpack]", "services.unpack]"),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote too many before a name",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in = ""unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote too many behind a name",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack""]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an equals sign too many",
        DOCUMENTS,
        (r#"in = "unpack""#, r#"in == "unpack""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening bracket too many",
        DOCUMENTS,
        ("out = [\n", "out = [[\n"),
        &["map-syntax"],
    ),
    Mistake::new(
        "a closing bracket too many",
        DOCUMENTS,
        (r#"["unpack"]"#, r#"["unpack"]]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening brace too many",
        DOCUMENTS,
        (r#"{ case = "zip","#, r#"{ { case = "zip","#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a closing brace too many",
        DOCUMENTS,
        ("queues = [\"unpack\"] },\n", "queues = [\"unpack\"] }},\n"),
        &["map-syntax"],
    ),
    Mistake::new(
        "a comma too many between two fields",
        DOCUMENTS,
        ("{ case = true,  queues", "{ case = true,,  queues"),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening bracket of a section too many",
        DOCUMENTS,
        ("[services.unpack]", "[[services.unpack]"),
        &["map-syntax"],
    ),
    Mistake::new(
        "a closing bracket of a section too many",
        DOCUMENTS,
        ("[services.unpack]", "[services.unpack]]"),
        &["map-syntax"],
    ),
];
