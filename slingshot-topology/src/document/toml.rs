//! TOML to nodes, past every mistake that the parser can recover from.

use ::toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{Entry, Mistake, Node, Parsed, SyntaxError, Value, integer};

pub(crate) fn parse(text: &str) -> Parsed<'_> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let errors = errors.into_iter().map(|error| {
        let range = error.span().unwrap_or(0..0);
        if error.message().starts_with("duplicate key") {
            SyntaxError {
                message: text.get(range.clone()).unwrap_or_default().to_owned(),
                range,
                mistake: Mistake::DuplicateKey { first: None },
            }
        } else {
            SyntaxError {
                range,
                message: error.message().to_owned(),
                mistake: Mistake::Grammar { opened: None },
            }
        }
    });
    let errors = errors.collect();
    let root = Node {
        range: table.span(),
        value: table_of(table.into_inner()),
    };
    Parsed {
        root,
        errors,
        damaged: Vec::new(),
    }
}

fn node(value: Spanned<DeValue<'_>>) -> Node<'_> {
    let range = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => Value::Integer(integer(number.as_str(), number.radix())),
        DeValue::Float(number) => Value::Float(number.as_str().to_owned().into()),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(when) => Value::Date(when.to_string().into()),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => table_of(table),
    };
    Node { range, value }
}

/// The parser keeps tables sorted by key; readers and drawings want the order of the text.
fn table_of<'t>(table: DeTable<'t>) -> Value<'t> {
    let entry = |(key, value): (Spanned<DeString<'t>>, Spanned<DeValue<'t>>)| Entry {
        key_range: key.span(),
        key: key.into_inner(),
        node: node(value),
    };
    let mut entries: Vec<_> = table.into_iter().map(entry).collect();
    entries.sort_by_key(|entry| (entry.key_range.start, entry.key_range.end));
    Value::Table(entries)
}
