//! How deep a file's code is nested: the parser goes down a level of its own stack for each, and so does
//! whatever walks over what it has parsed.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree, token_stream};

/// Brackets within brackets. Code that people write has a tenth of that.
const MAX_DEPTH: usize = 128;
/// Tokens of one expression, type or pattern without a comma: `!!!!x`, `Vec<Vec<Vec<u8>>>` and
/// `if .. else if ..` go down without a bracket.
const MAX_RUN: usize = 4096;

/// A stream that is being walked over, and how many tokens of it have come since anything ended.
struct Level {
    tokens: token_stream::IntoIter,
    run: usize,
    /// Whether what came last was `{..}`.
    after_block: bool,
}

/// Where it is too deep, if it is anywhere. The walk itself has its levels on the heap.
pub(super) fn exceeded(tokens: &TokenStream) -> Option<Span> {
    let level = |tokens: TokenStream| Level {
        tokens: tokens.into_iter(),
        run: 0,
        after_block: false,
    };
    let mut levels = vec![level(tokens.clone())];
    while let Some(current) = levels.last_mut() {
        let Some(token) = current.tokens.next() else {
            levels.pop();
            continue;
        };
        current.count(&token);
        if current.run > MAX_RUN {
            return Some(token.span());
        }
        if let TokenTree::Group(group) = token {
            if levels.len() > MAX_DEPTH {
                return Some(group.span_open());
            }
            levels.push(level(group.stream()));
        }
    }
    None
}

impl Level {
    fn count(&mut self, token: &TokenTree) {
        let goes_on = matches!(token, TokenTree::Ident(word) if word == "else");
        let ends = match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' | ';' => true,
                // What begins with these begins a statement or an item.
                '#' | '\'' => self.after_block,
                _ => false,
            },
            _ => self.after_block && !goes_on,
        };
        self.run = if ends { 0 } else { self.run + 1 };
        self.after_block =
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_down_is_told_from_what_goes_on() {
        let is_too_deep = |text: &str| exceeded(&text.parse().unwrap()).is_some();
        let nested = |count| "(".repeat(count) + &")".repeat(count);
        assert!(!is_too_deep(&nested(MAX_DEPTH)));
        assert!(is_too_deep(&nested(MAX_DEPTH + 1)));
        assert!(is_too_deep(&nested(10_000)));
        for down in ["!", "Vec<", "a + ", "if a {} else "] {
            assert!(is_too_deep(&down.repeat(MAX_RUN + 1)), "{down}");
        }
        for on in [
            "a;",
            "1, ",
            "fn f() {}",
            "if a {} else {}",
            "#[a] mod m { use a; }",
        ] {
            assert!(!is_too_deep(&on.repeat(MAX_RUN + 1)), "{on}");
        }
    }
}
