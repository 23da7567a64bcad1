//! The function under an attribute, read up to its body.
//!
//! The body stays raw tokens: it may be half typed, and completions inside it must keep working.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Signature, Token, Visibility,
    parse::{ParseStream, Parser},
};

use crate::Mistakes;

/// `misplaced` is what to say of an item that is no function.
pub(crate) fn parse(
    item: TokenStream,
    misplaced: &str,
    mistakes: &mut Mistakes,
) -> Option<Signature> {
    match parse_function.parse2(item) {
        Ok(Item::Function(signature)) => Some(*signature),
        Ok(Item::Other(keyword)) => {
            mistakes.at(keyword, misplaced);
            None
        }
        Err(error) => {
            mistakes.add_syntax(error);
            None
        }
    }
}

enum Item {
    Function(Box<Signature>),
    Other(TokenStream),
}

fn parse_function(input: ParseStream<'_>) -> syn::Result<Item> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    if let Some(keyword) = other_item(input)? {
        input.parse::<TokenStream>()?;
        return Ok(Item::Other(keyword));
    }
    let signature = input.parse()?;
    input.parse::<TokenStream>()?;
    Ok(Item::Function(Box::new(signature)))
}

/// The keyword of an item that is no function.
fn other_item(input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
    macro_rules! keyword {
        ($($keyword:tt)*) => {
            $(if input.peek(Token![$keyword]) {
                return Ok(Some(input.parse::<Token![$keyword]>()?.into_token_stream()));
            })*
        };
    }
    if input.peek(Token![const]) && (input.peek2(Token![fn]) || input.peek2(Token![unsafe])) {
        return Ok(None);
    }
    keyword!(struct enum impl mod trait type use static const);
    Ok(None)
}
