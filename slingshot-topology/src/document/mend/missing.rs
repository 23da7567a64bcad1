//! Where in a text a quote, a brace or a bracket may be missing.

use super::{
    slip::{Change::LeftOut, Slip},
    tokens::{Form, Kind, NEAR, Token, Tokens},
};

/// How many lines are tried that begin further left than what is open.
const MOST_OUTDENTED: usize = 4;

impl Tokens<'_> {
    /// The quotes that strings lack, those before the mistake first.
    pub(super) fn quotes(&self) -> Vec<Slip> {
        let mut places = Vec::new();
        for token in self.near() {
            let start = token.range.start;
            if token.kind == Kind::Word {
                places.push(Slip {
                    change: LeftOut("\""),
                    at: start,
                    range: token.range.clone(),
                    message: "a quote is missing before this".to_owned(),
                    opened: None,
                });
            }
            if token.kind != Kind::Text {
                continue;
            }
            let is_literal = self.text.as_bytes().get(start) == Some(&b'\'');
            let quote = if is_literal { "'" } else { "\"" };
            let inside = self
                .text
                .get(start + 1..token.range.end)
                .unwrap_or_default();
            let parts = char::from(self.form.parts());
            let ends = inside.match_indices([',', parts, ']', '}']);
            let ends = ends.filter_map(|(at, _)| Some(inside.get(..at)?.trim_end().len()));
            let line = inside.trim_end_matches(['"', '\'', ',']).len();
            for at in ends.chain([line]) {
                let at = start + 1 + at;
                places.push(Slip {
                    change: LeftOut(quote),
                    at,
                    range: start..at,
                    message: "this string has no end".to_owned(),
                    opened: None,
                });
            }
        }
        places
    }

    /// The braces and brackets that what follows a colon, a comma or a bracket lacks, the nearest first.
    pub(super) fn openers(&self) -> Vec<Slip> {
        let near = self.near();
        if let [.., before, last] = near
            && let (Kind::Mark(b'}' | b']'), true) = (last.kind, last.kind == before.kind)
        {
            // Rather one too many here than one too few there.
            return Vec::new();
        }
        let begins = |(index, token): (usize, &Token)| {
            let start = token.range.start;
            let Some(before) = index.checked_sub(1).and_then(|it| near.get(it)) else {
                let is_first = start == self.all.first()?.range.start;
                return is_first.then_some(start);
            };
            let is_line = before.line != token.line;
            match before.kind {
                // A value begins on the line of its key.
                Kind::Mark(b'=') if is_line => Some(before.range.end),
                Kind::Mark(b':' | b'=' | b',' | b'[') => Some(start),
                _ => (self.form == Form::Toml && is_line).then_some(start),
            }
        };
        let begins: Vec<_> = near.iter().enumerate().rev().filter_map(begins).collect();
        let opener = |at: usize, missing: &'static str| Slip {
            change: LeftOut(missing),
            at,
            range: at..self.text.ceil_char_boundary(at + 1),
            message: format!("`{missing}` is missing before this"),
            opened: None,
        };
        let of = |&at: &usize| ["{", "["].map(|missing| opener(at, missing));
        begins.iter().flat_map(of).collect()
    }

    /// What parts a key from its value, or two members. In JSON the parser itself knows.
    pub(super) fn separators(&self) -> Vec<Slip> {
        if self.form == Form::Json {
            return Vec::new();
        }
        let pairs = self.near().windows(2).filter_map(|pair| match pair {
            [before, behind] => Some((before, behind)),
            _ => None,
        });
        let ends = |token: &Token| !matches!(token.kind, Kind::Mark(b'{' | b'[' | b',' | b'='));
        let begins = |token: &Token| !matches!(token.kind, Kind::Mark(b'}' | b']' | b',' | b'='));
        let pairs = pairs.filter(|(before, behind)| ends(before) && begins(behind));
        let between = |(before, behind): (&Token, &Token)| {
            let range = behind.range.start..self.text.ceil_char_boundary(behind.range.start + 1);
            let at = before.range.end;
            ["=", ","].map(|missing| Slip {
                change: LeftOut(missing),
                at,
                range: range.clone(),
                message: format!("`{missing}` is missing before this"),
                opened: None,
            })
        };
        pairs.flat_map(between).collect()
    }

    /// The braces and brackets that what is open lacks before a mistake.
    pub(super) fn closers(&self) -> Vec<Slip> {
        let first = self.all.len().saturating_sub(NEAR);
        let near = first..self.all.len();
        near.filter_map(|index| self.closer(index)).collect()
    }

    /// The same where a line begins no further right than the one of what is open.
    pub(super) fn outdented(&self) -> Vec<Slip> {
        let mut places = Vec::new();
        let mut line = None;
        for (index, token) in self.all.iter().enumerate() {
            let is_first = line != Some(token.line);
            line = Some(token.line);
            let is_mark = |token: &Token, marks: &[u8]| match token.kind {
                Kind::Mark(mark) => marks.contains(&mark),
                _ => false,
            };
            let Some(mut before) = index.checked_sub(1) else {
                continue;
            };
            // The last comma of a list is the list's in TOML, and nobody's in JSON.
            if self.form == Form::Json && is_mark(&self.all[before], b",") {
                before = before.saturating_sub(1);
            }
            let open = self.all[before].open.map(|open| self.all[open].line);
            let is_outside = open.is_some_and(|open| {
                open != token.line && self.indent(token.line) <= self.indent(open)
            });
            if is_first && is_outside && !is_mark(token, b"}],") {
                places.extend(self.closer(before));
            }
            if places.len() == MOST_OUTDENTED {
                break;
            }
        }
        places
    }

    /// The closing bracket that is missing behind a token.
    fn closer(&self, index: usize) -> Option<Slip> {
        let token = self.all.get(index)?;
        let open = self.all.get(token.open?)?.range.start;
        let missing = match self.text.as_bytes().get(open) {
            Some(b'{') => "}",
            _ => "]",
        };
        let next = self.all.get(index + 1);
        let (range, message) = match next {
            Some(next) if next.line != token.line => {
                let last = self.text.floor_char_boundary(token.range.end - 1);
                let message = format!("`{missing}` is missing after this");
                (last..token.range.end, message)
            }
            Some(next) => {
                let next = next.range.start;
                let end = self.text.ceil_char_boundary(next + 1);
                let found = self.text.get(next..end).unwrap_or_default();
                let message = format!("`{missing}` is missing before this `{found}`");
                (next..end, message)
            }
            None => {
                let bracket = self.text.get(open..=open).unwrap_or_default();
                (open..open + 1, format!("this `{bracket}` is never closed"))
            }
        };
        Some(Slip {
            change: LeftOut(missing),
            at: token.range.end,
            opened: next.map(|_| open..open + 1),
            range,
            message,
        })
    }
}
