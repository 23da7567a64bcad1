//! A text that lacks a quote, a brace, a bracket or what parts two members: where it stood, and what the text says
//! with it.
//!
//! A parser goes on past a mistake, but what is open then is a guess, and a wrong guess is a mistake at each bracket
//! to come. Where a single character in its place leaves nothing to find fault with, that is what is missing.

mod places;
mod tokens;

use std::{borrow::Cow, ops::Range};

use self::tokens::Tokens;
pub(super) use self::{places::Place, tokens::Form};
use super::{Entry, Mistake, Node, Parsed, SyntaxError, Value};

/// How many bytes are parsed in search of the character, for each byte of the text.
const EFFORT: usize = 4;
/// The same, whatever the text's length: a short one is searched through.
const LEAST_EFFORT: usize = 256 * 1024;

/// What the search for a character comes to.
pub(super) enum Search {
    Nothing,
    Found(Place),
    /// Several places would do: what lies between them may be inside or outside of what is not closed.
    Many,
}

/// Looks for the one character that a text lacks, by where it does not go on as it must for the first time.
pub(super) fn search(
    text: &str,
    first: usize,
    form: Form,
    is_sound: impl Fn(&str) -> bool,
) -> Search {
    let tokens = Tokens::of(text, first, form);
    let mut effort = EFFORT * text.len() + LEAST_EFFORT;
    let mut heals = |place: &Place| {
        let left = effort.checked_sub(text.len() + 1);
        effort = left.unwrap_or(0);
        left.is_some() && place.fill(text).is_some_and(|text| is_sound(&text))
    };
    let sure = tokens.outdented().into_iter().chain(tokens.quotes());
    let sure = sure.chain(tokens.openers());
    let mut sure = sure.chain(tokens.separators());
    if let Some(found) = sure.find(&mut heals) {
        return Search::Found(found);
    }
    let mut closers = tokens.closers().into_iter();
    match closers.find(&mut heals) {
        Some(_) if form == Form::Json && closers.any(|place| heals(&place)) => Search::Many,
        Some(found) => Search::Found(found),
        None => Search::Nothing,
    }
}

/// What a text says with a character more, in the places of the text without it.
pub(super) fn without<'t>(parsed: Parsed<'_>, at: usize) -> Parsed<'t> {
    let shift = |range: Range<usize>| place(range, at);
    let errors = parsed.errors.into_iter();
    Parsed {
        root: owned(parsed.root, at),
        errors: errors.map(|error| shifted(error, at)).collect(),
        damaged: parsed.damaged.into_iter().map(shift).collect(),
    }
}

/// Adds the mistake itself. What stands around it is not held against anybody.
pub(super) fn tell(parsed: &mut Parsed<'_>, place: &Place) {
    let mut around_it = Vec::new();
    around(&parsed.root, place.at, &mut around_it);
    parsed.damaged.append(&mut around_it);
    parsed.errors.push(place.error());
    parsed.errors.sort_by_key(|error| error.range.start);
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

/// The innermost value that has the place in it, and the keys that lead there: what they are is read, and not held
/// against anybody. Whether there is one; a table of TOML has its places apart from its own.
fn around(node: &Node<'_>, at: usize, damaged: &mut Vec<Range<usize>>) -> bool {
    let has = |range: &Range<usize>| range.start <= at && at <= range.end;
    let is_below = match &node.value {
        Value::List(items) => items.iter().any(|item| around(item, at, damaged)),
        Value::Table(entries) => entries.iter().any(|entry| {
            let is_there = around(&entry.node, at, damaged);
            let is_here = is_there || has(&entry.key_range);
            if is_here && !is_there {
                damaged.push(entry.node.range.clone());
            }
            if is_here {
                damaged.push(entry.key_range.clone());
            }
            is_here
        }),
        _ => false,
    };
    let is_here = !is_below && has(&node.range);
    if is_here {
        damaged.push(node.range.clone());
    }
    is_below || is_here
}

/// Everything that was understood is uncertain.
pub(super) fn everything(node: &Node<'_>, damaged: &mut Vec<Range<usize>>) {
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
