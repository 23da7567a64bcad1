//! Changes of a text: names that are written anew, and items that go with their commas.

use crate::source::Span;

/// A place and its new text.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What is replaced; empty where something is put in.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    pub(crate) fn new(span: &Span, text: impl Into<String>) -> Self {
        Self {
            span: span.clone(),
            text: text.into(),
        }
    }

    /// Puts something in behind a place.
    pub(crate) fn after(span: &Span, text: impl Into<String>) -> Self {
        Self::new(&span.file.span(span.end..span.end), text)
    }

    /// Puts an item in behind the last one of a list, and behind the comment that ends its line.
    pub(crate) fn item_after(last: &Span, item: &str) -> Vec<Self> {
        let rest = last.file.text.get(last.end..).unwrap_or_default();
        let line = rest.split(['\r', '\n']).next().unwrap_or_default();
        let behind = line.trim_start();
        let comma = behind.strip_prefix(',');
        if !comma.unwrap_or(behind).trim_start().starts_with('#') {
            return vec![Self::after(last, format!(",{}{item}", last.indent()))];
        }
        let indent = match last.indent() {
            indent if indent.starts_with('\n') => indent,
            _ => "\n  ",
        };
        let line_end = last.end + line.len();
        let line_end = last.file.span(line_end..line_end);
        if comma.is_some() {
            return vec![Self::after(&line_end, format!("{indent}{item},"))];
        }
        vec![
            Self::after(last, ","),
            Self::after(&line_end, format!("{indent}{item}")),
        ]
    }

    /// Another name where one is written: in quotes where it was in quotes, or has to be.
    pub(crate) fn name(span: &Span, name: &str) -> Self {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let was_bare = !span.text().contains(['"', '\'']);
        let before = span.file.text.get(..span.start);
        // A scan may give what lies between the quotes.
        let lies_in_quotes = before.is_some_and(|before| before.ends_with(['"', '\'']));
        if was_bare && (lies_in_quotes || !name.is_empty() && name.chars().all(is_bare)) {
            return Self::new(span, name);
        }
        Self::new(span, quoted(name))
    }

    /// Without an item of a list, or a key and its value, and without the comma that goes with it.
    pub(crate) fn removal(item: &Span) -> Self {
        let text = &item.file.text;
        let before = text.get(..item.start).unwrap_or_default();
        let after = text.get(item.end..).unwrap_or_default();
        let next = after.trim_start();
        let comma = next.starts_with(',').then(|| text.len() - next.len() + 1);
        let end = comma.unwrap_or(item.end);
        let rest = text.get(end..).unwrap_or_default();
        let (line, _) = rest.split_once('\n').unwrap_or((rest, ""));
        let is_last_in_line = matches!(line.trim_start().chars().next(), None | Some('#'));
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let is_first_in_line = before
            .get(line_start..)
            .is_none_or(|line| line.trim().is_empty());
        let previous = before.trim_end();
        let range = match comma {
            _ if is_first_in_line
                && is_last_in_line
                && (comma.is_some() || !previous.ends_with(',')) =>
            {
                line_start..(end + line.len() + 1).min(text.len())
            }
            Some(end) => item.start..end + (line.len() - line.trim_start().len()),
            None if previous.ends_with(',') => previous.len() - 1..item.end,
            None => item.start..item.end,
        };
        Self::new(&item.file.span(range), "")
    }
}

/// As a string of TOML, JSON and Rust, which agree on what names are made of.
pub(crate) fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn applied(text: &str, make: impl Fn(&Span) -> Edit) -> String {
        applied_all(text, |span| vec![make(span)])
    }

    fn applied_all(text: &str, make: impl Fn(&Span) -> Vec<Edit>) -> String {
        let (before, rest) = text.split_once('«').expect("a start");
        let (item, after) = rest.split_once('»').expect("an end");
        let file = SourceFile::new("a.toml", [before, item, after].concat());
        let edits = make(&file.span(before.len()..before.len() + item.len()));
        let mut text = file.text.clone();
        for edit in edits.iter().rev() {
            text.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
        text
    }

    #[test]
    fn an_item_goes_with_its_comma_its_line_and_its_comment() {
        for (with, without) in [
            ("[«1», 2]", "[2]"),
            ("[1, «2»]", "[1]"),
            ("[1, «2», ]", "[1, ]"),
            ("[«1»]", "[]"),
            ("{ a = 1, «b = 2» }", "{ a = 1 }"),
            ("{ «a = 1», b = 2 }", "{ b = 2 }"),
            ("[\n  1,\n  «2»\n]", "[\n  1\n]"),
            (
                "[\n  1, # one\n  «2», # two\n  3,\n]",
                "[\n  1, # one\n  3,\n]",
            ),
            ("[\n  1, # one\n  «2» # two\n]", "[\n  1, # one\n]"),
            ("[t]\na = 1\n«b = 2» # two\nc = 3\n", "[t]\na = 1\nc = 3\n"),
            ("[t]\n«b = 2»", "[t]\n"),
            ("{\n  \"a\": 1,\n  «\"b\": 2»\n}", "{\n  \"a\": 1\n}"),
        ] {
            assert_eq!(applied(with, Edit::removal), without, "{with}");
        }
    }

    #[test]
    fn an_item_that_is_added_leaves_the_comments_to_their_items() {
        for (with, expected) in [
            ("[«1»]", "[1, 2]"),
            ("[\n  «1»,\n]", "[\n  1,\n  2,\n]"),
            ("[\n  «1», # one\n]", "[\n  1, # one\n  2,\n]"),
            ("[\n  «1» # one\n]", "[\n  1, # one\n  2\n]"),
            ("[\r\n  «1» # one\r\n]", "[\r\n  1, # one\n  2\r\n]"),
            ("[0, «1», # both\n]", "[0, 1, # both\n  2,\n]"),
        ] {
            assert_eq!(
                applied_all(with, |span| Edit::item_after(span, "2")),
                expected
            );
        }
    }

    #[test]
    fn a_name_keeps_its_quotes_and_gets_them_where_it_needs_them() {
        for (with, name, expected) in [
            ("[services.«snif»]", "sniff", "[services.sniff]"),
            ("[services.«snif»]", "a.b", "[services.\"a.b\"]"),
            ("«\"snif\"»: {}", "sniff", "\"sniff\": {}"),
            ("in = «'snif'»", "s\"f", "in = \"s\\\"f\""),
            ("name = \"«snif»\"", "a.b", "name = \"a.b\""),
        ] {
            assert_eq!(applied(with, |span| Edit::name(span, name)), expected);
        }
    }
}
