//! Every mistake of an annotation, each at the token at fault.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub struct Mistakes(Vec<Error>);

impl Mistakes {
    /// Whether the annotation is right.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes, one message each.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    /// One `compile_error!` per mistake, to stand beside the user's item.
    pub fn to_compile_errors(&self) -> TokenStream {
        self.0.iter().map(Error::to_compile_error).collect()
    }

    /// Adds a mistake found outside this crate, such as a dependency that is not there.
    pub fn add(&mut self, span: Span, message: impl Into<String>) {
        self.0.push(Error::new(span, message.into()));
    }

    /// A mistake that underlines all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Into<String>) {
        self.0.push(Error::new_spanned(tokens, message.into()));
    }

    pub(crate) fn add_syntax(&mut self, error: Error) {
        self.0.extend(error);
    }
}

/// The legal word nearest to a mistyped one, when it is near enough to be meant.
pub(crate) fn did_you_mean<'a>(typed: &str, legal: &[&'a str]) -> Option<&'a str> {
    const TYPOS: usize = 2;
    legal
        .iter()
        .map(|word| (edits(typed, word), *word))
        .filter(|(edits, word)| *edits <= TYPOS && *edits < word.chars().count())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// `a`, `b` and `c`, in backticks.
pub(crate) fn listed(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Levenshtein distance, in one row.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, from) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_a_word_two_typos_away_and_nothing_further() {
        let legal = ["replicas", "prefetch", "name"];
        assert_eq!(did_you_mean("replica", &legal), Some("replicas"));
        assert_eq!(did_you_mean("prefecth", &legal), Some("prefetch"));
        assert_eq!(did_you_mean("queue", &legal), None);
    }
}
