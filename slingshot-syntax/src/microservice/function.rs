//! The function under `#[microservice]`: its arguments, and what makes it unfit to be a service.
//!
//! An argument is known by the last name of its type. An alias is refused: the source scan could
//! not see through it, and what the macro takes is what the scan sees.

use std::fmt;

use syn::{
    FnArg, GenericParam, Generics, Ident, Pat, ReturnType, Safety, Signature, Type, TypeReference,
};

use super::returns::Returns;
use crate::{
    Mistakes,
    types::{bare, last_name},
};

const ARGUMENTS: &str = "`u64`, `&ReadFileFn`, `&WriteFileFn`, `&mut PgConnection` (`&mut \
                         AsyncPgConnection` in an `async` function) and `&Delivery`";

/// What a service function takes and gives.
#[derive(Clone, Debug)]
pub struct Function {
    /// The function's name.
    pub name: Ident,
    /// Whether it is an `async fn`.
    pub is_async: bool,
    /// The arguments in their order.
    pub arguments: Vec<Argument>,
    /// How its result is handed on.
    pub returns: Returns,
    /// The return type as written; nothing for `()`.
    pub output: ReturnType,
}

/// One argument.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name in the signature, unless it is a pattern.
    pub name: Option<Ident>,
    /// The type as written.
    pub ty: Type,
    /// What the type says; `None` for a type that no service takes.
    pub kind: Option<ArgumentKind>,
}

/// What a service function can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// The id.
    Request,
    /// Objects to read.
    ReadFile,
    /// Objects to write.
    WriteFile,
    /// The database, for a function on a thread of its own.
    Connection,
    /// The database, for an `async` function.
    AsyncConnection,
    /// The message around the id.
    Delivery,
}

impl ArgumentKind {
    fn of(type_name: &str) -> Option<Self> {
        match type_name {
            "u64" => Some(Self::Request),
            "ReadFileFn" => Some(Self::ReadFile),
            "WriteFileFn" => Some(Self::WriteFile),
            "PgConnection" => Some(Self::Connection),
            "AsyncPgConnection" => Some(Self::AsyncConnection),
            "Delivery" => Some(Self::Delivery),
            _ => None,
        }
    }
}

/// As it is written in a signature.
impl fmt::Display for ArgumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "u64",
            Self::ReadFile => "&ReadFileFn",
            Self::WriteFile => "&WriteFileFn",
            Self::Connection => "&mut PgConnection",
            Self::AsyncConnection => "&mut AsyncPgConnection",
            Self::Delivery => "&Delivery",
        })
    }
}

impl Function {
    /// Reads a function that need not be fit to be a service, such as a helper of one.
    pub(crate) fn of_any(signature: &Signature) -> Self {
        Self::read(signature, &mut Mistakes::default())
    }

    pub(super) fn read(signature: &Signature, mistakes: &mut Mistakes) -> Self {
        check_qualifiers(signature, mistakes);
        check_generics(&signature.generics, mistakes);
        let mut arguments: Vec<Argument> = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => mistakes.at(
                    receiver.self_token,
                    "a service is a free function: move it out of the `impl` and remove `self`",
                ),
                FnArg::Typed(argument) => {
                    let argument = Argument {
                        name: pattern_name(&argument.pat),
                        ty: (*argument.ty).clone(),
                        kind: argument_kind(&argument.ty),
                    };
                    argument.check(&arguments, signature, mistakes);
                    arguments.push(argument);
                }
            }
        }
        Self {
            name: signature.ident.clone(),
            is_async: signature.asyncness.is_some(),
            arguments,
            returns: Returns::read(&signature.output, mistakes),
            output: signature.output.clone(),
        }
    }
}

impl Argument {
    fn check(&self, earlier: &[Self], signature: &Signature, mistakes: &mut Mistakes) {
        if let Some(mistake) = misspelled(&self.ty) {
            mistakes.at(&self.ty, mistake);
        } else if let Some(kind) = self.kind
            && earlier.iter().any(|argument| argument.kind == Some(kind))
        {
            mistakes.at(
                &self.ty,
                format!("arguments are told apart by their type: keep one `{kind}`"),
            );
        } else if let Some(mistake) = self.wrong_connection(signature.asyncness.is_some()) {
            mistakes.at(&self.ty, mistake);
        }
    }

    fn wrong_connection(&self, is_async: bool) -> Option<&'static str> {
        match self.kind? {
            ArgumentKind::Connection if is_async => Some(
                "`&mut PgConnection` blocks its thread: take `&mut AsyncPgConnection`, or remove \
                 `async`, so that the function has a thread of its own",
            ),
            ArgumentKind::AsyncConnection if !is_async => Some(
                "`&mut AsyncPgConnection` has to be waited for: make the function `async`, or take \
                 `&mut PgConnection`",
            ),
            _ => None,
        }
    }
}

fn check_qualifiers(signature: &Signature, mistakes: &mut Mistakes) {
    if let Safety::Unsafe(keyword) = signature.safety {
        mistakes.at(
            keyword,
            "the runtime calls a service, so it must be safe: move `unsafe` into the body",
        );
    }
    if let Some(abi) = &signature.abi {
        mistakes.at(abi, "a service is a Rust function: remove the ABI");
    }
    if let Some(variadic) = &signature.variadic {
        mistakes.at(variadic.dots, format!("a service takes {ARGUMENTS} only"));
    }
}

fn check_generics(generics: &Generics, mistakes: &mut Mistakes) {
    for parameter in &generics.params {
        let name = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
        };
        mistakes.at(
            parameter,
            format!("a service is one function, not a family: put a type in place of `{name}`"),
        );
    }
}

fn pattern_name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(name) => Some(name.ident.clone()),
        _ => None,
    }
}

/// The kind that a correctly spelled type says.
fn argument_kind(ty: &Type) -> Option<ArgumentKind> {
    let (name, reference) = match bare(ty) {
        Type::Reference(reference) => (last_name(&reference.elem)?, Some(reference)),
        owned => (last_name(owned)?, None),
    };
    let kind = ArgumentKind::of(&name)?;
    let mutable = reference.is_some_and(|reference| reference.mutability.is_some());
    let spelled = match kind {
        ArgumentKind::Request => reference.is_none(),
        ArgumentKind::Connection | ArgumentKind::AsyncConnection => mutable,
        ArgumentKind::ReadFile | ArgumentKind::WriteFile | ArgumentKind::Delivery => {
            reference.is_some() && !mutable
        }
    };
    spelled.then_some(kind)
}

fn misspelled(ty: &Type) -> Option<String> {
    const NUMBERS: [&str; 11] = [
        "u8", "u16", "u32", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    ];
    if argument_kind(ty).is_some() {
        return None;
    }
    let inner = match bare(ty) {
        Type::Reference(TypeReference { elem, .. }) => elem,
        other => other,
    };
    let Some(name) = last_name(inner) else {
        return Some(format!("a service takes {ARGUMENTS}, spelled like this"));
    };
    match ArgumentKind::of(&name) {
        Some(kind) => Some(format!("take this argument as `{kind}`")),
        None if NUMBERS.contains(&name.as_str()) => {
            Some("a request is a `u64`; take it as that and convert it in the body".to_owned())
        }
        None if name == "SharedState" || name == "Bus" => Some(format!(
            "`&{name}` comes with a later version of Slingshot; a service takes {ARGUMENTS}"
        )),
        None => Some(format!(
            "a service cannot take `{name}`: it takes {ARGUMENTS}, spelled like this"
        )),
    }
}
