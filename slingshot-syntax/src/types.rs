//! Reading types by their spelling. What a name stands for is the compiler's to say.

use syn::{GenericArgument, Ident, PathArguments, PathSegment, Type, TypeParamBound, TypePath};

/// Without parentheses and invisible groups.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => bare(&paren.elem),
        Type::Group(group) => bare(&group.elem),
        other => other,
    }
}

/// The last name of a path: `PgConnection` of `diesel::pg::PgConnection`.
pub(crate) fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Type::Group(group) => last_name(&group.elem),
        Type::Paren(paren) => last_name(&paren.elem),
        _ => None,
    }
}

/// `Result` and `T` of `Result<T, E>`.
pub(crate) fn first_argument(ty: &Type) -> Option<(&Ident, &Type)> {
    match bare(ty) {
        Type::Path(path) => Some((
            &path.path.segments.last()?.ident,
            bare(arguments(path).next()?),
        )),
        _ => None,
    }
}

/// The types between the angle brackets of a path's last part: `A` and `B` of `X<A, Item = B>`.
pub(crate) fn arguments(path: &TypePath) -> impl Iterator<Item = &Type> {
    path.path
        .segments
        .last()
        .into_iter()
        .flat_map(segment_arguments)
}

pub(crate) fn segment_arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            GenericArgument::AssocType(associated) => Some(&associated.ty),
            _ => None,
        })
}

pub(crate) fn bound_segment(bound: &TypeParamBound) -> Option<&PathSegment> {
    match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    }
}
