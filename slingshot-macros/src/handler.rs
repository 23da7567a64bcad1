//! The expansion of `#[handler]`, `#[upload]`, `#[download]` and `#[metadata]`: the function as it was,
//! and one registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use slingshot_syntax::{Handler, HandlerKind, HandlerWords};

use crate::function::{self, duration, option, result, source};

pub(crate) fn expand(kind: HandlerKind, words: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = Handler::parse(kind, words, item.clone());
    function::expanded(
        item,
        parsed,
        |handler| handler.words.facade.as_ref(),
        registration,
    )
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
    function::settings(&quote!(__slingshot::HandlerSettings), &written)
}

fn call(handler: &Handler) -> TokenStream {
    let function = &handler.function;
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
    let value = if function.is_async {
        quote!(#invocation.await)
    } else {
        invocation
    };
    function::call(
        function,
        &quote!(__slingshot::HandlerCall),
        &value,
        &outcome,
    )
}
