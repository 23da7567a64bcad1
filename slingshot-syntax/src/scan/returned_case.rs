//! The case type that a return type names.

use proc_macro2::Span;
use syn::{ReturnType, Type, TypeParamBound, spanned::Spanned};

use crate::types::{arguments, bare, bound_segment, last_name, segment_arguments};

/// A type of any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenCase {
    /// `String`, `&str`.
    Text,
    /// `i64` and the others with a sign.
    Signed,
    /// `u64` and the others without.
    Unsigned,
}

/// The case type that a return type names.
#[derive(Clone, Debug)]
pub(crate) enum ReturnedCase {
    /// `()`: no case is ever returned.
    Nothing,
    /// `bool`: `false` and `true`.
    Bool,
    /// Strings and integers: any value of the type.
    Open(OpenCase, Span),
    /// The `Kind` in `(u64, Kind)`.
    Named(String, Span),
    /// A type without a pair in it: an alias of one, perhaps.
    Whole(String, Span),
    /// Nothing that could be read.
    Unknown(Span),
}

impl ReturnedCase {
    /// Finds the `C` of the first `(u64, C)`.
    pub(crate) fn read(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Nothing,
            ReturnType::Type(_, ty) => find_case(ty).unwrap_or(Self::Unknown(ty.span())),
        }
    }

    /// The same, of the right-hand side of a type alias.
    pub(crate) fn of_alias(ty: &Type) -> Self {
        find_case(ty).unwrap_or(Self::Unknown(ty.span()))
    }
}

fn find_case(ty: &Type) -> Option<ReturnedCase> {
    match bare(ty) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Some(ReturnedCase::Nothing),
        Type::Tuple(tuple) if tuple.elems.len() == 2 => Some(case_type(&tuple.elems[1])),
        Type::Array(array) => find_case(&array.elem),
        Type::Path(path) => {
            let name = last_name(ty)?;
            let mut inside = arguments(path);
            match (inside.next(), inside.next()) {
                (Some(_), Some(case)) if name.ends_with("Map") => Some(case_type(case)),
                (Some(first), _) => find_case(first),
                (None, _) => Some(ReturnedCase::Whole(name, path.span())),
            }
        }
        Type::ImplTrait(opaque) => find_in_bounds(&opaque.bounds),
        Type::TraitObject(object) => find_in_bounds(&object.bounds),
        _ => None,
    }
}

fn find_in_bounds<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
) -> Option<ReturnedCase> {
    bounds
        .into_iter()
        .filter_map(bound_segment)
        .flat_map(segment_arguments)
        .find_map(find_case)
}

fn case_type(ty: &Type) -> ReturnedCase {
    match bare(ty) {
        Type::Reference(reference) => case_type(&reference.elem),
        Type::Path(path) => match last_name(ty) {
            Some(name) => match &*name {
                "bool" => ReturnedCase::Bool,
                "String" | "str" => ReturnedCase::Open(OpenCase::Text, ty.span()),
                "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
                    ReturnedCase::Open(OpenCase::Unsigned, ty.span())
                }
                "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
                    ReturnedCase::Open(OpenCase::Signed, ty.span())
                }
                _ => ReturnedCase::Named(name, path.span()),
            },
            None => ReturnedCase::Unknown(path.span()),
        },
        other => ReturnedCase::Unknown(other.span()),
    }
}
