//! A text that lacks a quote, a brace, a bracket or what parts two members, or has one of them too many: where, and
//! what the text says without that mistake.
//!
//! A parser goes on past a mistake, but what is open then is a guess, and a wrong guess is a mistake at each bracket
//! to come. Where a single character put in or taken out leaves nothing to find fault with, that is the mistake.

mod extra;
mod missing;
mod slip;
#[cfg(test)]
mod tests;
mod tokens;

use std::{borrow::Cow, ops::Range};

use self::tokens::Tokens;
pub(super) use self::{slip::Slip, tokens::Form};
use super::{Entry, Mistake, Node, Parsed, SyntaxError, Value};

/// How many bytes are parsed in search of the character, for each byte of the text.
const EFFORT: usize = 4;
/// The same, whatever the text's length: a short one is searched through.
const LEAST_EFFORT: usize = 256 * 1024;

/// What stands so close to the end of a part of a text may be a mistake only there: a word that was cut.
const CUT: usize = 16;

/// What the search for a character comes to.
pub(super) enum Search {
    Nothing,
    Found(Slip),
    /// Several places would do: what lies between them may be inside or outside of what is not closed.
    Many,
}

/// Looks for the one character that a text lacks or has too many, by where it does not go on as it must for the
/// first time. What `mistake` finds in a text is where that is.
pub(super) fn search(
    text: &str,
    first: usize,
    form: Form,
    mistake: impl Fn(&str) -> Option<usize>,
) -> Search {
    let tokens = Tokens::of(text, first, form);
    let mut trial = Trial {
        tokens: &tokens,
        effort: EFFORT * text.len() + LEAST_EFFORT,
        mistake,
    };
    let sure = [
        Tokens::doubled,
        Tokens::outdented,
        Tokens::quotes,
        Tokens::openers,
        Tokens::separators,
    ];
    for slips in sure {
        if let Some(found) = trial.first(slips(&tokens)) {
            return Search::Found(found);
        }
    }
    for slips in [Tokens::closers, Tokens::extras] {
        let mut slips = slips(&tokens).into_iter();
        match slips.find(|slip| trial.heals(slip)) {
            Some(_) if form == Form::Json && slips.any(|slip| trial.heals(&slip)) => {
                return Search::Many;
            }
            Some(found) => return Search::Found(found),
            None => {}
        }
    }
    Search::Nothing
}

/// Texts without a slip, held against the grammar until that has taken enough.
struct Trial<'t, M> {
    tokens: &'t Tokens<'t>,
    /// How many bytes may be parsed yet.
    effort: usize,
    mistake: M,
}

impl<M: Fn(&str) -> Option<usize>> Trial<'_, M> {
    fn first(&mut self, slips: Vec<Slip>) -> Option<Slip> {
        slips.into_iter().find(|slip| self.heals(slip))
    }

    /// Whether a text is sound without a slip. Of a long text, what stands around it is read first.
    fn heals(&mut self, slip: &Slip) -> bool {
        let tokens = self.tokens;
        let is_possible = tokens.around(slip).is_none_or(|around| {
            let mistake = self.mistake(&around.text);
            let end = around.text.len();
            mistake.is_none_or(|at| !around.is_whole && at + CUT >= end)
        });
        is_possible
            && slip
                .mended(tokens.text)
                .is_some_and(|text| self.mistake(&text).is_none())
    }

    /// Where a text does not go on as it must, or is not read on.
    fn mistake(&mut self, text: &str) -> Option<usize> {
        if self.effort == 0 {
            return Some(0);
        }
        let mistake = (self.mistake)(text);
        let read = match self.tokens.form {
            Form::Json => mistake.unwrap_or(text.len()),
            // That parser reads on.
            Form::Toml => text.len(),
        };
        self.effort = self.effort.saturating_sub(read + 1);
        mistake
    }
}

/// What a text says without a slip, in the places of the text as it is written.
pub(super) fn as_written<'t>(parsed: Parsed<'_>, slip: &Slip) -> Parsed<'t> {
    owned(parsed, &|range| slip.written(range))
}

/// Adds the mistake itself. What stands around it is not held against anybody.
pub(super) fn tell(parsed: &mut Parsed<'_>, slip: &Slip) {
    let mut around_it = Vec::new();
    around(&parsed.root, slip.at, &mut around_it);
    parsed.damaged.append(&mut around_it);
    parsed.errors.push(slip.error());
    parsed.errors.sort_by_key(|error| error.range.start);
}

/// The same with every place as `place` has it, apart from the text that was parsed.
pub(super) fn owned<'t>(
    parsed: Parsed<'_>,
    place: &impl Fn(Range<usize>) -> Range<usize>,
) -> Parsed<'t> {
    let errors = parsed.errors.into_iter();
    Parsed {
        root: owned_node(parsed.root, place),
        errors: errors.map(|error| moved(error, place)).collect(),
        damaged: parsed.damaged.into_iter().map(place).collect(),
    }
}

fn moved(error: SyntaxError, place: &impl Fn(Range<usize>) -> Range<usize>) -> SyntaxError {
    SyntaxError {
        range: place(error.range),
        message: error.message,
        mistake: match error.mistake {
            Mistake::Grammar { opened } => Mistake::Grammar {
                opened: opened.map(place),
            },
            Mistake::DuplicateKey { first } => Mistake::DuplicateKey {
                first: first.map(place),
            },
        },
    }
}

fn owned_node<'t>(node: Node<'_>, place: &impl Fn(Range<usize>) -> Range<usize>) -> Node<'t> {
    let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    let value = match node.value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Integer(value) => Value::Integer(value),
        Value::Float(value) => Value::Float(text(value)),
        Value::Text(value) => Value::Text(text(value)),
        Value::Date(value) => Value::Date(text(value)),
        Value::List(items) => {
            let items = items.into_iter();
            Value::List(items.map(|item| owned_node(item, place)).collect())
        }
        Value::Table(entries) => {
            let entry = |entry: Entry<'_>| Entry {
                key: text(entry.key),
                key_range: place(entry.key_range),
                node: owned_node(entry.node, place),
            };
            Value::Table(entries.into_iter().map(entry).collect())
        }
    };
    Node {
        range: place(node.range),
        value,
    }
}

/// The innermost value that has the place in it, those that begin or end there, and the keys that lead there: what they
/// are is read, and not held against anybody. Whether there is one; a table of TOML has its places apart from its own.
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
    let is_edge = at == node.range.start || at == node.range.end;
    let is_here = has(&node.range) && (!is_below || is_edge);
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
