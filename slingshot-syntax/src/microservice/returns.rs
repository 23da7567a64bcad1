//! What a service function returns, and how the macro hands it on.

use syn::{ReturnType, Type, TypePath};

use crate::{
    Mistakes,
    types::{arguments, bare, bound_segment, first_argument},
};

const RETURNS: &str = "`()`, `(u64, C)`, `Option<(u64, C)>`, `Vec<(u64, C)>` or `impl \
                       IntoIterator<Item = (u64, C)>`, bare or in a `Result`";

/// How a result reaches the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// As it is: the type says it all.
    AsIs,
    /// `impl IntoIterator`: its type has no name, so it is wrapped.
    Iterator,
    /// `Result<impl IntoIterator, E>`: wrapped inside.
    ResultOfIterator,
}

impl Returns {
    pub(super) fn read(output: &ReturnType, mistakes: &mut Mistakes) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self::AsIs;
        };
        if let Some(mistake) = misspelled(ty) {
            mistakes.at(ty, mistake);
            return Self::AsIs;
        }
        if let Type::ImplTrait(_) = bare(ty) {
            return Self::Iterator;
        }
        match first_argument(ty) {
            Some((name, Type::ImplTrait(_))) if name == "Result" => Self::ResultOfIterator,
            _ => {
                if let Some(opaque) = opaque_inside(ty) {
                    mistakes.at(
                        opaque,
                        "`impl Trait` is taken alone or directly in a `Result`; return a `Vec` here",
                    );
                }
                Self::AsIs
            }
        }
    }
}

fn misspelled(ty: &Type) -> Option<String> {
    match bare(ty) {
        Type::Never(_) => Some(format!("a service returns: {RETURNS}")),
        Type::Reference(_) | Type::Slice(_) | Type::Ptr(_) | Type::FnPtr(_) => {
            Some(format!("a service returns an owned {RETURNS}"))
        }
        Type::Tuple(tuple) if ![0, 2].contains(&tuple.elems.len()) => Some(format!(
            "a service returns pairs of an id and a case: {RETURNS}"
        )),
        Type::ImplTrait(opaque) => {
            let iterates = opaque.bounds.iter().any(|bound| {
                bound_segment(bound)
                    .is_some_and(|segment| segment.ident.to_string().ends_with("Iterator"))
            });
            (!iterates).then(|| format!("this is no iterator; a service returns {RETURNS}"))
        }
        Type::Path(path) => path_misspelled(path),
        _ => None,
    }
}

fn path_misspelled(path: &TypePath) -> Option<String> {
    const PLAIN: [&str; 10] = [
        "u64", "bool", "String", "i64", "u32", "i32", "usize", "str", "char", "f64",
    ];
    let name = path.path.segments.last()?.ident.to_string();
    if PLAIN.contains(&name.as_str()) {
        return Some(format!(
            "an id goes out together with its case: return {RETURNS}"
        ));
    }
    match arguments(path).next() {
        Some(inside) if ["Result", "Option", "Vec"].contains(&name.as_str()) => misspelled(inside),
        _ => None,
    }
}

fn opaque_inside(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        opaque @ Type::ImplTrait(_) => Some(opaque),
        Type::Path(path) => arguments(path).find_map(opaque_inside),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(opaque_inside),
        Type::Array(array) => opaque_inside(&array.elem),
        _ => None,
    }
}
