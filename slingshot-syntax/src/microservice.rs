//! `#[microservice(..)]` on a function: what it says, and whether it can be a service.

mod deduplicate;
mod retry;
mod returns;
mod words;

use proc_macro2::TokenStream;
use syn::Signature;

pub use self::{
    returns::Returns,
    words::{Unrouted, Words},
};
use crate::{ArgumentKind, Function, Mistakes, argument::Taker, names, signature};

const SERVICE: Taker = Taker {
    noun: "a service",
    kinds: &[
        ArgumentKind::Request,
        ArgumentKind::ReadFile,
        ArgumentKind::WriteFile,
        ArgumentKind::Connection,
        ArgumentKind::AsyncConnection,
        ArgumentKind::Delivery,
        ArgumentKind::Bus,
        ArgumentKind::SharedState,
    ],
    listed: "`u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` (`&mut AsyncPgConnection` in \
             an `async` function), `&Delivery`, `&Bus` and `&SharedState`",
};

const MISPLACED: &str = "`#[microservice]` belongs on a function; move it to the `fn` that takes \
                         the requests";

/// An annotated function.
#[derive(Clone, Debug)]
pub struct Microservice {
    /// The words of the attribute.
    pub words: Words,
    /// The function under it.
    pub function: Function,
    /// How its result is handed on.
    pub returns: Returns,
}

impl Microservice {
    /// Reads the attribute's words and the function's tokens; the body is not looked at.
    ///
    /// # Errors
    ///
    /// Every mistake, when there is one.
    pub fn parse(words: TokenStream, item: TokenStream) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let Some(signature) = signature::parse(item, MISPLACED, &mut mistakes) else {
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
        let function = Function::read(signature, &SERVICE, &mut mistakes);
        let service = Self {
            words,
            function,
            returns: Returns::read(&signature.output, &mut mistakes),
        };
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
