//! JSON to nodes, past every mistake. Strict: no comments, no trailing commas, because services read it
//! strictly too.
//!
//! A mistake is told once, and what follows from it is not: the parser goes on at the next place where the
//! text makes sense again, and names what it had to guess. It reads each byte a bounded number of times.

mod entry;
mod mistakes;
mod number;
mod repeats;
#[cfg(test)]
mod tests;
mod text;

use std::{mem, ops::Range};

use super::{Entry, Node, Parsed, SyntaxError, Value, mend};

/// Deeper than any map; a text of nothing but brackets does not exhaust the stack.
const DEEPEST: usize = 128;

/// Reads a text, as far as it can be understood, with everything that is wrong with it.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    let mut parser = Parser::new(text);
    let parsed = parser.parsed();
    match parser.first {
        Some(first) => mended(text, parsed, first),
        None => parsed,
    }
}

/// What a text says without the one character that it lacks or has too many; what was understood if that is not so.
fn mended<'t>(text: &'t str, mut broken: Parsed<'t>, first: usize) -> Parsed<'t> {
    match mend::search(text, first, mend::Form::Json, first_mistake) {
        mend::Search::Nothing => return broken,
        mend::Search::Many => mend::everything(&broken.root, &mut broken.damaged),
        mend::Search::Found(slip) => {
            let mended = slip.mended(text).unwrap_or_default();
            let mut parsed = mend::as_written(Parser::new(&mended).parsed(), &slip);
            mend::tell(&mut parsed, &slip);
            if parsed.errors.len() <= broken.errors.len() {
                return parsed;
            }
        }
    }
    broken
}

/// Where a text does not go on as it must for the first time.
fn first_mistake(text: &str) -> Option<usize> {
    let mut parser = Parser::new(text);
    parser.stops = true;
    parser.root();
    parser.first
}

struct Parser<'t> {
    text: &'t str,
    /// The next byte.
    at: usize,
    /// How many `{` are open.
    braces: usize,
    /// How many `[` are open.
    brackets: usize,
    /// The items of the lists that are open, the innermost last: a list gets its own when it ends, all at
    /// once.
    nodes: Vec<Node<'t>>,
    /// The same of objects.
    entries: Vec<Entry<'t>>,
    errors: Vec<SyntaxError>,
    damaged: Vec<Range<usize>>,
    /// How often the text did not go on as it must, reported or not.
    mistakes: usize,
    /// Nothing has made sense since the last mistake: what comes now follows from it.
    is_quiet: bool,
    /// The end of the text was reported as too early, or is not to be.
    has_ended: bool,
    /// Where the text did not go on as it must for the first time.
    first: Option<usize>,
    /// The rest is not read then.
    stops: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            braces: 0,
            brackets: 0,
            nodes: Vec::new(),
            entries: Vec::new(),
            errors: Vec::new(),
            damaged: Vec::new(),
            mistakes: 0,
            is_quiet: false,
            has_ended: false,
            first: None,
            stops: false,
        }
    }

    fn parsed(&mut self) -> Parsed<'t> {
        let root = self.root();
        Parsed {
            root,
            errors: mem::take(&mut self.errors),
            damaged: mem::take(&mut self.damaged),
        }
    }

    fn root(&mut self) -> Node<'t> {
        self.byte_order_mark();
        self.space();
        let start = self.at;
        if self.peek().is_none() {
            self.mistake(start..start, "the file is empty");
        }
        let value = self.value();
        let mut root = Node {
            range: start..self.at,
            value,
        };
        self.space();
        if self.peek().is_some() {
            let first = self.at..self.text.ceil_char_boundary(self.at + 1);
            self.mistake(first, "the file goes on after its end");
            if let Value::Table(entries) = &mut root.value {
                self.beyond_the_end(entries);
            }
        }
        if self.mistakes > 0 {
            self.damaged.push(root.range.clone());
        }
        root
    }

    /// One brace too many has ended the file early: what follows belongs to it all the same.
    fn beyond_the_end(&mut self, entries: &mut Vec<Entry<'t>>) {
        self.has_ended = true;
        while self.peek().is_some() {
            if self.peek() == Some(b',') {
                self.is_quiet = false;
                self.at += 1;
            }
            self.members(self.at, b'}', |parser| entries.extend(parser.entry()));
        }
        self.report_repeats(entries);
    }

    fn value(&mut self) -> Value<'t> {
        match self.peek() {
            Some(b'"') => self.string().map_or(Value::Null, Value::Text),
            Some(b'{') if self.may_open() => self.object(),
            Some(b'[') if self.may_open() => self.list(),
            Some(b'{' | b'[') => self.too_deep(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') if self.take_word("true") => Value::Bool(true),
            Some(b'f') if self.take_word("false") => Value::Bool(false),
            Some(b'n') if self.take_word("null") => Value::Null,
            _ => self.no_value(),
        }
    }

    fn may_open(&self) -> bool {
        self.braces + self.brackets < DEEPEST
    }

    fn node(&mut self) -> Node<'t> {
        let (start, mistakes) = (self.at, self.mistakes);
        let value = self.value();
        let range = start..self.at;
        if self.mistakes > mistakes {
            self.damaged.push(range.clone());
        }
        Node { range, value }
    }

    fn list(&mut self) -> Value<'t> {
        let first = self.nodes.len();
        let opened = self.open();
        self.brackets += 1;
        self.members(opened, b']', |parser| {
            let node = parser.node();
            parser.nodes.push(node);
        });
        self.brackets -= 1;
        Value::List(self.nodes.split_off(first))
    }

    fn object(&mut self) -> Value<'t> {
        let first = self.entries.len();
        let opened = self.open();
        self.braces += 1;
        self.members(opened, b'}', |parser| {
            let entry = parser.entry();
            parser.entries.extend(entry);
        });
        self.braces -= 1;
        let mut entries = self.entries.split_off(first);
        self.report_repeats(&mut entries);
        Value::Table(entries)
    }

    fn open(&mut self) -> usize {
        self.is_quiet = false;
        self.at += 1;
        self.at - 1
    }

    /// What stands between a bracket and the one that closes it.
    fn members(&mut self, opened: usize, close: u8, mut member: impl FnMut(&mut Self)) {
        // The comma that nothing has followed yet.
        let mut comma = None;
        loop {
            self.space();
            match self.peek() {
                Some(byte) if byte == close => {
                    self.is_quiet = false;
                    self.at += 1;
                    if let Some(comma) = comma {
                        self.aside(comma, "JSON has no comma after the last one");
                    }
                    return;
                }
                Some(byte @ (b'}' | b']')) if self.is_open(byte) => {
                    return self.unclosed_before(opened, close, byte);
                }
                Some(b'}' | b']') => self.skip("nothing is open that this could close"),
                Some(b',') => self.skip("a comma too many"),
                None => return self.unclosed(opened),
                Some(_) => {
                    let before = self.at;
                    member(self);
                    comma = self.separator();
                    if self.at == before {
                        self.skip("this makes no sense here");
                    }
                }
            }
        }
    }

    /// What must stand between two members: a comma. The brackets are not looked at here.
    fn separator(&mut self) -> Option<Range<usize>> {
        let end = self.at;
        self.space();
        match self.peek() {
            None | Some(b'}' | b']') => return None,
            Some(b',') => {}
            Some(byte) if starts_member(byte) => {
                let is_bare = byte.is_ascii_alphanumeric();
                let touches_quote = self.text.as_bytes().get(self.at - 1) == Some(&b'"');
                let message = if is_bare && touches_quote {
                    "a quote is missing before this one, or a comma after it"
                } else {
                    "a comma is missing"
                };
                self.mistake(end..end, message);
                return None;
            }
            Some(_) => {
                let first = self.at..self.text.ceil_char_boundary(self.at + 1);
                self.mistake(first, "a comma must come here, or the end");
                self.recover();
                if self.peek() != Some(b',') {
                    return None;
                }
            }
        }
        self.is_quiet = false;
        self.at += 1;
        Some(self.at - 1..self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }
}

fn starts_member(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'{' | b'[' | b'-' | b'_') || byte.is_ascii_alphanumeric()
}
