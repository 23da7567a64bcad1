//! The words of an attribute: each is read for itself, so that a mistake in one hides no other.

mod value;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    LitStr,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

pub(crate) use self::value::Word;
use self::value::split_at_commas;
use crate::{
    Mistakes,
    mistakes::{did_you_mean, listed},
};

/// More of them at once in one process is a mistyped number.
pub(crate) const MOST_REPLICAS: u32 = 10_000;

/// A word's name and how it is written.
#[derive(Debug)]
pub(crate) struct WordKind {
    pub(crate) name: &'static str,
    pub(crate) takes: &'static str,
    pub(crate) example: &'static str,
}

pub(crate) const fn kind(
    name: &'static str,
    takes: &'static str,
    example: &'static str,
) -> WordKind {
    WordKind {
        name,
        takes,
        example,
    }
}

/// Reads words between commas, each of which `set` is given once, with its kind. `title` is what the
/// legal ones are called together.
pub(crate) fn read_words(
    title: &str,
    kinds: &'static [WordKind],
    tokens: TokenStream,
    mistakes: &mut Mistakes,
    mut set: impl FnMut(&Word, &'static WordKind, &mut Mistakes),
) {
    let mut written: Vec<&str> = Vec::new();
    let example = kinds.first().map_or("", |kind| kind.example);
    for part in split_at_commas(tokens) {
        let parse = |input: ParseStream<'_>| Word::parse(input, example);
        let word = match parse.parse2(part) {
            Ok(word) => word,
            Err(error) => {
                mistakes.add_syntax(error);
                continue;
            }
        };
        let name = word.name.unraw().to_string();
        match kinds.iter().find(|kind| kind.name == name) {
            None => mistakes.at(&word.name, unknown(&name, title, kinds)),
            Some(kind) if written.contains(&kind.name) => {
                mistakes.at(&word.name, format!("`{name}` is said twice; keep one"));
            }
            Some(kind) => {
                written.push(kind.name);
                set(&word, kind, mistakes);
            }
        }
    }
}

fn unknown(name: &str, title: &str, kinds: &[WordKind]) -> String {
    let legal: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
    let meant = did_you_mean(name, &legal)
        .map(|word| format!("did you mean `{word}`? "))
        .unwrap_or_default();
    format!(
        "unknown word `{name}`; {meant}{title} are {}",
        listed(&legal)
    )
}

pub(crate) fn check_text(
    text: Option<&LitStr>,
    mistake: impl FnOnce(&str) -> Option<String>,
    mistakes: &mut Mistakes,
) {
    if let Some(text) = text
        && let Some(message) = mistake(&text.value())
    {
        mistakes.at(text.to_token_stream(), message);
    }
}
