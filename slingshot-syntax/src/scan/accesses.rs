//! What a function's body does with the arguments that reach outside: `read_file("key", ..)`,
//! `write_file("key", ..)` and `bus.publish("name", ..)`, by the argument's name.
//!
//! The body is walked as tokens, so that calls inside `format!(..)` and other macros are seen too.

mod accessor;

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::LitStr;

pub use self::accessor::AccessKind;
pub(super) use self::accessor::Accessor;
use super::own_id::is_rebound;
use crate::{Argument, ArgumentKind};

/// What a function's body does with the arguments that are followed.
#[derive(Debug, Default)]
pub(super) struct Accesses {
    /// Calls with a string literal as the name.
    pub(super) names: Vec<Access<LitStr>>,
    /// Calls with an identifier as the name: a constant, perhaps.
    pub(super) constants: Vec<Access<Ident>>,
    /// Hand-overs to other functions.
    pub(super) passes: Vec<Pass>,
    /// Uses that cannot be followed.
    pub(super) unseen: Vec<(Accessor, Span, &'static str)>,
    /// The name of the `u64` that the function takes, if that is all that it means.
    id: Option<String>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Access<N> {
    pub(super) kind: AccessKind,
    /// As it is written: a literal, a constant.
    pub(super) name: N,
    /// Whether what follows the name is the function's own `u64` and nothing else.
    pub(super) is_of_argument: bool,
}

/// `helper(read_file, id)`.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) function: Ident,
    pub(super) accessor: Accessor,
    pub(super) position: usize,
}

impl Accesses {
    pub(super) fn of(arguments: &[Argument], body: TokenStream) -> Self {
        let names: BTreeMap<String, Accessor> = arguments
            .iter()
            .filter_map(|argument| {
                Some((argument.name.as_ref()?.to_string(), Accessor::of(argument)?))
            })
            .collect();
        let mut accesses = Self::default();
        if !names.is_empty() {
            let mut ids = arguments
                .iter()
                .filter(|argument| argument.kind == Some(ArgumentKind::Request));
            let id = ids.next().and_then(|argument| argument.name.as_ref());
            let id = id.map(ToString::to_string);
            accesses.id = id.filter(|id| !is_rebound(id, body.clone()));
            accesses.walk(&names, body, None);
        }
        accesses
    }

    /// `callee` is the function whose arguments `tokens` are.
    fn walk(
        &mut self,
        names: &BTreeMap<String, Accessor>,
        tokens: TokenStream,
        callee: Option<&Ident>,
    ) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut position = 0;
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let after = tokens.get(index + 1..).unwrap_or_default();
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => position += 1,
                TokenTree::Group(group) => {
                    self.walk(names, group.stream(), callee_of(&tokens, index, group));
                }
                TokenTree::Ident(name) if !is_punct(before, '.') => {
                    match names.get(&name.to_string()) {
                        Some(accessor) if !accessor.uses_keys() && is_punct(after.first(), '.') => {
                            self.see_method(*accessor, name, after);
                        }
                        Some(accessor) => self.see(*accessor, name, after, callee, position),
                        None => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn see(
        &mut self,
        accessor: Accessor,
        name: &Ident,
        after: &[TokenTree],
        callee: Option<&Ident>,
        position: usize,
    ) {
        let kind = match accessor {
            Accessor::ReadFile => Some(AccessKind::Read),
            Accessor::WriteFile => Some(AccessKind::Write),
            Accessor::Bus | Accessor::Queues => None,
        };
        match (after.first(), kind, callee) {
            (Some(TokenTree::Group(call)), Some(kind), _)
                if call.delimiter() == Delimiter::Parenthesis =>
            {
                self.see_call(kind, name, call);
            }
            (None, _, Some(function)) => self.pass(accessor, function, position),
            (Some(comma), _, Some(function)) if is_punct(Some(comma), ',') => {
                self.pass(accessor, function, position);
            }
            _ => self
                .unseen
                .push((accessor, name.span(), accessor.unknown_use())),
        }
    }

    /// `bus.publish("name", ..)`, `queues.send("name", ..)`; topics and what else a bus can do call no handler.
    fn see_method(&mut self, accessor: Accessor, of: &Ident, after: &[TokenTree]) {
        let Some(TokenTree::Ident(method)) = after.get(1) else {
            return;
        };
        let kind = AccessKind::of_method(accessor, &method.to_string());
        match (kind, after.get(2..).and_then(call_after)) {
            (Some(kind), Some(call)) => self.see_call(kind, method, call),
            (None, Some(_)) if method != "clone" => {}
            _ => self
                .unseen
                .push((accessor, of.span(), accessor.unknown_use())),
        }
    }

    fn see_call(&mut self, kind: AccessKind, called: &Ident, call: &Group) {
        let arguments: Vec<TokenTree> = call.stream().into_iter().collect();
        let mut arguments = arguments.split(|token| is_punct(Some(token), ','));
        let mut name = arguments.next().unwrap_or_default().to_vec();
        let is_of_argument = match (&self.id, arguments.next()) {
            (Some(id), Some([TokenTree::Ident(given)])) => given == id,
            _ => false,
        };
        let written = name.pop();
        let accessor = kind.accessor();
        let unknown = (accessor, called.span(), accessor.unknown_name());
        match (name.is_empty(), written) {
            (true, Some(TokenTree::Literal(literal))) => {
                match syn::parse2(TokenTree::from(literal).into()) {
                    Ok(name) => self.names.push(Access {
                        kind,
                        name,
                        is_of_argument,
                    }),
                    Err(_) => self.unseen.push(unknown),
                }
            }
            (path, Some(TokenTree::Ident(name_of))) if path || is_punct(name.last(), ':') => {
                self.constants.push(Access {
                    kind,
                    name: name_of,
                    is_of_argument,
                });
            }
            _ => self.unseen.push(unknown),
        }
    }

    fn pass(&mut self, accessor: Accessor, function: &Ident, position: usize) {
        self.passes.push(Pass {
            function: function.clone(),
            accessor,
            position,
        });
    }
}

/// The arguments of a method's call, past what may stand between `::<` and `>`.
pub(super) fn call_after(tokens: &[TokenTree]) -> Option<&Group> {
    let mut rest = tokens;
    if is_punct(rest.first(), ':') {
        let mut depth = 0_usize;
        let end = rest.iter().position(|token| {
            depth += usize::from(is_punct(Some(token), '<'));
            let closes = is_punct(Some(token), '>');
            depth = depth.saturating_sub(usize::from(closes));
            closes && depth == 0
        })?;
        rest = rest.get(end + 1..)?;
    }
    match rest.first()? {
        TokenTree::Group(call) if call.delimiter() == Delimiter::Parenthesis => Some(call),
        _ => None,
    }
}

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
