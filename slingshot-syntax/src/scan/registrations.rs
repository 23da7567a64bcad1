//! Services and handlers that are made by a call, without an annotation: `Microservice::new("name", ..)` and
//! `manager.add_handler::<H>("name", ..)`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::LitStr;

use super::accesses::call_after;
use crate::HandlerKind;

const SERVICE: &str = "Microservice";
const HANDLER: &str = "add_handler";

/// Whether a text can hold any, which spares the others the search.
pub(super) fn may_be_in(text: &str) -> bool {
    text.contains(SERVICE) || text.contains(HANDLER)
}

/// What a call makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A service, under the name by which it asks the sys-map.
    Service,
    /// A handler, under the name by which it is called.
    Handler,
}

impl Made {
    /// What the name makes of a handler.
    pub fn handler_kind(self, name: &str) -> Option<HandlerKind> {
        let mut kinds = HandlerKind::ALL.into_iter();
        let of_files = kinds.find(|kind| kind.attribute() == name);
        (self == Self::Handler).then_some(of_files.unwrap_or(HandlerKind::Request))
    }
}

/// One call that makes a service or a handler.
pub(super) struct Registration {
    pub(super) made: Made,
    pub(super) name: Name,
    /// The function that is called.
    pub(super) at: Span,
}

/// The first argument.
pub(super) enum Name {
    Literal(LitStr),
    /// A constant, perhaps.
    Constant(Ident),
    Computed,
}

/// Every such call in some code.
pub(super) fn find(code: TokenStream) -> Vec<Registration> {
    let mut found = Vec::new();
    walk(code, &mut found);
    found
}

fn walk(code: TokenStream, found: &mut Vec<Registration>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let after = tokens.get(index + 1..).unwrap_or_default();
        match token {
            TokenTree::Group(group) => walk(group.stream(), found),
            TokenTree::Ident(called) => found.extend(registration(called, after)),
            _ => {}
        }
    }
}

fn registration(called: &Ident, after: &[TokenTree]) -> Option<Registration> {
    let (made, call) = if called == HANDLER {
        (Made::Handler, call_after(after)?)
    } else if called == SERVICE {
        (Made::Service, constructor(after)?)
    } else {
        return None;
    };
    Some(Registration {
        made,
        name: Name::of(call),
        at: called.span(),
    })
}

/// The arguments of `::new(..)`.
fn constructor(after: &[TokenTree]) -> Option<&Group> {
    match after {
        [
            TokenTree::Punct(one),
            TokenTree::Punct(two),
            TokenTree::Ident(new),
            TokenTree::Group(call),
            ..,
        ] if one.as_char() == ':'
            && two.as_char() == ':'
            && new == "new"
            && call.delimiter() == Delimiter::Parenthesis =>
        {
            Some(call)
        }
        _ => None,
    }
}

impl Name {
    fn of(call: &Group) -> Self {
        let is_comma =
            |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        let tokens: Vec<_> = call.stream().into_iter().collect();
        let mut arguments = tokens.split(is_comma);
        match arguments.next().unwrap_or_default() {
            [TokenTree::Literal(literal)] => {
                let name = syn::parse2(TokenTree::from(literal.clone()).into());
                name.map_or(Self::Computed, Self::Literal)
            }
            [.., TokenTree::Ident(name)] => Self::Constant(name.clone()),
            _ => Self::Computed,
        }
    }
}
