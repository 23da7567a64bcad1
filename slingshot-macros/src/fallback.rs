//! What stands in the place of a service or a handler that cannot be one: the mistakes, and the user's function
//! again, so that one mistake gives one message and the editor keeps its completions.

use proc_macro2::{Group, Punct, Spacing, TokenStream, TokenTree};
use quote::quote;
use slingshot_syntax::Mistakes;

pub(crate) fn tokens(item: TokenStream, mistakes: &Mistakes) -> TokenStream {
    let errors = mistakes.to_compile_errors();
    let mut arguments_seen = false;
    let item: TokenStream = item
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if !arguments_seen && is_arguments(&group) => {
                arguments_seen = true;
                let mut borrowed = Group::new(group.delimiter(), borrow_unsized(group.stream()));
                borrowed.set_span(group.span());
                borrowed.into()
            }
            other => other,
        })
        .collect();
    quote!(#item #errors)
}

/// The first parentheses with a type in them; `pub(crate)` has none.
fn is_arguments(group: &Group) -> bool {
    group
        .stream()
        .into_iter()
        .any(|token| matches!(token, TokenTree::Punct(colon) if colon.as_char() == ':'))
}

/// The types without a size that annotated functions take.
const UNSIZED: [&str; 3] = ["ReadFileFn", "WriteFileFn", "str"];

/// `read_file: ReadFileFn` as `&ReadFileFn`: the compiler would have its own say on an argument
/// without a size, after we have had ours.
fn borrow_unsized(arguments: TokenStream) -> TokenStream {
    let mut before_type = false;
    let mut borrowed = TokenStream::new();
    for token in arguments {
        if let TokenTree::Ident(name) = &token
            && before_type
            && UNSIZED.iter().any(|unsized_type| name == unsized_type)
        {
            let mut and = Punct::new('&', Spacing::Alone);
            and.set_span(name.span());
            borrowed.extend([TokenTree::from(and)]);
        }
        before_type = matches!(&token, TokenTree::Punct(colon) if colon.as_char() == ':');
        borrowed.extend([token]);
    }
    borrowed
}
