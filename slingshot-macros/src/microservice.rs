//! The expansion of `#[microservice]`: the function as it was, and one registration.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use slingshot_syntax::{
    Argument, Function, Microservice, Mistakes, Retry, Returns, Unrouted, Words,
};
use syn::{ReturnType, spanned::Spanned};

use crate::{facade, fallback};

pub(crate) fn expand(words: TokenStream, item: TokenStream) -> TokenStream {
    let registered = Microservice::parse(words, item.clone()).and_then(|service| {
        let mut mistakes = Mistakes::default();
        let hidden = facade::hidden_module(service.words.facade.as_ref(), &mut mistakes);
        if mistakes.is_empty() {
            Ok(registration(&service, &hidden))
        } else {
            Err(mistakes)
        }
    });
    match registered {
        Ok(registration) => quote!(#item #registration),
        Err(mistakes) => fallback::tokens(item, &mistakes),
    }
}

/// The one hidden item: a constant, handed to the runtime.
pub(crate) fn registration(service: &Microservice, hidden: &TokenStream) -> TokenStream {
    let Microservice { words, function } = service;
    let name = service.name();
    let sys_map = option(words.sys_map.as_ref());
    let settings = settings(words);
    let source = source(function);
    let (reads, writes) = (&words.reads, &words.writes);
    let needs = function.arguments.iter().map(needs);
    let call = call(function);
    let cases = cases(function);
    let startup = startup(words);
    quote! {
        const _: () = {
            use #hidden as __slingshot;
            __slingshot::submit! {
                __slingshot::Registration {
                    name: #name,
                    sys_map: #sys_map,
                    settings: #settings,
                    source: #source,
                    reads: &[#(#reads),*],
                    writes: &[#(#writes),*],
                    needs: __slingshot::Needs::NONE #(.and(#needs))*,
                    call: #call,
                    cases: || #cases,
                    startup: #startup,
                }
            }
        };
    }
}

fn option<T: ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The words that are written; the rest is the runtime's default.
///
/// Assignments, because an update `..NONE` of a struct with every field written is a finding of clippy.
fn settings(words: &Words) -> TokenStream {
    let mut written = TokenStream::new();
    if let Some(replicas) = words.replicas {
        let replicas = option(Some(replicas.get()));
        written.extend(quote!(settings.replicas = #replicas;));
    }
    if let Some(prefetch) = words.prefetch {
        let prefetch = option(Some(prefetch.get()));
        written.extend(quote!(settings.prefetch = #prefetch;));
    }
    if let Some(timeout) = words.timeout {
        let timeout = option(Some(duration(timeout)));
        written.extend(quote!(settings.timeout = #timeout;));
    }
    if let Some(transaction) = words.transaction {
        written.extend(quote!(settings.transaction = #transaction;));
    }
    if let Some(unrouted) = words.unrouted {
        let unrouted = match unrouted {
            Unrouted::DeadLetter => quote!(DeadLetter),
            Unrouted::Drop => quote!(Drop),
        };
        written.extend(quote!(settings.unrouted = __slingshot::Unrouted::#unrouted;));
    }
    if let Some(retry) = words.retry {
        let retry = option(Some(retry_of(&retry)));
        written.extend(quote!(settings.retry = #retry;));
    }
    if let Some(keep) = words.deduplicate {
        let keep = option(Some(duration(keep)));
        written.extend(quote!(settings.deduplicate = #keep;));
    }
    if written.is_empty() {
        return quote!(__slingshot::Settings::NONE);
    }
    quote!({
        let mut settings = __slingshot::Settings::NONE;
        #written
        settings
    })
}

fn retry_of(retry: &Retry) -> TokenStream {
    let (max, factor) = (retry.max, retry.factor);
    let (initial, max_delay) = (duration(retry.initial), duration(retry.max_delay));
    quote! {
        __slingshot::Retry {
            max: #max,
            initial: #initial,
            factor: #factor,
            max_delay: #max_delay,
        }
    }
}

fn duration(duration: Duration) -> TokenStream {
    let seconds = duration.as_secs();
    let nanoseconds = duration.subsec_nanos();
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

/// The line and column of the function's name: `line!` gives the place of its own tokens.
fn source(function: &Function) -> TokenStream {
    quote_spanned! {function.name.span()=>
        __slingshot::SourceLocation {
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        }
    }
}

fn needs(argument: &Argument) -> TokenStream {
    let ty = without_lifetimes(argument.ty.to_token_stream());
    quote_spanned!(at(&argument.ty)=> <#ty as __slingshot::Argument<'static>>::NEEDS)
}

/// `process(take(parts), take(parts))`; each error about an argument stands at its type.
fn invocation(function: &Function) -> TokenStream {
    let name = &function.name;
    let arguments = function.arguments.iter().map(|argument| {
        let take = if function.is_async {
            quote!(take_async)
        } else {
            quote!(Argument::take)
        };
        quote_spanned!(at(&argument.ty)=> __slingshot::#take(parts))
    });
    quote_spanned!(at(name)=> #name(#(#arguments),*))
}

/// `result` as a type that the runtime knows by its name.
fn wrapped(function: &Function, result: &TokenStream) -> TokenStream {
    match function.returns {
        Returns::AsIs => result.clone(),
        Returns::Iterator => quote!(__slingshot::Iterate(#result)),
        Returns::ResultOfIterator => {
            quote!(::core::result::Result::map(#result, __slingshot::Iterate))
        }
    }
}

fn call(function: &Function) -> TokenStream {
    let parts = parts(function);
    let invocation = invocation(function);
    let result = result(function);
    let outcome = quote_spanned!(result.span()=> __slingshot::Returns::outcome(#result));
    if function.is_async {
        let value = wrapped(function, &quote!(#invocation.await));
        let body = quote!(let #parts = &mut parts; let #result = #value; #outcome);
        // A future that is not `Send` is reported at the function's name.
        let future = quote_spanned! {function.name.span()=>
            __slingshot::BoxedFuture::pin(async move { #body })
        };
        quote!(__slingshot::Call::Async(|mut parts| #future))
    } else {
        let value = wrapped(function, &invocation);
        quote! {
            __slingshot::Call::Sync(|mut parts| {
                let #parts = &mut parts;
                let #result = #value;
                #outcome
            })
        }
    }
}

/// The closed set of cases, from the type of a call that is never made.
fn cases(function: &Function) -> TokenStream {
    let parts = parts(function);
    let invocation = invocation(function);
    let position = result(function).span();
    if !function.is_async {
        let value = wrapped(function, &invocation);
        return quote_spanned!(position=> __slingshot::cases_of(|#parts| #value));
    }
    let future = match function.returns {
        Returns::AsIs => invocation,
        Returns::Iterator | Returns::ResultOfIterator => {
            let value = wrapped(function, &quote!(future.await));
            quote!({
                let future = #invocation;
                async move { #value }
            })
        }
    };
    quote_spanned!(position=> __slingshot::cases_of_async(|#parts| #future))
}

/// The variable of the result, at the place of the return type.
///
/// The compiler reports one unmet bound once per place: `call` and `cases` ask the same of the
/// return type, so they ask it here, and a wrong type gives one message.
fn result(function: &Function) -> Ident {
    let place = match &function.output {
        ReturnType::Default => function.name.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    Ident::new("result", place)
}

fn startup(words: &Words) -> TokenStream {
    option(words.startup.as_ref().map(|path| {
        let startup = quote_spanned!(path.span()=> __slingshot::startup(#path));
        quote!(|| #startup)
    }))
}

/// The name of the closure's argument, unused in a function that takes nothing.
fn parts(function: &Function) -> Ident {
    if function.arguments.is_empty() {
        format_ident!("_parts")
    } else {
        format_ident!("parts")
    }
}

/// The place of the user's tokens, but generated: lints of style leave it alone.
fn at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

/// A lifetime parameter of the function is not in scope outside it; the compiler infers it.
fn without_lifetimes(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(name) if after_quote && name != "static" => {
                after_quote = false;
                Ident::new("_", name.span()).into()
            }
            TokenTree::Group(group) => {
                after_quote = false;
                let mut inside =
                    proc_macro2::Group::new(group.delimiter(), without_lifetimes(group.stream()));
                inside.set_span(group.span());
                inside.into()
            }
            other => {
                after_quote = matches!(&other, TokenTree::Punct(p) if p.as_char() == '\'');
                other
            }
        })
        .collect()
}
