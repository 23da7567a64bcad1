//! Mistakes in a sys-map in one file.

use super::Mistake;

const SAVED: (&str, &str) = ("slingshot-cli/tests/it/mistakes/saved", "map.json");

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake::new(
        "a comma left out",
        SAVED,
        (r#"["words"]},"#, r#"["words"]}"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a comma too many",
        SAVED,
        (r#"["words"]},"#, r#"["words"]},,"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote left out",
        SAVED,
        (r#"["words"]"#, r#"["words]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening quote left out",
        SAVED,
        (r#"["words"]"#, r#"[words"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote left out of the first of two",
        SAVED,
        (r#"["thumbnail", "#, r#"["thumbnail, "#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote left out of a field's name",
        SAVED,
        (r#""queues": ["words"]"#, r#""queues: ["words"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a quote left out of a service's name",
        SAVED,
        (r#""sniff": {"#, r#""sniff: {"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a colon left out",
        SAVED,
        (r#""queues": ["words"]"#, r#""queues" ["words"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening bracket left out",
        SAVED,
        (r#"["words"]"#, r#""words"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "an opening brace left out",
        SAVED,
        (r#"{"case": "text""#, r#""case": "text""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "the opening brace of a service left out",
        SAVED,
        (r#""sniff": {"#, r#""sniff": "#),
        &["map-syntax"],
    ),
    Mistake::new(
        "the closing brace of a service left out",
        SAVED,
        ("    ]\n  },", "    ]\n  ,"),
        &["map-syntax"],
    ),
    Mistake::new(
        "the closing brace of a line left out",
        SAVED,
        (r#""tls": [true]},"#, r#""tls": [true],"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a bracket left out",
        SAVED,
        (r#"["words"]"#, r#"["words""#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a brace left out",
        SAVED,
        (r#"["words"]}"#, r#"["words"]"#),
        &["map-syntax"],
    ),
    Mistake::new(
        "a comment",
        SAVED,
        ("  \"rabbitmq\"", "  // the broker\n  \"rabbitmq\""),
        &["map-syntax"],
    ),
    Mistake::new(
        "an end that is cut off",
        SAVED,
        ("\"archive\"]}]}\n}", "\"archive\"]}]"),
        &["map-syntax"],
    ),
    Mistake::new(
        "a page in its place",
        SAVED,
        ("{", "<!doctype html>{"),
        &["response-not-json"],
    ),
    Mistake::new(
        "a service twice",
        SAVED,
        ("\"thumbnail\": {\"in\"", "\"words\": {\"in\""),
        &["map-duplicate-key"],
    ),
    Mistake::new(
        "a field twice",
        SAVED,
        (r#""in": "words","#, r#""in": "words", "in": "words","#),
        &["map-duplicate-key"],
    ),
    Mistake::new(
        "no inbound queue",
        SAVED,
        (r#""in": "words", "#, ""),
        &["map-missing-field"],
    ),
    Mistake::new(
        "no routes",
        SAVED,
        (r#", "out": [{"case": 1, "queues": ["archive"]}]"#, ""),
        &["map-missing-field"],
    ),
    Mistake::new(
        "a misspelt `queues`",
        SAVED,
        (r#""queues": ["words"]"#, r#""queus": ["words"]"#),
        &["map-unknown-field"],
    ),
    Mistake::new(
        "a number in place of a queue",
        SAVED,
        (r#""in": "words""#, r#""in": 7"#),
        &["map-wrong-type"],
    ),
    Mistake::new(
        "a case that is no integer",
        SAVED,
        (r#""case": 1,"#, r#""case": 1.5,"#),
        &["case-not-integer"],
    ),
    Mistake::new(
        "two ports",
        SAVED,
        ("[5671]", "[5671, 5672]"),
        &["connection-not-single"],
    ),
    Mistake::new(
        "a quoted boolean",
        SAVED,
        (r#""case": true"#, r#""case": "true""#),
        &["case-mixed-types"],
    ),
    Mistake::new(
        "a misspelt queue",
        SAVED,
        (r#"["words"]"#, r#"["wrods"]"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a misspelt inbound queue",
        SAVED,
        (r#""in": "thumbnail""#, r#""in": "thumbnal""#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a misspelt sink",
        SAVED,
        (r#""sinks": ["archive"]"#, r#""sinks": ["archives"]"#),
        &["declared-unknown"],
    ),
    Mistake::new(
        "a sink left out",
        SAVED,
        (r#""sinks": ["archive"]"#, r#""sinks": []"#),
        &["queue-no-consumer"],
    ),
    Mistake::new(
        "a route round",
        SAVED,
        (
            r#"{"case": 1, "queues": ["archive"]}"#,
            r#"{"case": 1, "queues": ["thumbnail"]}"#,
        ),
        &["cycle-no-exit"],
    ),
];
