//! The expansion of `#[derive(Case)]`.

use proc_macro2::TokenStream;
use quote::quote;
use slingshot_syntax::{CaseEnum, CaseLiteral, Mistakes};

use crate::facade;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    match CaseEnum::parse(item) {
        Ok((cases, mut mistakes)) => {
            let hidden = facade::hidden_module(cases.facade.as_ref(), &mut mistakes);
            if mistakes.is_empty() {
                implementation(&cases, &hidden)
            } else {
                fallback(&cases, &hidden, &mistakes)
            }
        }
        Err(mistakes) => mistakes.to_compile_errors(),
    }
}

/// The implementation: a constant and a match.
pub(crate) fn implementation(cases: &CaseEnum, hidden: &TokenStream) -> TokenStream {
    let name = &cases.ident;
    let variants = cases.variants.iter().map(|variant| &variant.ident);
    let values: Vec<TokenStream> = cases
        .variants
        .iter()
        .map(|variant| value(&variant.case, hidden))
        .collect();
    quote! {
        #[automatically_derived]
        impl #hidden::Case for #name {
            const CASES: ::core::option::Option<&'static [#hidden::CaseValue]> = {
                const ALL: &[#hidden::CaseValue] = &[#(#values),*];
                ::core::option::Option::Some(ALL)
            };

            fn into_value(self) -> #hidden::CaseValue {
                match self {
                    #(Self::#variants => #values,)*
                }
            }
        }
    }
}

fn value(case: &CaseLiteral, hidden: &TokenStream) -> TokenStream {
    match case {
        CaseLiteral::Bool(value) => quote!(#hidden::CaseValue::Bool(#value)),
        CaseLiteral::Integer(_) => quote!(#hidden::CaseValue::Integer(#case)),
        CaseLiteral::Text(text) => quote!(#hidden::CaseValue::text(#text)),
    }
}

/// The mistakes, and an implementation that keeps the compiler from complaining of a missing one
/// wherever the type is used.
fn fallback(cases: &CaseEnum, hidden: &TokenStream, mistakes: &Mistakes) -> TokenStream {
    let errors = mistakes.to_compile_errors();
    let name = &cases.ident;
    let (parameters, arguments, bounds) = cases.generics.split_for_impl();
    quote! {
        #errors
        #[automatically_derived]
        impl #parameters #hidden::Case for #name #arguments #bounds {
            const CASES: ::core::option::Option<&'static [#hidden::CaseValue]> =
                ::core::option::Option::None;

            fn into_value(self) -> #hidden::CaseValue {
                ::core::unreachable!()
            }
        }
    }
}
