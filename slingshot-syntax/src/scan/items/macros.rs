//! Calls of macros that may make what is not seen.

use proc_macro2::{TokenStream, TokenTree};

use super::{Reader, last};

impl Reader<'_, '_> {
    /// What a macro makes is not seen: said where it could be annotated functions or a file of them.
    pub(super) fn macro_call(&mut self, call: &syn::Macro) {
        let name = last(&call.path).unwrap_or_default();
        let message = if name == "include" {
            "the file that this includes is not scanned"
        } else if self.annotates(call.tokens.clone(), false) {
            "services and handlers made by a macro are not seen"
        } else {
            return;
        };
        let span = syn::spanned::Spanned::span(&call.path);
        self.scan.unseen.push(self.code.remark(span, message));
    }

    /// Whether one of our attributes stands in a macro's tokens: `handler` alone is a name like any other.
    fn annotates(&self, tokens: TokenStream, in_attribute: bool) -> bool {
        let mut after_hash = false;
        tokens.into_iter().any(|token| {
            let opens = std::mem::replace(
                &mut after_hash,
                matches!(&token, TokenTree::Punct(hash) if hash.as_char() == '#'),
            );
            match token {
                TokenTree::Ident(name) => {
                    in_attribute && self.attributes.contains_key(&name.to_string())
                }
                TokenTree::Group(group) => self.annotates(group.stream(), in_attribute || opens),
                _ => false,
            }
        })
    }
}
