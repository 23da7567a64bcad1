//! Which quotes, braces, brackets and marks between members a text may have too many.

use std::iter;

use super::{
    slip::{Change, Slip},
    tokens::{Form, Kind, NEAR, Token, Tokens},
};

/// How many brackets that stand twice are tried, of those that are open where the text does not go on as it must.
const MOST_OPEN: usize = 8;

impl Tokens<'_> {
    /// What stands twice in a row, the nearest to the mistake first.
    pub(super) fn doubled(&self) -> Vec<Slip> {
        let near = self.all.len().saturating_sub(NEAR)..self.all.len();
        let open = self.open_at_mistake();
        let open = open.filter(|&index| index < near.start && self.is_doubled(index));
        let near = near.clone().rev().filter(|&index| self.is_doubled(index));
        let indices = near.chain(open.take(MOST_OPEN));
        let second = indices.filter_map(|index| self.all.get(index + 1));
        second.filter_map(mark).collect()
    }

    /// Whatever may be left out near the mistake, the nearest first. Of two that make the same text, the second.
    pub(super) fn extras(&self) -> Vec<Slip> {
        let near = self.near().iter().rev();
        let marks = near.clone().filter_map(mark);
        let quotes = near.filter(|token| token.kind == Kind::Text);
        let extras = marks.chain(quotes.flat_map(|token| self.quotes_of(token)));
        let byte = |at: usize| self.text.as_bytes().get(at);
        let single = extras.filter(|slip| byte(slip.at) != byte(slip.at + 1));
        // A text that was cut is rather one without its end than one without its first bracket.
        let begins = |slip: &Slip| {
            let first = self.all.first().map(|first| first.range.start);
            Some(slip.at) == first && matches!(byte(slip.at), Some(b'{' | b'['))
        };
        single.filter(|slip| !begins(slip)).collect()
    }

    /// The brackets that are open before the mistake, the innermost first.
    fn open_at_mistake(&self) -> impl Iterator<Item = usize> {
        let is_before = |token: &Token| token.range.start < self.first;
        let mistake = self.all.partition_point(is_before);
        iter::successors(self.open_before(mistake), |&open| self.open_before(open))
    }

    /// Whether a mark stands twice that stands once at most. The header of a list of tables has two brackets, and may
    /// lack one as well.
    fn is_doubled(&self, index: usize) -> bool {
        let kind = |index: usize| self.all.get(index).map(|token| token.kind);
        let is_twice = matches!(kind(index), Some(Kind::Mark(_))) && kind(index) == kind(index + 1);
        is_twice && !(self.form == Form::Toml && self.is_in_header(index))
    }

    fn is_in_header(&self, index: usize) -> bool {
        let is_here = |token: &&Token| Some(token.line) == self.all.get(index).map(|it| it.line);
        let up_to = self.all.iter().take(index + 1).rev();
        let first = up_to.take_while(is_here).last();
        first.is_some_and(|token| token.kind == Kind::Mark(b'['))
    }

    fn quotes_of(&self, token: &Token) -> Vec<Slip> {
        let written = self.text.get(token.range.clone()).unwrap_or_default();
        let first = written.get(..1).unwrap_or_default();
        let is_closed = written.len() > 1 && written.ends_with(first);
        let ends = [
            Some(token.range.start),
            is_closed.then_some(token.range.end - 1),
        ];
        let quote = |at: usize| too_many(at, "this quote is one too many".to_owned());
        ends.into_iter().flatten().map(quote).collect()
    }
}

fn mark(token: &Token) -> Option<Slip> {
    let Kind::Mark(mark) = token.kind else {
        return None;
    };
    let message = match mark {
        b',' => "a comma too many".to_owned(),
        mark => format!("this `{}` is one too many", char::from(mark)),
    };
    Some(too_many(token.range.start, message))
}

fn too_many(at: usize, message: String) -> Slip {
    Slip {
        change: Change::Added,
        at,
        range: at..at + 1,
        message,
        opened: None,
    }
}
