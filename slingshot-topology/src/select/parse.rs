//! From the text of an expression to its terms.

use std::ops::Range;

use super::{Mistake, SelectError};

/// Services that fit every one of its parts.
pub(super) struct Term<'e>(pub(super) Vec<Part<'e>>);

/// `2+tag:ingest+1`.
#[derive(Debug)]
pub(super) struct Part<'e> {
    /// The word before the colon.
    pub(super) method: Option<&'e str>,
    /// The name or pattern.
    pub(super) value: &'e str,
    /// The bytes of the method and of the value.
    pub(super) method_at: Range<usize>,
    pub(super) value_at: Range<usize>,
    pub(super) reach: Reach,
}

/// What is meant besides the named services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// So many steps up and down; `None` is all there are.
    Around {
        up: Option<usize>,
        down: Option<usize>,
    },
    /// `@x`.
    Whole,
}

/// Reads an expression.
///
/// # Errors
///
/// If something stands alone that needs something beside it.
pub(super) fn parse(expression: &str) -> Result<Vec<Term<'_>>, SelectError> {
    let mut terms = Vec::new();
    for (start, term) in words(expression) {
        let mut parts = Vec::new();
        let mut at = start;
        for text in term.split(',') {
            parts.push(part(expression, at..at + text.len())?);
            at += text.len() + 1;
        }
        terms.push(Term(parts));
    }
    if terms.is_empty() {
        return Err(malformed(
            expression,
            0..expression.len(),
            "nothing is selected here",
        ));
    }
    Ok(terms)
}

/// What stands between spaces, with its first byte.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(char::is_whitespace).filter_map(move |word| {
        let start = at;
        let space = text
            .get(start + word.len()..)
            .and_then(|rest| rest.chars().next());
        at = start + word.len() + space.map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

fn part(expression: &str, range: Range<usize>) -> Result<Part<'_>, SelectError> {
    let text = expression.get(range.clone()).unwrap_or_default();
    if text.is_empty() {
        // The comma itself, on whichever side it is.
        let before = expression.get(..range.start).unwrap_or_default();
        let comma = range.start - usize::from(before.ends_with(','));
        let comma = comma..comma + 1;
        return Err(malformed(
            expression,
            comma,
            "a comma stands between two parts",
        ));
    }
    let (is_whole, rest) = match text.strip_prefix('@') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (up, rest) = match rest.split_once('+') {
        Some((steps, after)) if is_number(steps) => (number(steps), after),
        _ => (Some(0), rest),
    };
    let (down, value) = match rest.rsplit_once('+') {
        Some((before, steps)) if is_number(steps) => (number(steps), before),
        _ => (Some(0), rest),
    };
    if is_whole && (up, down) != (Some(0), Some(0)) {
        let message = "`@` already means what feeds it and what it feeds";
        return Err(malformed(expression, range, message));
    }
    let reach = if is_whole {
        Reach::Whole
    } else {
        Reach::Around { up, down }
    };
    let start = range.start + text.len() - rest.len();
    let (method, named) = match value.split_once(':') {
        Some((method, named)) => (Some(method), named),
        None => (None, value),
    };
    if named.is_empty() {
        return Err(malformed(expression, range, "a name is missing"));
    }
    let end = start + value.len();
    Ok(Part {
        method,
        value: named,
        method_at: start..start + method.map_or(0, str::len),
        value_at: end - named.len()..end,
        reach,
    })
}

/// Also of no digits: then all the steps there are.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// More steps than a number holds are all there are.
fn number(digits: &str) -> Option<usize> {
    digits.parse().ok()
}

fn malformed(expression: &str, range: Range<usize>, message: &'static str) -> SelectError {
    SelectError {
        mistake: Mistake::Malformed(message),
        expression: expression.to_owned(),
        range,
    }
}
