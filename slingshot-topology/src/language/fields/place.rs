//! Where in a TOML text somebody is writing. The text need not be whole, so that no parser is asked.

use std::ops::Range;

use super::words::{is_bare, keys, line_end, text_end, word_end};

/// A place where a key or a value is written, or could be.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) written: Written,
    /// The keys that lead to the table of a key, or to a value. Lists are passed over.
    pub(super) path: Vec<String>,
    /// The bytes of the word that stands there.
    pub(super) range: Range<usize>,
    /// The keys that its table has besides.
    pub(super) taken: Vec<String>,
}

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// A key in a table.
    Key,
    /// The name in `[name]`.
    Table,
    /// The name in `[[name]]`.
    TableOfList,
    /// A value that is no text.
    Bare,
    /// A text between quotes.
    Text,
}

/// No field of ours lies in so many tables and lists.
const MOST_DEEP: usize = 16;

/// A table or a list that has begun and not ended.
#[derive(Clone)]
struct Open {
    is_table: bool,
    /// The keys that lead to it.
    path: Vec<String>,
    taken: Vec<String>,
    /// The key whose value is being written.
    key: Option<Vec<String>>,
    /// Where what is being written began.
    start: usize,
}

impl Open {
    fn table(path: Vec<String>, start: usize) -> Self {
        Self {
            is_table: true,
            path,
            taken: Vec::new(),
            key: None,
            start,
        }
    }

    fn list(start: usize) -> Self {
        Self {
            is_table: false,
            ..Self::table(Vec::new(), start)
        }
    }

    fn awaits_key(&self) -> bool {
        self.is_table && self.key.is_none()
    }

    fn next(&mut self, start: usize) {
        self.key = None;
        self.start = start;
    }
}

/// What a byte is in the middle of.
enum Middle {
    Table,
    Header { start: usize },
    Text { start: usize },
    Comment,
}

impl Place {
    /// The place of a byte, if a key or a value may stand there.
    pub(super) fn of(text: &str, byte: usize) -> Option<Self> {
        text.get(..byte)?;
        let mut scanner = Scanner {
            text,
            at: 0,
            opened: vec![Open::table(Vec::new(), 0)],
        };
        match scanner.run(byte) {
            Middle::Comment => None,
            Middle::Header { start } => header(text, start, byte),
            Middle::Text { start } => {
                let current = scanner.opened.pop()?;
                let before = text.get(current.start..start)?;
                let is_value = current.key.is_some() && before.trim().is_empty();
                let place = current.value(text, start + 1, byte, Written::Text)?;
                is_value.then_some(place)
            }
            Middle::Table => {
                let current = scanner.opened.last()?;
                let written = text.get(current.start..byte)?.trim_start();
                let start = byte - written.len();
                if current.awaits_key() {
                    return scanner.key(start, byte);
                }
                current.clone().value(text, start, byte, Written::Bare)
            }
        }
    }
}

impl Open {
    fn value(self, text: &str, start: usize, byte: usize, written: Written) -> Option<Place> {
        let key = self.key.filter(|_| self.is_table)?;
        text.get(start..byte)?.chars().all(is_bare).then(|| Place {
            written,
            path: [self.path, key].concat(),
            range: start..word_end(text, byte),
            taken: Vec::new(),
        })
    }
}

/// What has begun and not ended, as far as a text is read.
#[derive(Clone)]
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    opened: Vec<Open>,
}

impl Scanner<'_> {
    /// Reads on to a byte.
    fn run(&mut self, until: usize) -> Middle {
        while self.at < until {
            match self.step() {
                (Middle::Table, end) => self.at = end,
                (Middle::Text { start }, end) => {
                    let is_closed = self.text.get(start + 1..end).is_some_and(|text| {
                        text.ends_with(self.text.get(start..=start).unwrap_or_default())
                    });
                    if until < end || (until == end && !is_closed) {
                        return Middle::Text { start };
                    }
                    self.at = end;
                }
                (middle, end) if until <= end => return middle,
                (Middle::Header { start }, end) => {
                    let line = self.text.get(start..end).unwrap_or_default();
                    let name = line.split(']').next().unwrap_or_default();
                    let path = keys(name.trim_start_matches('['));
                    self.opened = vec![Open::table(path, end)];
                    self.at = end;
                }
                (_, end) => self.at = end,
            }
        }
        Middle::Table
    }

    /// What begins at this byte, and where it ends.
    fn step(&mut self) -> (Middle, usize) {
        let (text, at, depth) = (self.text, self.at, self.opened.len());
        let next = (Middle::Table, at + 1);
        let Some(current) = self.opened.last_mut() else {
            return next;
        };
        let start = current.start;
        // Asked for where it matters alone: a text may be nothing but spaces.
        let written = || text.get(start..at).unwrap_or_default().trim();
        match text.as_bytes().get(at) {
            Some(b'#') => return (Middle::Comment, line_end(text, at)),
            Some(b'"' | b'\'') => return (Middle::Text { start: at }, text_end(text, at)),
            Some(b'[') if depth == 1 && current.awaits_key() && written().is_empty() => {
                return (Middle::Header { start: at }, line_end(text, at));
            }
            Some(b'=') if current.awaits_key() => {
                let key = keys(written());
                current.taken.extend(key.first().cloned());
                current.key = Some(key);
                current.start = at + 1;
            }
            // Deeper than any field: only that it is closed matters.
            Some(b'[' | b'{') if depth >= MOST_DEEP => {
                self.opened.push(Open::list(at + 1));
            }
            Some(bracket @ (b'[' | b'{')) => {
                let path = current.path.iter().chain(current.key.iter().flatten());
                let path = path.cloned().collect();
                self.opened.push(Open {
                    is_table: *bracket == b'{',
                    ..Open::table(path, at + 1)
                });
            }
            Some(b']' | b'}') if depth > 1 => {
                self.opened.pop();
            }
            Some(b',') => current.next(at + 1),
            Some(b'\n') if depth == 1 => current.next(at + 1),
            _ => {}
        }
        next
    }

    /// A key of the table that is open.
    fn key(&self, start: usize, byte: usize) -> Option<Place> {
        let written = self.text.get(start..byte)?;
        let current = self.opened.last()?;
        let mut path = current.path.clone();
        let mut key = written;
        let mut taken = self.taken(byte);
        if let Some((outer, last)) = written.rsplit_once('.') {
            path.extend(keys(outer));
            key = last;
            taken.clear();
        }
        key.chars().all(is_bare).then(|| Place {
            written: Written::Key,
            path,
            range: byte - key.len()..word_end(self.text, byte),
            taken,
        })
    }

    /// The keys of the table that is open, before a byte and behind it, without the one that stands there.
    fn taken(&self, byte: usize) -> Vec<String> {
        let depth = self.opened.len();
        let known = self.opened.last().map_or(0, |open| open.taken.len());
        let mut ahead = self.clone();
        ahead.at = word_end(self.text, byte);
        let own = self.opened.last().map_or(0, |open| open.start);
        let own = keys(self.text.get(own..ahead.at).unwrap_or_default());
        while let Some(next) = self.text.as_bytes().get(ahead.at) {
            let is_own = ahead.opened.len() == depth;
            // A table within a line ends with it, closed or not.
            if is_own && depth > 1 && matches!(next, b']' | b'}' | b'\n') {
                break;
            }
            let (middle, end) = ahead.step();
            if let Middle::Header { .. } = middle {
                break;
            }
            ahead.at = end;
        }
        let all = ahead.opened.get(depth - 1).map(|open| open.taken.iter());
        let all = all.into_iter().flatten().enumerate();
        all.filter(|(index, key)| *index < known || own.first() != Some(key))
            .map(|(_, key)| key.clone())
            .collect()
    }
}

/// The name of a table that is being written.
fn header(text: &str, start: usize, byte: usize) -> Option<Place> {
    let line = text.get(start..byte)?;
    let name = line.trim_start_matches('[');
    let (outer, last) = name.rsplit_once('.').unwrap_or(("", name));
    let last = last.trim_start();
    let written = if line.starts_with("[[") {
        Written::TableOfList
    } else {
        Written::Table
    };
    let path = keys(outer);
    last.chars().all(is_bare).then(|| Place {
        written,
        taken: tables(text, start, &path),
        path,
        range: byte - last.len()..word_end(text, byte),
    })
}

/// The tables below a path that have a header already, besides the one that stands there.
fn tables(text: &str, own: usize, path: &[String]) -> Vec<String> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let header = line.trim_start();
        let start = at + line.len() - header.len();
        at += line.len();
        let name = header.strip_prefix('[').filter(|it| !it.starts_with('['));
        let name = name
            .filter(|_| start != own)
            .and_then(|it| it.split_once(']'));
        let mut name = name.map(|(name, _)| keys(name)).unwrap_or_default();
        let last = name.pop().filter(|_| name == path);
        found.extend(last);
    }
    found
}
