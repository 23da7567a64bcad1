//! What every expansion writes of the user's function: its place, its call, its words' values.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use slingshot_syntax::{Function, Mistakes};
use syn::{Path, ReturnType, spanned::Spanned};

use crate::{facade, fallback};

/// The function as it was, with its registration beside it; or with its mistakes.
pub(crate) fn expanded<T>(
    item: TokenStream,
    parsed: Result<T, Mistakes>,
    facade: impl FnOnce(&T) -> Option<&Path>,
    registration: impl FnOnce(&T, &TokenStream) -> TokenStream,
) -> TokenStream {
    let registered = parsed.and_then(|annotated| {
        let mut mistakes = Mistakes::default();
        let hidden = facade::hidden_module(facade(&annotated), &mut mistakes);
        if mistakes.is_empty() {
            Ok(registration(&annotated, &hidden))
        } else {
            Err(mistakes)
        }
    });
    match registered {
        Ok(registration) => quote!(#item #registration),
        Err(mistakes) => fallback::tokens(item, &mistakes),
    }
}

/// The settings that are `written`; the rest is the runtime's default.
///
/// Assignments, because an update `..NONE` of a struct with every field written is a finding of clippy.
pub(crate) fn settings(of: &TokenStream, written: &TokenStream) -> TokenStream {
    if written.is_empty() {
        return quote!(#of::NONE);
    }
    quote!({
        let mut settings = #of::NONE;
        #written
        settings
    })
}

/// How the runtime calls the function: `value`, which takes its arguments from the parts, and what the runtime makes
/// of that.
pub(crate) fn call(
    function: &Function,
    of: &TokenStream,
    value: &TokenStream,
    outcome: &TokenStream,
) -> TokenStream {
    let (parts, result) = (parts(function), result(function));
    let body = quote!(let #parts = &mut parts; let #result = #value; #outcome);
    if function.is_async {
        // A future that is not `Send` is reported at the function's name.
        let future = quote_spanned! {function.name.span()=>
            __slingshot::BoxedFuture::pin(async move { #body })
        };
        quote!(#of::Async(|mut parts| #future))
    } else {
        quote!(#of::Sync(|mut parts| { #body }))
    }
}

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
