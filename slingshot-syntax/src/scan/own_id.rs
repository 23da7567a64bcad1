//! Whether a name in a function's body is always the argument of that name.
//!
//! The body is only tokens here, so that anything that may bind or change the name counts: a wrong yes would
//! make two files of different ids look like one.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Whether anything in the body may give the name another meaning or value.
pub(super) fn is_rebound(name: &str, body: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let is_it = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == name);
    tokens.iter().enumerate().any(|(index, token)| {
        let (before, rest) = tokens.split_at(index);
        let after = rest.get(1..).unwrap_or_default();
        match token {
            TokenTree::Ident(_) => {
                is_it(token)
                    && (binds(before, after) || changes(after) || is_closed_over(before, after))
            }
            TokenTree::Group(group) => {
                let mentions = || holds(&group.stream(), &is_it);
                let is_pattern = group.delimiter() != Delimiter::None
                    && (starts_binding(after) || is_closed_over(before, after));
                is_pattern && mentions() || is_rebound(name, group.stream())
            }
            _ => false,
        }
    })
}

fn holds(tokens: &TokenStream, is_it: &impl Fn(&TokenTree) -> bool) -> bool {
    tokens.clone().into_iter().any(|token| match &token {
        TokenTree::Group(group) => holds(&group.stream(), is_it),
        token => is_it(token),
    })
}

/// `let NAME`, `mut NAME`, `NAME: u64`, `NAME =>`.
fn binds(before: &[TokenTree], after: &[TokenTree]) -> bool {
    let keywords = ["let", "mut", "ref", "for", "static", "const"];
    let is_introduced = matches!(before.last(), Some(TokenTree::Ident(word)) if keywords.iter().any(|keyword| word == keyword));
    is_introduced || starts_binding(after)
}

/// What follows a pattern: `=`, `=>`, `in`, `if`, `@`, `:`, but neither `==` nor `::`.
fn starts_binding(after: &[TokenTree]) -> bool {
    match after.first() {
        Some(TokenTree::Ident(word)) => word == "in" || word == "if",
        Some(TokenTree::Punct(punct)) => match punct.as_char() {
            '=' => punct.spacing() == Spacing::Alone || !is_punct(after.get(1), '='),
            ':' => punct.spacing() == Spacing::Alone || !is_punct(after.get(1), ':'),
            '@' => true,
            _ => false,
        },
        _ => false,
    }
}

/// `NAME += 1`, but not `NAME <= 1` or `NAME != 1`.
fn changes(after: &[TokenTree]) -> bool {
    let Some(TokenTree::Punct(operator)) = after.first() else {
        return false;
    };
    match operator.as_char() {
        '+' | '-' | '*' | '/' | '%' | '^' | '&' | '|' => is_punct(after.get(1), '='),
        '<' | '>' => is_punct(after.get(2), '=') && operator.spacing() == Spacing::Joint,
        _ => false,
    }
}

/// Between two bars, as a closure's arguments are.
fn is_closed_over(before: &[TokenTree], after: &[TokenTree]) -> bool {
    let is_bar = |token: &TokenTree| is_punct(Some(token), '|');
    before.iter().any(is_bar) && after.iter().any(is_bar)
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_told_from_bindings_and_changes() {
        let is_rebound = |body: &str| is_rebound("id", body.parse().unwrap());
        for kept in [
            "read(\"in\", id)?; vec![(id, Kind::A)]",
            "if id == 3 && id <= 4 || id != 5 { id + 1 } else { ids::id::<u8>() }",
            "{ let other = id; f(|x| x + 1)?; format!(\"{}\", id) }",
        ] {
            assert!(!is_rebound(kept), "{kept}");
        }
        for bound in [
            "let id = 3;",
            "let mut id = 3;",
            "let (a, id) = pair;",
            "let Row { id, .. } = row;",
            "for id in ids {}",
            "for (id, text) in rows {}",
            "match x { id => 1 }",
            "match x { Some(id) if y => 1 }",
            "if let Some(id) = x {}",
            "ids.map(|id| read(id))",
            "ids.map(|a, id, b| read(id))",
            "ids.map(|(a, id)| read(id))",
            "id = 4;",
            "id += 1;",
            "id <<= 1;",
            "fn inner(id: u64) {}",
        ] {
            assert!(is_rebound(bound), "{bound}");
        }
    }
}
