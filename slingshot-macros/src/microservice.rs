//! The expansion of `#[microservice]`: the function as it was, and one registration.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use slingshot_syntax::{Argument, Function, Microservice, Retry, Returns, Unrouted, Words};
use syn::spanned::Spanned;

use crate::function::{self, at, duration, option, parts, result, source};

pub(crate) fn expand(words: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = Microservice::parse(words, item.clone());
    function::expanded(
        item,
        parsed,
        |service| service.words.facade.as_ref(),
        registration,
    )
}

/// The one hidden item: a constant, handed to the runtime.
pub(crate) fn registration(service: &Microservice, hidden: &TokenStream) -> TokenStream {
    let Microservice {
        words, function, ..
    } = service;
    let name = service.name();
    let sys_map = option(words.sys_map.as_ref());
    let settings = settings(words);
    let source = source(function);
    let (reads, writes) = (&words.reads, &words.writes);
    let needs = function.arguments.iter().map(needs);
    let call = call(service);
    let cases = cases(service);
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
    function::settings(&quote!(__slingshot::Settings), &written)
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

fn needs(argument: &Argument) -> TokenStream {
    let ty = without_lifetimes(argument.ty.to_token_stream());
    quote_spanned!(at(&argument.ty)=> <#ty as __slingshot::Argument<'static>>::NEEDS)
}

fn invocation(function: &Function) -> TokenStream {
    function::invocation(function, |position| {
        if function.is_async {
            quote_spanned!(position=> __slingshot::take_async(parts))
        } else {
            quote_spanned!(position=> __slingshot::Argument::take(parts))
        }
    })
}

/// `result` as a type that the runtime knows by its name.
fn wrapped(returns: Returns, result: &TokenStream) -> TokenStream {
    match returns {
        Returns::AsIs => result.clone(),
        Returns::Iterator => quote!(__slingshot::Iterate(#result)),
        Returns::ResultOfIterator => {
            quote!(::core::result::Result::map(#result, __slingshot::Iterate))
        }
    }
}

fn call(service: &Microservice) -> TokenStream {
    let function = &service.function;
    let mut invocation = invocation(function);
    if function.is_async {
        invocation = quote!(#invocation.await);
    }
    let value = wrapped(service.returns, &invocation);
    let result = result(function);
    let outcome = quote_spanned!(result.span()=> __slingshot::Returns::outcome(#result));
    function::call(function, &quote!(__slingshot::Call), &value, &outcome)
}

/// The closed set of cases, from the type of a call that is never made.
fn cases(service: &Microservice) -> TokenStream {
    let function = &service.function;
    let parts = parts(function);
    let invocation = invocation(function);
    let position = result(function).span();
    if !function.is_async {
        let value = wrapped(service.returns, &invocation);
        return quote_spanned!(position=> __slingshot::cases_of(|#parts| #value));
    }
    let future = match service.returns {
        Returns::AsIs => invocation,
        Returns::Iterator | Returns::ResultOfIterator => {
            let value = wrapped(service.returns, &quote!(future.await));
            quote!({
                let future = #invocation;
                async move { #value }
            })
        }
    };
    quote_spanned!(position=> __slingshot::cases_of_async(|#parts| #future))
}

fn startup(words: &Words) -> TokenStream {
    option(words.startup.as_ref().map(|path| {
        let startup = quote_spanned!(path.span()=> __slingshot::startup(#path));
        quote!(|| #startup)
    }))
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
