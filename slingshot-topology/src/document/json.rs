//! JSON to nodes. Strict: no comments, no trailing commas, because services read it strictly too.

use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions,
    ast::{Object, ObjectPropName, Value as Json},
    common::{Range, Ranged},
    parse_to_ast,
};

use super::{Entry, Node, SyntaxError, Value, integer};

pub(crate) fn parse(text: &str) -> (Node<'_>, Vec<SyntaxError>) {
    let collect = CollectOptions {
        comments: CommentCollectionStrategy::Off,
        tokens: false,
    };
    let options = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let empty = || Node {
        range: 0..text.len(),
        value: Value::Null,
    };
    match parse_to_ast(text, &collect, &options) {
        Ok(parsed) => (parsed.value.map_or_else(empty, node), Vec::new()),
        Err(error) => {
            let range = error.range();
            let message = lower_first(&error.kind().to_string());
            let error = SyntaxError {
                range: range.start..range.end,
                message,
                duplicate_key: false,
            };
            (empty(), vec![error])
        }
    }
}

fn node(json: Json<'_>) -> Node<'_> {
    let Range { start, end } = json.range();
    let value = match json {
        Json::StringLit(text) => Value::Text(text.value),
        Json::NumberLit(number) => number_of(number.value),
        Json::BooleanLit(value) => Value::Bool(value.value),
        Json::Object(object) => Value::Table(entries(object)),
        Json::Array(array) => Value::List(array.elements.into_iter().map(node).collect()),
        Json::NullKeyword(_) => Value::Null,
    };
    Node {
        range: start..end,
        value,
    }
}

fn entries(object: Object<'_>) -> Vec<Entry<'_>> {
    let properties = object.properties.into_iter();
    properties
        .map(|property| {
            let Range { start, end } = property.name.range();
            Entry {
                key: match property.name {
                    ObjectPropName::String(name) => name.value,
                    ObjectPropName::Word(name) => name.value.into(),
                },
                key_range: start..end,
                node: node(property.value),
            }
        })
        .collect()
}

/// `-0` counts as a fraction because JSON readers make it the float -0.0.
fn number_of(text: &str) -> Value<'_> {
    if text.contains(['.', 'e', 'E']) || text == "-0" {
        Value::Float(text.into())
    } else {
        Value::Integer(integer(text, 10))
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_lowercase().chain(characters).collect())
        .unwrap_or_default()
}
