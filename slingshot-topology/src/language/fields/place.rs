//! Where in a TOML text a key is being written. The text need not be whole, so that no parser is asked.

use std::ops::Range;

/// A place where a key is written, or could be.
#[derive(Debug)]
pub(super) struct Place {
    /// The keys that lead to its table. Lists are passed over.
    pub(super) path: Vec<String>,
    /// The bytes of the key as far as it is written.
    pub(super) range: Range<usize>,
    /// The keys that stand before it in its table.
    pub(super) taken: Vec<String>,
}

/// A table or a list that has begun and not ended.
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

    fn awaits_key(&self) -> bool {
        self.is_table && self.key.is_none()
    }

    fn next(&mut self, start: usize) {
        self.key = None;
        self.start = start;
    }
}

impl Place {
    /// The place of a byte, if a key may stand there.
    pub(super) fn of(text: &str, byte: usize) -> Option<Self> {
        let before = text.get(..byte)?;
        let mut opened = vec![Open::table(Vec::new(), 0)];
        let mut rest = before.char_indices();
        while let Some((at, character)) = rest.next() {
            let depth = opened.len();
            let current = opened.last_mut()?;
            let written = before.get(current.start..at).unwrap_or_default().trim();
            match character {
                '#' => skip_line(&mut rest, before, at)?,
                '"' | '\'' => skip_text(&mut rest, before, at)?,
                '[' if depth == 1 && current.awaits_key() && written.is_empty() => {
                    let line = before.get(at..)?;
                    let Some(end) = line.find('\n') else {
                        return header(line, byte);
                    };
                    let path = keys(line.get(..end)?.split(']').next()?.trim_start_matches('['));
                    opened = vec![Open::table(path, at + end)];
                    skip_line(&mut rest, before, at)?;
                }
                '=' if current.awaits_key() => {
                    let key = keys(written);
                    current.taken.extend(key.first().cloned());
                    current.key = Some(key);
                }
                '[' | '{' => {
                    let path = current.path.iter().chain(current.key.iter().flatten());
                    let path = path.cloned().collect();
                    opened.push(Open {
                        is_table: character == '{',
                        ..Open::table(path, at + 1)
                    });
                }
                ']' | '}' if depth > 1 => {
                    opened.pop();
                }
                ',' => current.next(at + 1),
                '\n' if depth == 1 => current.next(at + 1),
                _ => {}
            }
        }
        let current = opened.pop().filter(Open::awaits_key)?;
        let written = before.get(current.start..)?.trim_start();
        let mut path = current.path;
        let mut key = written;
        if let Some((outer, last)) = written.rsplit_once('.') {
            path.extend(keys(outer));
            key = last;
        }
        let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        key.chars().all(is_bare).then(|| Self {
            path,
            range: byte - key.len()..byte,
            taken: current.taken,
        })
    }
}

/// The name of a table that is being written.
fn header(line: &str, byte: usize) -> Option<Place> {
    let name = line.trim_start_matches('[');
    if name.contains(']') {
        return None;
    }
    let (outer, last) = name.rsplit_once('.').unwrap_or(("", name));
    Some(Place {
        path: keys(outer),
        range: byte - last.len()..byte,
        taken: Vec::new(),
    })
}

fn keys(dotted: &str) -> Vec<String> {
    let keys = dotted
        .split('.')
        .map(|key| key.trim().trim_matches(['"', '\'']));
    let keys = keys.filter(|key| !key.is_empty());
    keys.map(str::to_owned).collect()
}

/// Goes on behind a comment or a header, where the line's end is still to be seen.
fn skip_line(rest: &mut std::str::CharIndices<'_>, text: &str, from: usize) -> Option<()> {
    let length = text.get(from..)?.find('\n')?;
    while rest.offset() < from + length {
        rest.next();
    }
    Some(())
}

/// Goes on behind a string. `None` within one.
fn skip_text(rest: &mut std::str::CharIndices<'_>, text: &str, from: usize) -> Option<()> {
    let whole = text.get(from..)?;
    let quote = whole.get(..1)?;
    let triple = quote.repeat(3);
    let delimiter = if whole.starts_with(&triple) {
        &*triple
    } else {
        quote
    };
    let mut at = from + delimiter.len();
    loop {
        let end = at + text.get(at..)?.find(delimiter)?;
        // One that is not closed on its line ends with it.
        let line = text
            .get(at..end)?
            .find('\n')
            .filter(|_| delimiter.len() == 1);
        let is_escaped = quote == "\"" && text.get(at..end)?.ends_with('\\');
        let behind = line.map_or(end + delimiter.len(), |line| at + line);
        if line.is_some() || !is_escaped {
            while rest.offset() < behind {
                rest.next();
            }
            return Some(());
        }
        at = behind;
    }
}
