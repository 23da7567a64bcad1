//! Where the generated code finds the facade's hidden module.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use slingshot_syntax::Mistakes;
use syn::Path;

/// The path of the hidden module: through the word `crate`, else by the name that the user's
/// manifest gives to the package `slingshot`.
pub(crate) fn hidden_module(word: Option<&Path>, mistakes: &mut Mistakes) -> TokenStream {
    if let Some(path) = word {
        return quote!(#path::__private);
    }
    let name = match crate_name("slingshot") {
        Ok(FoundCrate::Name(name)) => name,
        // The facade's own examples, tests and documentation see it from outside, by its name.
        Ok(FoundCrate::Itself) => "slingshot".to_owned(),
        Err(_) => {
            mistakes.add(
                Span::call_site(),
                "this package does not depend on `slingshot`: add it to `[dependencies]`, or say \
                 where it is re-exported with `crate = path`",
            );
            "slingshot".to_owned()
        }
    };
    let name = Ident::new(&name, Span::call_site());
    quote!(::#name::__private)
}
