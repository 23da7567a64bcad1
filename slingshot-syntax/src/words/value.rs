//! One word of an attribute and the value written after it.

use std::{num::NonZeroU32, ops::RangeInclusive, time::Duration};

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use slingshot_settings::duration;
use syn::{Lit, LitInt, LitStr, Path, Token, ext::IdentExt, parse::ParseStream};

use super::WordKind;
use crate::Mistakes;

/// `name = ..`, `name(..)` or `name`, as it stands in the attribute.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: Ident,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Missing,
    Assigned(TokenStream),
    Listed(Group),
}

/// The words between commas. Each is read for itself, so that a mistake in one hides no other.
pub(super) fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => {
                parts.push(TokenStream::new());
            }
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

impl Word {
    /// `example` is a word that may stand here, with its value.
    pub(crate) fn parse(input: ParseStream<'_>, example: &str) -> syn::Result<Self> {
        if input.peek(Lit) {
            return Err(input.error(format!("say which word it is, as in `{example}`")));
        }
        let name = input.call(Ident::parse_any).map_err(|error| {
            syn::Error::new(error.span(), format!("expected a word, as in `{example}`"))
        })?;
        if input.peek(Token![-]) {
            return Err(hyphenated(&name, input)?);
        }
        let value = if input.is_empty() {
            Value::Missing
        } else if input.peek(Token![=]) {
            let equals: Token![=] = input.parse()?;
            if input.is_empty() {
                return Err(syn::Error::new_spanned(
                    equals,
                    "the value is missing after `=`",
                ));
            }
            Value::Assigned(input.parse()?)
        } else {
            match input.parse()? {
                TokenTree::Group(list) if list.delimiter() == Delimiter::Parenthesis => {
                    if !input.is_empty() {
                        return Err(input.error("expected `,` before the next word"));
                    }
                    Value::Listed(list)
                }
                other => {
                    input.parse::<TokenStream>()?;
                    return Err(syn::Error::new_spanned(
                        other,
                        format!("expected `=`, `(..)` or `,` after `{name}`"),
                    ));
                }
            }
        };
        Ok(Self { name, value })
    }

    pub(crate) fn string(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Option<LitStr> {
        self.literal(kind, mistakes, |literal| match literal {
            Lit::Str(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn boolean(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Option<bool> {
        self.literal(kind, mistakes, |literal| match literal {
            Lit::Bool(value) => Some(value.value),
            _ => None,
        })
    }

    /// An integer from 1 to `most`.
    pub(crate) fn count<N: TryFrom<NonZeroU32>>(
        &self,
        kind: &WordKind,
        most: u32,
        mistakes: &mut Mistakes,
    ) -> Option<N> {
        let number = self.number(kind, 1..=most, mistakes)?;
        NonZeroU32::new(number).and_then(|number| N::try_from(number).ok())
    }

    /// An integer of a range.
    pub(crate) fn number(
        &self,
        kind: &WordKind,
        range: RangeInclusive<u32>,
        mistakes: &mut Mistakes,
    ) -> Option<u32> {
        let literal: LitInt = self.literal(kind, mistakes, |literal| match literal {
            Lit::Int(number) if number.suffix().is_empty() => Some(number),
            _ => None,
        })?;
        let number = literal.base10_parse().ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (name, least, most) = (&self.name, range.start(), range.end());
            mistakes.at(
                literal,
                format!("`{name}` must lie between {least} and {most}"),
            );
        }
        number
    }

    pub(crate) fn duration(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Option<Duration> {
        let text = self.string(kind, mistakes)?;
        duration::parse(&text.value())
            .map_err(|error| mistakes.at(text, error.to_string()))
            .ok()
    }

    /// A duration of at most `longest`.
    pub(crate) fn bounded_duration(
        &self,
        kind: &WordKind,
        longest: Duration,
        mistakes: &mut Mistakes,
    ) -> Option<Duration> {
        let duration = self.duration(kind, mistakes)?;
        if duration > longest {
            let (name, longest) = (&self.name, duration::written(longest));
            mistakes.at(self.value(), format!("`{name}` must be at most {longest}"));
            return None;
        }
        Some(duration)
    }

    pub(crate) fn path(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Option<Path> {
        match &self.value {
            Value::Assigned(tokens) => match syn::parse2::<Path>(tokens.clone()) {
                Ok(path) => Some(path),
                Err(_) => self.expected(kind, mistakes),
            },
            _ => self.expected(kind, mistakes),
        }
    }

    /// `word("a", "b")`, at least one.
    pub(crate) fn strings(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Vec<LitStr> {
        let items = match &self.value {
            Value::Listed(list) if !list.stream().is_empty() => split_at_commas(list.stream()),
            _ => {
                self.expected::<()>(kind, mistakes);
                return Vec::new();
            }
        };
        items
            .into_iter()
            .filter_map(|item| match syn::parse2(item.clone()) {
                Ok(text) => Some(text),
                Err(_) => {
                    mistakes.at(item, format!("expected a string, as in `{}`", kind.example));
                    None
                }
            })
            .collect()
    }

    /// `word(..)`: the words inside, at least one.
    pub(crate) fn words(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Option<TokenStream> {
        match &self.value {
            Value::Listed(list) if !list.stream().is_empty() => Some(list.stream()),
            _ => self.expected(kind, mistakes),
        }
    }

    /// `word`, and nothing after it.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.value, Value::Missing)
    }

    /// The value, to be underlined; the word itself if it has none.
    pub(crate) fn value(&self) -> TokenStream {
        match &self.value {
            Value::Missing => self.name.to_token_stream(),
            Value::Assigned(tokens) => tokens.clone(),
            Value::Listed(list) => list.to_token_stream(),
        }
    }

    fn literal<T>(
        &self,
        kind: &WordKind,
        mistakes: &mut Mistakes,
        pick: impl FnOnce(Lit) -> Option<T>,
    ) -> Option<T> {
        let literal = match &self.value {
            Value::Assigned(tokens) => syn::parse2::<Lit>(tokens.clone()).ok().and_then(pick),
            _ => None,
        };
        if literal.is_none() {
            self.expected::<T>(kind, mistakes);
        }
        literal
    }

    fn expected<T>(&self, kind: &WordKind, mistakes: &mut Mistakes) -> Option<T> {
        let message = format!("expected {}, as in `{}`", kind.takes, kind.example);
        mistakes.at(self.value(), message);
        None
    }
}

/// `sys-map`, as the system file spells it.
fn hyphenated(first: &Ident, input: ParseStream<'_>) -> syn::Result<syn::Error> {
    let mut written = TokenStream::from(TokenTree::from(first.clone()));
    let mut spelled = first.to_string();
    while input.peek(Token![-]) && input.peek2(Ident::peek_any) {
        written.extend([input.parse::<TokenTree>()?]);
        let part = input.call(Ident::parse_any)?;
        spelled = format!("{spelled}_{part}");
        written.extend([TokenTree::from(part)]);
    }
    input.parse::<TokenStream>()?;
    Ok(syn::Error::new_spanned(
        written,
        format!("words are spelled with `_` here: `{spelled}`"),
    ))
}
