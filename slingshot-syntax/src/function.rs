//! The function under an annotation: its arguments, and what makes it unfit for the runtime.

use syn::{FnArg, GenericParam, Generics, Ident, Pat, ReturnType, Safety, Signature};

use crate::{Argument, ArgumentKind, Mistakes, argument::Taker};

/// What an annotated function takes and gives.
#[derive(Clone, Debug)]
pub struct Function {
    /// The function's name.
    pub name: Ident,
    /// Whether it is an `async fn`.
    pub is_async: bool,
    /// The arguments in their order.
    pub arguments: Vec<Argument>,
    /// The return type as written; nothing for `()`.
    pub output: ReturnType,
}

impl Function {
    /// Reads a function that need not be fit for anything, such as a helper of a service.
    pub(crate) fn of_any(signature: &Signature) -> Self {
        let arguments = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(argument) => {
                Some(Argument::new(pattern_name(&argument.pat), &argument.ty))
            }
        });
        Self {
            name: signature.ident.clone(),
            is_async: signature.asyncness.is_some(),
            arguments: arguments.collect(),
            output: signature.output.clone(),
        }
    }

    pub(crate) fn read(signature: &Signature, taker: &Taker, mistakes: &mut Mistakes) -> Self {
        let noun = taker.noun;
        check_qualifiers(signature, taker, mistakes);
        check_generics(&signature.generics, noun, mistakes);
        let function = Self::of_any(signature);
        let mut index = 0;
        for input in &signature.inputs {
            if let FnArg::Receiver(receiver) = input {
                mistakes.at(
                    receiver.self_token,
                    format!(
                        "{noun} is a free function: move it out of the `impl` and remove `self`"
                    ),
                );
                continue;
            }
            let (earlier, rest) = function.arguments.split_at(index);
            if let Some(argument) = rest.first() {
                argument.check(earlier, function.is_async, taker, mistakes);
            }
            index += 1;
        }
        function
    }

    /// Whether one of the arguments is of this kind.
    pub(crate) fn takes(&self, kind: ArgumentKind) -> bool {
        self.arguments
            .iter()
            .any(|argument| argument.kind == Some(kind))
    }
}

fn check_qualifiers(signature: &Signature, taker: &Taker, mistakes: &mut Mistakes) {
    let Taker { noun, listed, .. } = taker;
    if let Safety::Unsafe(keyword) = signature.safety {
        mistakes.at(
            keyword,
            format!("the runtime calls {noun}, so it must be safe: move `unsafe` into the body"),
        );
    }
    if let Some(abi) = &signature.abi {
        mistakes.at(abi, format!("{noun} is a Rust function: remove the ABI"));
    }
    if let Some(variadic) = &signature.variadic {
        mistakes.at(variadic.dots, format!("{noun} takes {listed} only"));
    }
}

fn check_generics(generics: &Generics, noun: &str, mistakes: &mut Mistakes) {
    for parameter in &generics.params {
        let name = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
        };
        mistakes.at(
            parameter,
            format!("{noun} is one function, not a family: put a type in place of `{name}`"),
        );
    }
}

fn pattern_name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(name) => Some(name.ident.clone()),
        _ => None,
    }
}
