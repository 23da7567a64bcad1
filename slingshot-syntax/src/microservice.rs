//! `#[microservice(..)]` on a function: what it says, and whether it can be a service.

mod deduplicate;
mod function;
mod retry;
mod returns;
mod signature;
mod value;
mod words;

use proc_macro2::TokenStream;
use syn::Signature;

pub use function::{Argument, ArgumentKind, Function};
pub use returns::Returns;
pub use words::{Unrouted, Words};

use crate::{Mistakes, names};

/// An annotated function.
#[derive(Clone, Debug)]
pub struct Microservice {
    /// The words of the attribute.
    pub words: Words,
    /// The function under it.
    pub function: Function,
}

impl Microservice {
    /// Reads the attribute's words and the function's tokens; the body is not looked at.
    ///
    /// # Errors
    ///
    /// Every mistake, when there is one.
    pub fn parse(words: TokenStream, item: TokenStream) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let Some(signature) = signature::parse(item, &mut mistakes) else {
            Words::read(words, &mut mistakes);
            return Err(mistakes);
        };
        let (service, mistakes) = Self::read(words, &signature);
        if mistakes.is_empty() {
            Ok(service)
        } else {
            Err(mistakes)
        }
    }

    /// Reads the attribute's words and the function's signature.
    pub fn read(words: TokenStream, signature: &Signature) -> (Self, Mistakes) {
        let mut mistakes = Mistakes::default();
        let words = Words::read(words, &mut mistakes);
        let function = Function::read(signature, &mut mistakes);
        let service = Self { words, function };
        if service.words.name.is_none()
            && let Some(mistake) = names::service_mistake(&service.name())
        {
            mistakes.at(
                &service.function.name,
                format!("{mistake} (`name = \"..\"`)"),
            );
        }
        (service, mistakes)
    }

    /// The service's name: the word `name`, else the function's name with `-` for `_`.
    pub fn name(&self) -> String {
        match &self.words.name {
            Some(name) => name.value(),
            None => names::of_function(&self.function.name),
        }
    }
}
