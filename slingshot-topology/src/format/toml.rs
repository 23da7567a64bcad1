//! A `slingshot.toml`, with its comments.

mod routes;

use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, KeyMut, Table, TomlError, Value};

use super::{SERVICE, rank};

/// Where services are declared.
const SERVICES: &str = "services";

/// Writes a text anew.
pub(super) fn format(text: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.replace("\r\n", "\n").parse()?;
    let has_values = document.iter().any(|(_, item)| item.is_value());
    let mut first = None;
    each_header(document.as_table_mut(), &mut |table| {
        let position = table.position();
        first = first.into_iter().chain(position).min();
    });
    each_header(document.as_table_mut(), &mut |table| {
        let is_first = !has_values && table.position() == first;
        header(table, is_first);
    });
    section(document.as_table_mut(), &[]);
    let trailing = tidy(document.trailing().as_str().unwrap_or_default());
    document.set_trailing(trailing.trim_end().to_owned() + "\n");
    let text = document.to_string();
    Ok(text.trim_end().to_owned() + "\n")
}

/// Every table with a line of its own.
fn each_header(table: &mut Table, each: &mut impl FnMut(&mut Table)) {
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(table) => {
                if !table.is_implicit() && !table.is_dotted() {
                    each(table);
                }
                each_header(table, each);
            }
            Item::ArrayOfTables(tables) => {
                for table in tables.iter_mut() {
                    each(table);
                    each_header(table, each);
                }
            }
            Item::Value(_) | Item::None => {}
        }
    }
}

/// A blank line before it, and its comments right above it.
fn header(table: &mut Table, is_first: bool) {
    let decor = table.decor_mut();
    let above = tidy(text_of(decor.prefix()));
    let above = above.trim_start_matches('\n');
    let gap = if is_first { "" } else { "\n" };
    let beside = beside(text_of(decor.suffix()));
    decor.set_prefix(format!("{gap}{above}"));
    decor.set_suffix(beside);
}

fn section(table: &mut Table, path: &[&str]) {
    let is_service = matches!(path, [SERVICES, _]) && !table.is_dotted();
    if is_service {
        table.sort_values_by(|one, _, other, _| {
            rank(SERVICE, one.get()).cmp(&rank(SERVICE, other.get()))
        });
    }
    let mut is_first = true;
    for (mut key, item) in table.iter_mut() {
        let name = key.get().to_owned();
        let path: Vec<_> = path.iter().copied().chain([&*name]).collect();
        match item {
            Item::Value(item) => {
                if is_first || is_service {
                    above(&mut key, is_first, is_service);
                }
                is_first = false;
                entry(&mut key, item, &path);
            }
            Item::Table(table) => section(table, &path),
            Item::ArrayOfTables(tables) => {
                for table in tables.iter_mut() {
                    section(table, &path);
                }
            }
            Item::None => {}
        }
    }
}

/// What stands above a key: no blank line right behind the header, nor between the fields of a service.
fn above(key: &mut KeyMut<'_>, is_first: bool, is_service: bool) {
    let decor = key.leaf_decor_mut();
    let above = tidy(text_of(decor.prefix()));
    let has_comment = above.contains('#');
    let above = match (is_first, is_service && !has_comment) {
        (_, true) => String::new(),
        (true, false) => above.trim_start_matches('\n').to_owned(),
        (false, false) => above,
    };
    decor.set_prefix(above);
}

fn entry(key: &mut KeyMut<'_>, item: &mut Value, path: &[&str]) {
    let decor = key.leaf_decor_mut();
    let above = tidy(text_of(decor.prefix()));
    decor.set_prefix(above);
    decor.set_suffix(" ");
    let after = beside(text_of(item.decor().suffix()));
    value(item, path);
    *item.decor_mut() = Decor::new(" ", after);
}

fn value(value: &mut Value, path: &[&str]) {
    match value {
        Value::Array(array) if matches!(path, [SERVICES, _, "out"]) => routes::format(array),
        Value::Array(items) => array(items),
        Value::InlineTable(table) if !has_notes(table) => inline(table),
        _ => {}
    }
}

/// On one line, if it is on one.
fn array(items: &mut Array) {
    let is_plain = items.iter().all(is_plain) && is_blank(text_of(Some(items.trailing())));
    if !is_plain {
        return;
    }
    for item in items.iter_mut() {
        value(item, &[]);
    }
    items.fmt();
}

/// `{ a = 1, b = 2 }`.
fn inline(table: &mut InlineTable) {
    for (_, item) in table.iter_mut() {
        value(item, &[]);
    }
    table.fmt();
    table.set_trailing_comma(false);
    table.set_trailing("");
}

/// Whether it is on one line, without comments.
fn is_plain(value: &Value) -> bool {
    let decor = value.decor();
    let is_around = is_blank(text_of(decor.prefix())) && is_blank(text_of(decor.suffix()));
    is_around
        && match value {
            Value::Array(items) => {
                items.iter().all(is_plain) && is_blank(text_of(Some(items.trailing())))
            }
            Value::InlineTable(table) => !has_notes(table),
            _ => true,
        }
}

/// Whether there is more in it than keys and values: comments, line breaks, dotted keys.
fn has_notes(table: &InlineTable) -> bool {
    let is_key_plain = |name: &str| {
        table.key(name).is_some_and(|key| {
            let decor = key.leaf_decor();
            is_blank(text_of(decor.prefix())) && is_blank(text_of(decor.suffix()))
        })
    };
    let is_dotted = |value: &Value| value.as_inline_table().is_some_and(InlineTable::is_dotted);
    let is_entry_plain =
        |(name, value): (&str, &Value)| is_key_plain(name) && is_plain(value) && !is_dotted(value);
    !table.iter().all(is_entry_plain) || !is_blank(text_of(Some(table.trailing())))
}

fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character == ' ' || character == '\t')
}

fn text_of(raw: Option<&toml_edit::RawString>) -> &str {
    raw.and_then(toml_edit::RawString::as_str)
        .unwrap_or_default()
}

/// A comment at the end of a line keeps its distance.
fn beside(text: &str) -> String {
    let text = text.trim_end();
    if text.starts_with('#') {
        return format!(" {text}");
    }
    text.to_owned()
}

/// Lines without space around them, and no two blank ones in a row.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut blank = 0;
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.trim();
        let is_last = lines.peek().is_none();
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank > 1 && !is_last {
            continue;
        }
        out.push_str(line);
        if !is_last {
            out.push('\n');
        }
    }
    out
}
