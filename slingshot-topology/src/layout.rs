//! JSON as people write it: two spaces a level, and on one line what fits on one.

/// The longest line of what could be on several.
const WIDTH: usize = 100;

/// A value to be written. Tables keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// A number, a word or a string, as it is written.
    Scalar(String),
    List(Vec<Self>),
    /// With a line for each item even if all would fit on one.
    Lines(Vec<Self>),
    Table(Vec<(String, Self)>),
    /// With a line for each entry even if all would fit on one.
    Block(Vec<(String, Self)>),
}

impl Json {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::Scalar(quoted(text.as_ref()))
    }

    /// A number or a boolean.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers are given as they are"
    )]
    pub(crate) fn word(word: impl ToString) -> Self {
        Self::Scalar(word.to_string())
    }

    pub(crate) fn table<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Table(named(entries))
    }

    pub(crate) fn block<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Block(named(entries))
    }

    pub(crate) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// The text, with a line break at its end.
    pub(crate) fn written(&self) -> String {
        let mut out = String::new();
        self.write(0, 0, &mut out);
        out.push('\n');
        out
    }

    /// Behind `column` characters of the line. One more must fit behind it: a comma.
    fn write(&self, indent: usize, column: usize, out: &mut String) {
        if self.flat(WIDTH.saturating_sub(column + 1)).is_some() {
            self.write_flat(out);
            return;
        }
        let inner = indent + 2;
        let (open, close) = self.brackets();
        out.push(open);
        let lines = self.len();
        for index in 0..lines {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', inner));
            let mut column = inner;
            if let Some(key) = self.key(index) {
                let key = quoted(key) + ": ";
                column += key.chars().count();
                out.push_str(&key);
            }
            if let Some(value) = self.value(index) {
                value.write(inner, column, out);
            }
            if index + 1 < lines {
                out.push(',');
            }
        }
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        out.push(close);
    }

    /// How many characters it takes on one line, if it may be on one and there are so many.
    fn flat(&self, room: usize) -> Option<usize> {
        let mut taken = match self {
            Self::Scalar(text) => return Some(text.chars().count()),
            Self::Lines(items) if !items.is_empty() => return None,
            Self::Block(entries) if !entries.is_empty() => return None,
            Self::Table(entries) if !entries.is_empty() => 4,
            _ => 2,
        };
        for index in 0..self.len() {
            taken += if index > 0 { 2 } else { 0 };
            taken += self
                .key(index)
                .map_or(0, |key| quoted(key).chars().count() + 2);
            taken += self.value(index)?.flat(room.checked_sub(taken)?)?;
        }
        (taken <= room).then_some(taken)
    }

    fn write_flat(&self, out: &mut String) {
        if let Self::Scalar(text) = self {
            out.push_str(text);
            return;
        }
        let (open, close) = self.brackets();
        let space = if open == '{' && self.len() > 0 {
            " "
        } else {
            ""
        };
        out.push(open);
        out.push_str(space);
        for index in 0..self.len() {
            out.push_str(if index > 0 { ", " } else { "" });
            if let Some(key) = self.key(index) {
                out.push_str(&quoted(key));
                out.push_str(": ");
            }
            if let Some(value) = self.value(index) {
                value.write_flat(out);
            }
        }
        out.push_str(space);
        out.push(close);
    }

    fn brackets(&self) -> (char, char) {
        match self {
            Self::Table(_) | Self::Block(_) => ('{', '}'),
            _ => ('[', ']'),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Scalar(_) => 0,
            Self::List(items) | Self::Lines(items) => items.len(),
            Self::Table(entries) | Self::Block(entries) => entries.len(),
        }
    }

    fn key(&self, index: usize) -> Option<&str> {
        match self {
            Self::Table(entries) | Self::Block(entries) => Some(&entries.get(index)?.0),
            _ => None,
        }
    }

    fn value(&self, index: usize) -> Option<&Self> {
        match self {
            Self::Scalar(_) => None,
            Self::List(items) | Self::Lines(items) => items.get(index),
            Self::Table(entries) | Self::Block(entries) => Some(&entries.get(index)?.1),
        }
    }
}

fn named<'k>(entries: impl IntoIterator<Item = (&'k str, Json)>) -> Vec<(String, Json)> {
    let entries = entries.into_iter();
    entries
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_on_one_line_and_what_is_to_be_is_on_its_own() {
        let json = Json::table([
            ("short", Json::texts(["a", "b"])),
            ("empty", Json::Block(Vec::new())),
            ("block", Json::block([("a", Json::word(1))])),
            ("long", Json::texts(std::iter::repeat_n("0123456789", 9))),
            (
                "lines",
                Json::Lines(vec![Json::table([("é", Json::text("\"\n"))])]),
            ),
        ]);
        insta::assert_snapshot!(json.written());
    }
}
