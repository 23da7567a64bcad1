//! A sys-map in JSON, laid out anew.

use std::ops::Range;

use super::{ROUTE, SERVICE, rank};
use crate::{
    document::{self, Entry, Node, Value},
    layout::Json,
};

/// What comes before the services, and what after.
const FIRST: &[&str] = &["topology"];
const LAST: &[&str] = &["rabbitmq", "db", "object-storage"];

/// As services have always been answered.
const WIRE: &[&str] = &["in", "out"];

const BOUNDARY: &[&str] = &["sources", "sinks"];
const ENGINE: &[&str] = &[
    "host", "port", "region", "username", "pass", "secret", "database", "tls", "vhost",
];
const RETRY: &[&str] = &["max", "initial", "factor", "max_delay"];

/// None if anything is wrong with the grammar.
pub(super) fn format(text: &str) -> Option<String> {
    let parsed = document::parse_json(text);
    if !parsed.errors.is_empty() {
        return None;
    }
    let layout = Layout { text };
    let root = match &parsed.root.value {
        Value::Table(entries) if is_service(entries) => layout.service(entries),
        Value::Table(entries) => layout.map(entries),
        _ => layout.value(&parsed.root),
    };
    Some(root.written())
}

struct Layout<'t> {
    text: &'t str,
}

impl Layout<'_> {
    fn map(&self, entries: &[Entry<'_>]) -> Json {
        let place = |entry: &Entry<'_>| match &*entry.key {
            key if FIRST.contains(&key) && !is_service_entry(entry) => 0,
            key if LAST.contains(&key) && !is_service_entry(entry) => 2 + rank(LAST, key),
            key if is_note(key) => 2 + LAST.len(),
            _ => 1,
        };
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|entry| place(entry));
        let entries = entries.into_iter().map(|entry| {
            let value = match (&entry.node.value, place(entry)) {
                (Value::Table(fields), 0) => self.fields(fields, BOUNDARY, true, Self::boundary),
                (Value::Table(fields), 1) => self.service(fields),
                (Value::Table(fields), _) => self.fields(fields, ENGINE, false, Self::other),
                _ => self.value(&entry.node),
            };
            (entry.key.to_string(), value)
        });
        Json::Block(entries.collect())
    }

    fn service(&self, fields: &[Entry<'_>]) -> Json {
        self.fields(
            fields,
            &[WIRE, SERVICE].concat(),
            true,
            |layout, key, node| match (key, &node.value) {
                ("out", Value::List(routes)) => {
                    Json::Lines(routes.iter().map(|route| layout.route(route)).collect())
                }
                ("retry", Value::Table(fields)) => layout.fields(fields, RETRY, false, Self::other),
                _ => Self::other(layout, key, node),
            },
        )
    }

    fn route(&self, node: &Node<'_>) -> Json {
        match &node.value {
            Value::Table(fields) => self.fields(fields, ROUTE, false, Self::other),
            _ => self.value(node),
        }
    }

    fn boundary(&self, key: &str, node: &Node<'_>) -> Json {
        match (key, &node.value) {
            ("deny" | "require", Value::List(items)) => {
                Json::Lines(items.iter().map(|item| self.value(item)).collect())
            }
            _ => self.value(node),
        }
    }

    fn other(&self, key: &str, node: &Node<'_>) -> Json {
        match &node.value {
            Value::List(items) if is_note(key) => {
                Json::Lines(items.iter().map(|item| self.value(item)).collect())
            }
            _ => self.value(node),
        }
    }

    /// A table with its fields in order, and notes behind them.
    fn fields(
        &self,
        fields: &[Entry<'_>],
        order: &[&str],
        is_block: bool,
        value: impl Fn(&Self, &str, &Node<'_>) -> Json,
    ) -> Json {
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_by_key(|field| (is_note(&field.key), rank(order, &field.key)));
        let fields = fields.into_iter();
        let fields = fields.map(|it| (it.key.to_string(), value(self, &it.key, &it.node)));
        if is_block {
            Json::Block(fields.collect())
        } else {
            Json::Table(fields.collect())
        }
    }

    /// Scalars are kept as they are written.
    fn value(&self, node: &Node<'_>) -> Json {
        match &node.value {
            Value::List(items) => Json::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Table(entries) => self.fields(entries, &[], false, Self::other),
            _ => Json::Scalar(self.slice(&node.range).to_owned()),
        }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Somebody's notes, which mean nothing to services.
fn is_note(key: &str) -> bool {
    key.starts_with("x-")
}

fn is_service(entries: &[Entry<'_>]) -> bool {
    let is = |name: &str, is_so: fn(&Value<'_>) -> bool| {
        let mut entries = entries.iter();
        entries.any(|entry| entry.key == name && is_so(&entry.node.value))
    };
    is("in", |value| matches!(value, Value::Text(_)))
        && is("out", |value| matches!(value, Value::List(_)))
}

fn is_service_entry(entry: &Entry<'_>) -> bool {
    matches!(&entry.node.value, Value::Table(entries) if is_service(entries))
}
