//! What every expansion writes of the user's function: its place, its call, its words' values.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use slingshot_syntax::Function;
use syn::{ReturnType, spanned::Spanned};

/// The line and column of the function's name: `line!` gives the place of its own tokens.
pub(crate) fn source(function: &Function) -> TokenStream {
    quote_spanned! {function.name.span()=>
        __slingshot::SourceLocation {
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        }
    }
}

/// `process(take(parts), take(parts))`; each error about an argument stands at its type, whose place
/// `take` is given.
pub(crate) fn invocation(function: &Function, take: impl Fn(Span) -> TokenStream) -> TokenStream {
    let name = &function.name;
    let arguments = function
        .arguments
        .iter()
        .map(|argument| take(at(&argument.ty)));
    quote_spanned!(at(name)=> #name(#(#arguments),*))
}

/// The variable of the result, at the place of the return type.
///
/// The compiler reports one unmet bound once per place: `call` and `cases` ask the same of the
/// return type, so they ask it here, and a wrong type gives one message.
pub(crate) fn result(function: &Function) -> Ident {
    let place = match &function.output {
        ReturnType::Default => function.name.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    Ident::new("result", place)
}

/// The name of the closure's argument, unused in a function that takes nothing.
pub(crate) fn parts(function: &Function) -> Ident {
    if function.arguments.is_empty() {
        format_ident!("_parts")
    } else {
        format_ident!("parts")
    }
}

/// The place of the user's tokens, but generated: lints of style leave it alone.
pub(crate) fn at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

pub(crate) fn option<T: ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

pub(crate) fn duration(duration: Duration) -> TokenStream {
    let seconds = duration.as_secs();
    let nanoseconds = duration.subsec_nanos();
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}
