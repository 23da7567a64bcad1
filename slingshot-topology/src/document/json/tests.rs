//! The parser beside `serde_json`, and what it makes of mistakes.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::{mistakes::MOST_ERRORS, parse};
use crate::{
    document::{Mistake, Parsed},
    fuzzing::understood,
};

/// Each mistake with what it points at, and then what was understood.
fn told(text: &str) -> String {
    let Parsed { root, errors, .. } = parse(text);
    let mut out = String::new();
    for error in errors {
        let pointed = text.get(error.range.clone()).unwrap();
        match error.mistake {
            Mistake::Grammar { opened } => {
                write!(out, "{:?} {pointed:?}: {}", error.range, error.message).unwrap();
                if let Some(opened) = opened {
                    write!(out, " (opened at {})", opened.start).unwrap();
                }
            }
            Mistake::DuplicateKey { first } => {
                write!(
                    out,
                    "{:?} {pointed:?} again, first at {:?}",
                    error.range, first
                )
                .unwrap();
            }
        }
        out.push('\n');
    }
    out + &understood(&root).to_string()
}

fn all_told(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        writeln!(out, "{text:?}\n{}\n", told(text)).unwrap();
    }
    out
}

#[test]
fn a_map_with_many_mistakes_is_understood_but_for_them() {
    assert_snapshot!(told(
        r#"{
  // Mended by hand.
  "sniff": {
    "in": "sniff,
    "out": [
      {"case": "text" "queues": ["words",]},
      {"case": True, "queues": ['archive']},
      {case: 1 "queues": []},
    ]
  }
  "words": {"in" "words", "out": [}, "out": []},
  "count": {"in": count", "out": [,]},
  "report": {"in": = "report", "out": []}}
},
  "last": {"in": "last", "out": []}
}"#
    ));
}

#[test]
fn whatever_is_left_out_of_a_map_is_one_mistake_near_its_place() {
    let written = include_str!("../../../../slingshot-cli/tests/it/mistakes/saved/map.json");
    let sound = parse(written);
    assert!(sound.errors.is_empty());
    let short: String = written.split_whitespace().collect();
    for (text, most_bytes) in [(written, 120), (&short, 60)] {
        for (at, mark) in text.match_indices(['"', '{', '}', '[', ']', ',', ':']) {
            let broken = text.get(..at).unwrap().to_owned() + text.get(at + 1..).unwrap();
            let errors = parse(&broken).errors;
            let [error] = &*errors else {
                panic!("{mark} at {at}: {errors:?}");
            };
            // Where an object of one line ends, only its writer knows.
            let is_never_closed = mark == "}" && error.message == "this `{` is never closed";
            let is_near = error.range.start.abs_diff(at) < most_bytes;
            assert!(is_near || is_never_closed, "{mark} at {at}: {errors:?}");
        }
    }
}

#[test]
fn the_end_of_a_text_that_was_cut_is_one_mistake() {
    let texts = [
        r#"{"a": {"in": "a", "out": [{"case": true, "queues": ["b"#,
        r#"{"a": {"in": "a", "out": [{"case":"#,
        r#"{"a": {"in": "a", "out": [{"case": 1"#,
        "[",
        r#"{"a""#,
        " ",
    ];
    assert_snapshot!(all_told(&texts));
}

#[test]
fn what_is_no_json_is_said_in_its_own_words() {
    let texts = [
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "0x10",
        "1_000",
        "NaN",
        "None",
        "nothing",
        "tru",
        "[1 2]",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1;2]",
        "[1]]",
        "[1}",
        "{\"a\": [1}",
        "{]",
        "{\"a\" 1}",
        "{\"a\"= 1}",
        "{\"a\"}",
        "{\"a\": }",
        "{: 1}",
        "{{}}",
        "{a: 1}",
        "{'a': 'b'}",
        "{\"a\": 1, \"a\": 2}",
        "\u{feff}{}",
        "{\u{a0}}",
        "# no\n{}",
        "/* no */ {}",
        "{} {}",
        "\"a\tb\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"a\nb\"",
        "\"",
        "'",
        "\\",
        "é",
    ];
    assert_snapshot!(all_told(&texts));
}

#[test]
fn a_thousand_mistakes_are_a_hundred_and_a_word() {
    let text = "[1 2]\n".repeat(1000);
    let errors = parse(&format!("[{}]", text.replace('\n', ","))).errors;
    assert_eq!(errors.len(), MOST_ERRORS + 1);
    let last = "there are more mistakes than these 100, and the rest is not read";
    assert_eq!(errors[MOST_ERRORS].message, last);
}

/// Texts that cost a naive parser the square of their length, or its stack.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "there is no time to pause in a parser: the time that it takes is what is tested"
)]
fn a_hostile_text_takes_no_longer_than_its_length() {
    let n = 200_000;
    let texts = [
        "[".repeat(n),
        "{\"a\":".repeat(n),
        "[]".repeat(n),
        "\"".repeat(n),
        "\\".repeat(n),
        ",".repeat(n),
        "[1 ".repeat(n),
        format!("\"{}", "\\ud800".repeat(n)),
        "/*".repeat(n),
        "}".repeat(n),
        "{}}".repeat(n),
        "{\"a\":1,".repeat(n),
        format!("{{{}}}", "\"a\":1,".repeat(n)),
        "'".repeat(n),
        "\u{200b}".repeat(n),
    ];
    for text in texts {
        let started = Instant::now();
        parse(&text);
        let shown: String = text.chars().take(12).collect();
        // In a build without optimization, on a machine that does other things too; the square would
        // take minutes.
        let bound = Duration::from_micros(10 * text.len() as u64);
        assert!(
            started.elapsed() < bound,
            "{shown}: {:?}",
            started.elapsed()
        );
    }
}

/// Space, as much of it as one likes.
fn spaced(json: &Json, spaces: &[&str], at: &mut usize, out: &mut String) {
    let mut space = |out: &mut String| {
        *at += 1;
        out.push_str(spaces[*at % spaces.len()]);
    };
    space(out);
    match json {
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                spaced(item, spaces, at, out);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(spaces[index % spaces.len()]);
                out.push_str(&Json::from(key.as_str()).to_string());
                out.push_str(spaces[0]);
                out.push(':');
                spaced(value, spaces, at, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
    out.push_str(spaces[0]);
}

fn json() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[\\\\\"/a\u{1}-\u{1f}é😀]{0,6}".prop_map(Json::from),
    ];
    scalar.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            proptest::collection::btree_map("[a-p\"\\\\]{0,3}", inner, 0..20)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_json_is_read_as_serde_json_reads_it(
        json in json(),
        spaces in proptest::collection::vec(proptest::sample::select(&["", " ", "\n", "\t\r\n  "]), 1..5),
    ) {
        let mut text = String::new();
        spaced(&json, &spaces, &mut 0, &mut text);
        let Parsed { root, errors, damaged } = parse(&text);
        prop_assert!(errors.is_empty(), "{errors:?}");
        prop_assert!(damaged.is_empty());
        let expected: Json = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(understood(&root), expected);
    }
}
