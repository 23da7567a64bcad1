//! What is understood behind a slip lies where it is written.

use crate::document::{Node, Parsed, Value, parse_json, parse_toml};

/// How many strings there are. Each is written where it is said to be.
fn strings(node: &Node<'_>, text: &str) -> usize {
    let is_written = |range: &std::ops::Range<usize>, said: &str| {
        let written = text.get(range.clone()).unwrap();
        assert_eq!(written.trim_matches('"'), said, "{range:?} {text}");
    };
    match &node.value {
        Value::Text(said) => {
            is_written(&node.range, said);
            1
        }
        Value::List(items) => items.iter().map(|item| strings(item, text)).sum(),
        Value::Table(entries) => {
            let entries = entries.iter().map(|entry| {
                is_written(&entry.key_range, &entry.key);
                1 + strings(&entry.node, text)
            });
            entries.sum()
        }
        _ => 0,
    }
}

fn check(text: &str, parse: impl Fn(&str) -> Parsed<'_>) {
    let all = strings(&parse(text).root, text);
    for (at, mark) in text.match_indices(['{', '}', '[', ']', ',']) {
        let (before, behind) = text.split_at(at);
        for broken in [
            behind.replacen(mark, before, 1),
            format!("{before}{mark}{behind}"),
        ] {
            let Parsed { root, errors, .. } = parse(&broken);
            assert!(errors.len() <= 1, "{broken}: {errors:?}");
            assert_eq!(strings(&root, &broken), all, "{broken}: {errors:?}");
        }
    }
}

#[test]
fn behind_a_slip_everything_lies_where_it_is_written() {
    check(
        r#"{
  "sniff": {"in": "files", "out": [
    {"case": "text", "queues": ["words", "sample"]},
    {"case": "é", "queues": []}
  ]},
  "words": {"in": "words", "out": []}
}"#,
        parse_json,
    );
    check(
        r#"[services.sniff]
in = "files"
out = [
  { case = "text", queues = ["words", "sample"] },
  { case = "é", queues = [] },
]

[services.words]
in = "words"
out = []
"#,
        parse_toml,
    );
}

#[test]
fn space_of_another_kind_ends_no_search() {
    let errors = parse_json("{\u{c}\"a\" 1, \u{c}\"b\": 2}").errors;
    let messages = errors.into_iter().map(|error| error.message);
    assert_eq!(
        messages.collect::<Vec<_>>(),
        [
            "the invisible character U+000C is no space of JSON",
            "a colon is missing",
            "the invisible character U+000C is no space of JSON",
        ]
    );
}
