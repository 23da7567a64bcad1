//! The expansion of `#[handler]`, `#[upload]`, `#[download]` and `#[metadata]`: the function as it was,
//! and one registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use slingshot_syntax::{Handler, HandlerKind, HandlerWords, Mistakes};

use crate::{
    facade, fallback,
    function::{self, duration, option, parts, result, source},
};

pub(crate) fn expand(kind: HandlerKind, words: TokenStream, item: TokenStream) -> TokenStream {
    let registered = Handler::parse(kind, words, item.clone()).and_then(|handler| {
        let mut mistakes = Mistakes::default();
        let hidden = facade::hidden_module(handler.words.facade.as_ref(), &mut mistakes);
        if mistakes.is_empty() {
            Ok(registration(&handler, &hidden))
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
pub(crate) fn registration(handler: &Handler, hidden: &TokenStream) -> TokenStream {
    let name = handler.name();
    let kind = match handler.kind {
        HandlerKind::Request => quote!(Request),
        HandlerKind::Upload => quote!(Upload),
        HandlerKind::Download => quote!(Download),
        HandlerKind::Metadata => quote!(Metadata),
    };
    let settings = settings(&handler.words);
    let source = source(&handler.function);
    let call = call(handler);
    quote! {
        const _: () = {
            use #hidden as __slingshot;
            __slingshot::submit! {
                __slingshot::HandlerRegistration {
                    name: #name,
                    kind: __slingshot::HandlerKind::#kind,
                    settings: #settings,
                    source: #source,
                    call: #call,
                }
            }
        };
    }
}

/// The words that are written; the rest is the runtime's default.
fn settings(words: &HandlerWords) -> TokenStream {
    let mut written = TokenStream::new();
    if let Some(replicas) = words.replicas {
        let replicas = option(Some(replicas.get()));
        written.extend(quote!(settings.replicas = #replicas;));
    }
    if let Some(queue) = words.queue {
        let queue = option(Some(queue));
        written.extend(quote!(settings.queue = #queue;));
    }
    if let Some(timeout) = words.timeout {
        let timeout = option(Some(duration(timeout)));
        written.extend(quote!(settings.timeout = #timeout;));
    }
    if written.is_empty() {
        return quote!(__slingshot::HandlerSettings::NONE);
    }
    quote!({
        let mut settings = __slingshot::HandlerSettings::NONE;
        #written
        settings
    })
}

fn call(handler: &Handler) -> TokenStream {
    let function = &handler.function;
    let parts = parts(function);
    let invocation = function::invocation(
        function,
        |position| quote_spanned!(position=> __slingshot::HandlerArgument::take(parts)?),
    );
    let result = result(function);
    let place = result.span();
    let outcome = match handler.kind {
        HandlerKind::Download => quote_spanned!(place=> __slingshot::download_outcome(#result)),
        HandlerKind::Request | HandlerKind::Upload | HandlerKind::Metadata => {
            quote_spanned!(place=> __slingshot::HandlerReturns::outcome(#result))
        }
    };
    if function.is_async {
        let body = quote!(let #parts = &mut parts; let #result = #invocation.await; #outcome);
        // A future that is not `Send` is reported at the function's name.
        let future = quote_spanned! {function.name.span()=>
            __slingshot::BoxedFuture::pin(async move { #body })
        };
        quote!(__slingshot::HandlerCall::Async(|mut parts| #future))
    } else {
        quote! {
            __slingshot::HandlerCall::Sync(|mut parts| {
                let #parts = &mut parts;
                let #result = #invocation;
                #outcome
            })
        }
    }
}
