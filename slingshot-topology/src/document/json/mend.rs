//! A text that lacks one quote, brace or bracket: where it stood, and what the text says with it.
//!
//! The parser goes on past a mistake, but what is open then is a guess, and a wrong guess is a mistake at each bracket
//! to come. Where a single character in its place leaves nothing to find fault with, that is what is missing.

mod places;

use std::{borrow::Cow, ops::Range};

use self::places::{Place, Tokens};
use super::{Parser, first_mistake};
use crate::document::{Entry, Mistake, Node, Parsed, SyntaxError, Value};

/// How many bytes are parsed in search of the character, for each byte of the text.
const EFFORT: usize = 4;
/// The same, whatever the text's length: a short one is searched through.
const LEAST_EFFORT: usize = 256 * 1024;

/// A text with a character in its place.
struct Mended {
    place: Place,
    text: String,
}

/// What a text says with the one character that it lacks; what was understood if that is not so.
pub(super) fn mend<'t>(text: &'t str, mut broken: Parsed<'t>, first: usize) -> Parsed<'t> {
    match search(text, first) {
        Search::Found(found) => found.read(&broken).unwrap_or(broken),
        Search::Many => {
            everything(&broken.root, &mut broken.damaged);
            broken
        }
        Search::Nothing => broken,
    }
}

/// What the search for a character comes to.
enum Search {
    Nothing,
    Found(Mended),
    /// Several places would do: what lies between them may be inside or outside of what is not closed.
    Many,
}

fn search(text: &str, first: usize) -> Search {
    let tokens = Tokens::of(text, first);
    let mut effort = EFFORT * text.len() + LEAST_EFFORT;
    let mut heals = |place: Place| {
        effort = effort.checked_sub(text.len() + 1)?;
        let (before, behind) = text.split_at_checked(place.at)?;
        let text = [before, place.missing, behind].concat();
        let is_sound = first_mistake(&text).is_none();
        is_sound.then_some(Mended { place, text })
    };
    let sure = tokens.outdented().into_iter().chain(tokens.quotes());
    let mut sure = sure.chain(tokens.openers());
    if let Some(found) = sure.find_map(&mut heals) {
        return Search::Found(found);
    }
    let mut closers = tokens.closers().into_iter();
    match closers.find_map(&mut heals) {
        Some(_) if closers.find_map(heals).is_some() => Search::Many,
        Some(found) => Search::Found(found),
        None => Search::Nothing,
    }
}

impl Mended {
    /// What it says, with its places in the text as it is; none if there is no less to find fault with.
    fn read<'t>(self, broken: &Parsed<'_>) -> Option<Parsed<'t>> {
        let parsed = Parser::new(&self.text).parsed();
        let at = self.place.at;
        let mut errors = vec![self.place.error()];
        errors.extend(parsed.errors.into_iter().map(|error| shifted(error, at)));
        errors.sort_by_key(|error| error.range.start);
        let root = owned(parsed.root, at);
        let mut damaged = Vec::new();
        around(&root, at, &mut damaged);
        (errors.len() <= broken.errors.len()).then_some(Parsed {
            root,
            errors,
            damaged,
        })
    }
}

/// The place in the text that something has in the text with a character more.
fn place(range: Range<usize>, at: usize) -> Range<usize> {
    let place = |byte: usize| byte - usize::from(byte > at);
    place(range.start)..place(range.end)
}

fn shifted(error: SyntaxError, at: usize) -> SyntaxError {
    SyntaxError {
        range: place(error.range, at),
        message: error.message,
        mistake: match error.mistake {
            Mistake::Grammar { opened } => Mistake::Grammar {
                opened: opened.map(|range| place(range, at)),
            },
            Mistake::DuplicateKey { first } => Mistake::DuplicateKey {
                first: first.map(|range| place(range, at)),
            },
        },
    }
}

fn owned<'t>(node: Node<'_>, at: usize) -> Node<'t> {
    let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    let value = match node.value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Integer(value) => Value::Integer(value),
        Value::Float(value) => Value::Float(text(value)),
        Value::Text(value) => Value::Text(text(value)),
        Value::Date(value) => Value::Date(text(value)),
        Value::List(items) => Value::List(items.into_iter().map(|item| owned(item, at)).collect()),
        Value::Table(entries) => {
            let entry = |entry: Entry<'_>| Entry {
                key: text(entry.key),
                key_range: place(entry.key_range, at),
                node: owned(entry.node, at),
            };
            Value::Table(entries.into_iter().map(entry).collect())
        }
    };
    Node {
        range: place(node.range, at),
        value,
    }
}

/// The innermost key and value that have the place in them: what they are is read, and not held against anybody.
fn around(node: &Node<'_>, at: usize, damaged: &mut Vec<Range<usize>>) {
    let has = |range: &Range<usize>| range.start <= at && at <= range.end;
    damaged.clear();
    damaged.push(node.range.clone());
    match &node.value {
        Value::List(items) => {
            if let Some(item) = items.iter().find(|item| has(&item.range)) {
                around(item, at, damaged);
            }
        }
        Value::Table(entries) => {
            let mut entries = entries.iter();
            if let Some(entry) = entries.find(|it| has(&it.key_range) || has(&it.node.range)) {
                around(&entry.node, at, damaged);
                damaged.push(entry.key_range.clone());
            }
        }
        _ => {}
    }
}

fn everything(node: &Node<'_>, damaged: &mut Vec<Range<usize>>) {
    damaged.push(node.range.clone());
    match &node.value {
        Value::List(items) => {
            for item in items {
                everything(item, damaged);
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                damaged.push(entry.key_range.clone());
                everything(&entry.node, damaged);
            }
        }
        _ => {}
    }
}
