//! TOML to nodes, past every mistake that the parser can recover from.

use std::{borrow::Cow, ops::Range};

use ::toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{Entry, Mistake, Node, Parsed, SyntaxError, Value, integer, mend};

/// A list that is not closed takes the next header for an item.
const SECTIONS_BEFORE: usize = 2;
/// In a text with more mistakes than this, what follows from the others is told too.
const MOST_HEADERS: usize = 100;

/// So many characters that are left out or too many are looked for.
const MOST_MENDED: usize = 16;

/// Reads a text, as far as it can be understood, with everything that is wrong with it.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    let mut parsed = as_written(text);
    let mut slips: Vec<mend::Slip> = Vec::new();
    let mut mended = Cow::Borrowed(text);
    while slips.len() < MOST_MENDED
        && let Some(at) = first_mistake(&parsed.errors)
        && let Some(slip) = slip_at(&mended, at)
        && let Some(without) = slip.mended(&mended)
    {
        parsed = mend::owned(as_written(&without), &|range| range);
        mended = Cow::Owned(without);
        slips.push(slip);
    }
    if slips.is_empty() {
        return parsed;
    }
    for slip in slips.iter().rev() {
        parsed = mend::as_written(parsed, slip);
        mend::tell(&mut parsed, slip);
    }
    let mut below = below_headers(text, &parsed.errors, &parsed.root);
    parsed.damaged.append(&mut below);
    parsed
}

fn first_mistake(errors: &[SyntaxError]) -> Option<usize> {
    let grammar = errors.iter();
    let grammar = grammar.filter(|error| matches!(error.mistake, Mistake::Grammar { .. }));
    grammar.map(|error| error.range.start).min()
}

/// The character that is missing before a mistake, or too many, by the sections around it: what is further off is not
/// looked at.
fn slip_at(text: &str, at: usize) -> Option<mend::Slip> {
    let line = text
        .get(at..)?
        .find('\n')
        .map_or(text.len(), |end| at + end);
    let before = text.get(..line)?.rmatch_indices("\n[");
    let start = before.map(|(start, _)| start + 1).nth(SECTIONS_BEFORE);
    let start = start.unwrap_or(0);
    let end = text.get(line..)?.find("\n[");
    let end = end.map_or(text.len(), |end| line + end + 1);
    let section = text.get(start..end)?;
    let mistake = |text: &str| first_mistake(&as_written(text).errors);
    match mend::search(section, at - start, mend::Form::Toml, mistake) {
        mend::Search::Found(slip) => Some(slip.further(start)),
        mend::Search::Many | mend::Search::Nothing => None,
    }
}

fn as_written(text: &str) -> Parsed<'_> {
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
    let mut errors: Vec<_> = errors.collect();
    first_of_each(text, &mut errors);
    let root = Node {
        range: table.span(),
        value: table_of(table.into_inner()),
    };
    Parsed {
        damaged: below_headers(text, &errors, &root),
        root,
        errors,
    }
}

/// The keys and values that stand below the first headers that are broken.
fn below_headers(text: &str, errors: &[SyntaxError], root: &Node<'_>) -> Vec<Range<usize>> {
    let first = errors.iter().take(MOST_HEADERS);
    let astray: Vec<_> = first.filter_map(|error| astray(text, error)).collect();
    let mut found = Vec::new();
    if !astray.is_empty() {
        keys_in(&astray, root, &mut found);
    }
    found
}

/// Takes out what only follows: below a header that is there already every key may be, and behind a bracket without
/// its end the parser takes everything for a part of a list.
fn first_of_each(text: &str, errors: &mut Vec<SyntaxError>) {
    let is_unclosed = errors.iter().any(|error| {
        matches!(error.mistake, Mistake::Grammar { .. })
            && ["unclosed array", "unclosed inline"]
                .iter()
                .any(|start| error.message.starts_with(start))
    });
    if is_unclosed {
        errors.sort_by_key(|error| error.range.start);
        let first = |error: &SyntaxError| matches!(error.mistake, Mistake::Grammar { .. });
        let told = errors.iter().position(first).map_or(0, |first| first + 1);
        errors.truncate(told);
    }
    let mut below = 0..0;
    errors.retain(|error| {
        if !matches!(error.mistake, Mistake::DuplicateKey { .. }) {
            return true;
        }
        let follows = below.contains(&error.range.start);
        if let Some(section) = astray(text, error).filter(|_| !follows) {
            below = error.range.end..section.end;
        }
        !follows
    });
}

/// What stands below a header that is broken, up to the next: it belongs to a table that nobody knows, and was given
/// to another.
fn astray(text: &str, error: &SyntaxError) -> Option<Range<usize>> {
    let before = text.get(..error.range.start)?;
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let is_header = text.get(line..)?.trim_start().starts_with('[');
    let below = text.get(error.range.start..)?;
    let end = below
        .find("\n[")
        .map_or(text.len(), |next| error.range.start + next);
    is_header.then_some(line..end)
}

/// The keys of a table, and of those in it, that stand in one of the ranges, and their values.
fn keys_in(ranges: &[Range<usize>], node: &Node<'_>, found: &mut Vec<Range<usize>>) {
    let entries = match &node.value {
        Value::Table(entries) => entries,
        Value::List(items) => {
            for item in items {
                keys_in(ranges, item, found);
            }
            return;
        }
        _ => return,
    };
    for entry in entries {
        let start = entry.key_range.start;
        if ranges.iter().any(|range| range.contains(&start)) {
            found.push(entry.key_range.clone());
            found.push(entry.node.range.clone());
        }
        keys_in(ranges, &entry.node, found);
    }
}

fn node(value: Spanned<DeValue<'_>>) -> Node<'_> {
    let range = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => {
            Value::Integer(Box::new(integer(number.as_str(), number.radix())))
        }
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

#[cfg(test)]
mod tests {
    use super::{Mistake, parse};

    /// What is damaged, as it is written.
    fn damaged(text: &str) -> Vec<&str> {
        let parsed = parse(text);
        assert!(!parsed.errors.is_empty());
        let written = parsed.damaged.into_iter();
        written.filter_map(|range| text.get(range)).collect()
    }

    #[test]
    fn behind_a_bracket_without_its_end_only_keys_before_it_are_told_too() {
        for (text, expected) in [
            ("a = [1\nb = 2\nc = 3\n", 1),
            ("a = 1\na = 2\nb = [1\nc = 3\nd = 4\n", 2),
        ] {
            let errors = parse(text).errors;
            assert_eq!(errors.len(), expected, "{errors:?}");
            let last = errors.last().map(|error| &error.mistake);
            assert!(matches!(last, Some(Mistake::Grammar { .. })), "{errors:?}");
        }
    }

    #[test]
    fn what_stands_below_a_broken_header_is_not_another_tables() {
        for (text, expected) in [
            ("[[test]\nname = 'a'\n", &["name", "'a'"][..]),
            ("[services.a\nin = 'a'\n", &["in", "'a'"]),
            ("a = 1\n[x\n\n[y]\nb = [\n", &[]),
            ("[y]\nb = 'c\nd = 5\n", &["b", "'c"]),
        ] {
            let damaged = damaged(text);
            assert!(
                expected.iter().all(|it| damaged.contains(it)),
                "{text}: {damaged:?}"
            );
            assert!(!damaged.contains(&"5"), "{text}");
        }
    }
}
