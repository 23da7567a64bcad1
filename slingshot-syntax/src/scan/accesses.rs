//! `read_file("key", ..)` and `write_file("key", ..)` in a function's body, by the argument's name.
//!
//! The body is walked as tokens, so that calls inside `format!(..)` and other macros are seen too.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::LitStr;

use crate::{Argument, ArgumentKind};

/// Whether a bucket's key is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessKind {
    /// Through `&ReadFileFn`.
    Read,
    /// Through `&WriteFileFn`.
    Write,
}

impl AccessKind {
    pub(super) fn of(argument: &Argument) -> Option<Self> {
        match argument.kind? {
            ArgumentKind::ReadFile => Some(Self::Read),
            ArgumentKind::WriteFile => Some(Self::Write),
            _ => None,
        }
    }
}

/// What a function's body does with its `&ReadFileFn` and `&WriteFileFn`.
#[derive(Debug, Default)]
pub(super) struct Accesses {
    /// Calls with a string literal as the key.
    pub(super) keys: Vec<(AccessKind, LitStr)>,
    /// Calls with a name as the key: a constant, perhaps.
    pub(super) named_keys: Vec<(AccessKind, Ident)>,
    /// Hand-overs to other functions.
    pub(super) passes: Vec<Pass>,
    /// Uses that cannot be followed.
    pub(super) unseen: Vec<(AccessKind, Span, &'static str)>,
}

/// `helper(read_file, id)`.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) function: Ident,
    pub(super) kind: AccessKind,
    pub(super) position: usize,
}

impl Accesses {
    pub(super) fn of(arguments: &[Argument], body: TokenStream) -> Self {
        let names: BTreeMap<String, AccessKind> = arguments
            .iter()
            .filter_map(|argument| {
                Some((
                    argument.name.as_ref()?.to_string(),
                    AccessKind::of(argument)?,
                ))
            })
            .collect();
        let mut accesses = Self::default();
        if !names.is_empty() {
            accesses.walk(&names, body, None);
        }
        accesses
    }

    /// `callee` is the function whose arguments `tokens` are.
    fn walk(
        &mut self,
        names: &BTreeMap<String, AccessKind>,
        tokens: TokenStream,
        callee: Option<&Ident>,
    ) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut position = 0;
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let after = tokens.get(index + 1);
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => position += 1,
                TokenTree::Group(group) => {
                    self.walk(names, group.stream(), callee_of(&tokens, index, group));
                }
                TokenTree::Ident(name) if !is_punct(before, '.') => {
                    if let Some(kind) = names.get(&name.to_string()) {
                        self.see(*kind, name, after, callee, position);
                    }
                }
                _ => {}
            }
        }
    }

    fn see(
        &mut self,
        kind: AccessKind,
        name: &Ident,
        after: Option<&TokenTree>,
        callee: Option<&Ident>,
        position: usize,
    ) {
        match (after, callee) {
            (Some(TokenTree::Group(call)), _) if call.delimiter() == Delimiter::Parenthesis => {
                self.see_call(kind, name, call);
            }
            (None, Some(function)) => self.pass(kind, function, position),
            (Some(comma), Some(function)) if is_punct(Some(comma), ',') => {
                self.pass(kind, function, position);
            }
            _ => self.unseen.push((
                kind,
                name.span(),
                "this use is not followed; say the keys with `reads(..)` and `writes(..)`",
            )),
        }
    }

    fn see_call(&mut self, kind: AccessKind, name: &Ident, call: &Group) {
        let mut key: Vec<TokenTree> = call
            .stream()
            .into_iter()
            .take_while(|token| !is_punct(Some(token), ','))
            .collect();
        let written = key.pop();
        match (key.is_empty(), written) {
            (true, Some(TokenTree::Literal(literal))) => {
                match syn::parse2(TokenTree::from(literal).into()) {
                    Ok(key) => self.keys.push((kind, key)),
                    Err(_) => self.unseen.push((kind, name.span(), UNKNOWN_KEY)),
                }
            }
            (path, Some(TokenTree::Ident(constant))) if path || is_punct(key.last(), ':') => {
                self.named_keys.push((kind, constant));
            }
            _ => self.unseen.push((kind, name.span(), UNKNOWN_KEY)),
        }
    }

    fn pass(&mut self, kind: AccessKind, function: &Ident, position: usize) {
        self.passes.push(Pass {
            function: function.clone(),
            kind,
            position,
        });
    }
}

pub(super) const UNKNOWN_KEY: &str =
    "the key of this call is no literal; say it with `reads(..)` or `writes(..)`";

/// The function before a group of arguments; a method or a macro is none that could be followed.
fn callee_of<'a>(tokens: &'a [TokenTree], index: usize, group: &Group) -> Option<&'a Ident> {
    let name = match tokens.get(index.checked_sub(1)?) {
        Some(TokenTree::Ident(name)) if group.delimiter() == Delimiter::Parenthesis => name,
        _ => return None,
    };
    let before = index.checked_sub(2).and_then(|before| tokens.get(before));
    (!is_punct(before, '.')).then_some(name)
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}
