//! The parser of JSON, which goes on after a mistake, beside `serde_json`, which does not.

use serde_json::Value as Json;

use crate::document::{Mistake, Node, Parsed, SyntaxError, Value, parse_json};

/// What has no mistake is JSON, and what is JSON has none and is read alike. Whatever is understood lies in its
/// place, and each mistake inside the text.
pub fn json(text: &str) {
    let Parsed {
        root,
        errors,
        damaged,
    } = parse_json(text);
    for error in &errors {
        let inside = text.get(error.range.clone());
        assert!(inside.is_some(), "{:?}: {}", error.range, error.message);
    }
    for range in &damaged {
        assert!(text.get(range.clone()).is_some(), "{range:?}");
    }
    if errors.is_empty() {
        nested(&root, text);
    } else if let Value::Table(entries) = &root.value {
        // One brace too many may have ended the root before its last entries.
        for entry in entries {
            nested(&entry.node, text);
        }
    }
    let is_grammar = |error: &SyntaxError| matches!(error.mistake, Mistake::Grammar { .. });
    let is_refused = errors.iter().any(is_grammar);
    match serde_json::from_str::<Json>(text) {
        Ok(json) => {
            assert!(!is_refused, "{errors:?}");
            // Of a key that repeats, this parser takes the first and `serde_json` the last.
            let is_read = !errors.is_empty() || alike(&understood(&root), &json);
            assert!(is_read, "{root:?} is not {json}");
        }
        // Which floats there are is not the grammar's business, and neither is how deep is too deep.
        Err(error) => {
            let words = error.to_string();
            let is_own = ["number out of range", "recursion limit"];
            let is_own = is_own.iter().any(|own| words.contains(own));
            assert!(is_refused || is_own, "{error}");
        }
    }
}

/// What was understood, as JSON; broken values are `null`.
pub(crate) fn understood(node: &Node<'_>) -> Json {
    match &node.value {
        Value::Bool(value) => Json::from(*value),
        Value::Integer(value) => match (i64::try_from(**value), u64::try_from(**value)) {
            (Ok(value), _) => Json::from(value),
            (_, Ok(value)) => Json::from(value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "serde_json makes it a float too"
            )]
            _ => Json::from(**value as f64),
        },
        Value::Float(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        Value::Text(text) => Json::from(&**text),
        Value::List(items) => items.iter().map(understood).collect(),
        Value::Table(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| (entry.key.to_string(), understood(&entry.node)));
            Json::Object(entries.collect())
        }
        Value::Null | Value::Date(_) => Json::Null,
    }
}

/// Each value lies in the text, and within what it is a part of.
fn nested(node: &Node<'_>, text: &str) {
    assert!(text.get(node.range.clone()).is_some(), "{node:?}");
    let within = |inner: &std::ops::Range<usize>| {
        let outer = &node.range;
        assert!(
            outer.start <= inner.start && inner.end <= outer.end,
            "{inner:?} {node:?}"
        );
    };
    match &node.value {
        Value::List(items) => {
            for item in items {
                within(&item.range);
                nested(item, text);
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                within(&entry.key_range);
                within(&entry.node.range);
                nested(&entry.node, text);
            }
        }
        _ => {}
    }
}

/// Integers that nothing here takes are cut, and `serde_json` is not exact in the last digit of a float.
fn alike(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => {
                (one - other).abs() <= other.abs() * 1e-12
                    || one.abs().min(other.abs()) > 1e37 && one * other > 0.0
            }
            _ => one == other,
        },
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|(one, other)| one.0 == other.0 && alike(one.1, other.1))
        }
        (one, other) => one == other,
    }
}
