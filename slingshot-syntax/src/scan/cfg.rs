//! What `cfg` decides for the binary of a service, where it decides that the same way for every build.

use std::collections::BTreeSet;

use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path, Token, punctuated::Punctuated};

/// The features that a build has unless somebody says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(BTreeSet<String>);

impl FromIterator<String> for Features {
    fn from_iter<I: IntoIterator<Item = String>>(features: I) -> Self {
        Self(features.into_iter().collect())
    }
}

/// Whether an item is in no service's binary: `#[cfg(test)]`, or anything that comes down to it.
pub(super) fn is_off(attributes: &[Attribute]) -> bool {
    let mut conditions = attributes.iter().filter_map(condition);
    conditions.any(|condition| value(&condition, None) == Some(false))
}

/// Whether a build with the default features may be without an item.
pub(super) fn is_conditional(attributes: &[Attribute], features: &Features) -> bool {
    let mut conditions = attributes.iter().filter_map(condition);
    conditions.any(|condition| value(&condition, Some(features)) != Some(true))
}

/// The attributes, with what `#[cfg_attr(.., ..)]` adds, or may add.
pub(super) fn attributes(attributes: &[Attribute]) -> Vec<Meta> {
    let added = attributes.iter().flat_map(|attribute| {
        let (condition, metas) = parts(attribute);
        let is_off = condition.is_some_and(|condition| value(&condition, None) == Some(false));
        metas.into_iter().filter(move |_| !is_off)
    });
    added.collect()
}

/// An attribute as a build with the default features has it: what `#[cfg_attr(.., ..)]` adds there stands for it.
/// `None` where that is not decided.
pub(super) fn decided(attribute: &Attribute, features: &Features) -> Option<Vec<Attribute>> {
    let (Some(condition), metas) = parts(attribute) else {
        return Some(vec![attribute.clone()]);
    };
    let with = |meta| Attribute {
        meta,
        ..attribute.clone()
    };
    match value(&condition, Some(features)) {
        Some(true) => Some(metas.into_iter().map(with).collect()),
        Some(false) => Some(Vec::new()),
        None => None,
    }
}

/// The condition of a `cfg_attr` and what it adds; any other attribute alone.
fn parts(attribute: &Attribute) -> (Option<Meta>, Vec<Meta>) {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let mut metas = metas.unwrap_or_default().into_iter();
            (metas.next(), metas.collect())
        }
        meta => (None, vec![meta.clone()]),
    }
}

/// The condition under which an item, or one of its attributes, is there. That of an attribute that is never
/// added is none.
fn condition(attribute: &Attribute) -> Option<Meta> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    let adds = list.path.is_ident("cfg_attr");
    if !adds && !list.path.is_ident("cfg") {
        return None;
    }
    let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let condition = metas.ok()?.into_iter().next()?;
    (!adds || value(&condition, None) != Some(false)).then_some(condition)
}

/// Whether it holds; `None` where that is a matter of the build. Without features, of every build.
fn value(condition: &Meta, features: Option<&Features>) -> Option<bool> {
    let named = |path: &Path, name: &str| path.is_ident(name);
    match condition {
        Meta::Path(path) if named(path, "test") => Some(false),
        Meta::Path(path) if named(path, "true") => Some(true),
        Meta::Path(path) if named(path, "false") => Some(false),
        Meta::NameValue(pair) if named(&pair.path, "feature") => {
            let feature = text(&pair.value)?;
            features?.0.contains(&feature).then_some(true)
        }
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let parts = parts.ok()?;
            let parts: Vec<Option<bool>> = parts.iter().map(|it| value(it, features)).collect();
            let has = |value| parts.contains(&Some(value));
            let is_known = !parts.contains(&None);
            match list.path.get_ident()?.to_string().as_str() {
                "not" => parts.first().copied()?.map(|value| !value),
                "all" if has(false) => Some(false),
                "all" if is_known => Some(true),
                "any" if has(true) => Some(true),
                "any" if is_known => Some(false),
                _ => None,
            }
        }
        Meta::Path(_) | Meta::NameValue(_) => None,
    }
}

/// The text of a string literal.
pub(super) fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(text: &str) -> Vec<Attribute> {
        let item: syn::ItemFn = syn::parse_str(&format!("{text} fn f() {{}}")).unwrap();
        item.attrs
    }

    #[test]
    fn conditions_are_decided_where_every_build_decides_the_same() {
        for (text, off, conditional) in [
            ("#[cfg(test)]", true, true),
            ("#[cfg(not(test))]", false, false),
            ("#[cfg(all(unix, test))]", true, true),
            ("#[cfg(any(unix, not(test)))]", false, false),
            ("#[cfg(any())]", true, true),
            ("#[cfg(all())]", false, false),
            ("#[cfg(feature = \"x\")]", false, true),
            ("#[cfg(feature = \"mail\")]", false, false),
            ("#[cfg(not(feature = \"mail\"))]", false, true),
            ("#[cfg(all(feature = \"mail\", test))]", true, true),
            ("#[cfg(not(windows))]", false, true),
            ("#[cfg_attr(test, handler)]", false, false),
            ("#[cfg_attr(windows, handler)]", false, true),
            ("#[inline]", false, false),
        ] {
            let attributes = attribute(text);
            assert_eq!(is_off(&attributes), off, "{text}");
            let features = Features::from_iter(["mail".to_owned()]);
            assert_eq!(
                is_conditional(&attributes, &features),
                conditional,
                "{text}"
            );
        }
    }

    #[test]
    fn attributes_of_tests_are_none() {
        let added = |text| attributes(&attribute(text)).len();
        assert_eq!(added("#[cfg_attr(test, handler, inline)]"), 0);
        assert_eq!(added("#[cfg_attr(unix, handler, inline)]"), 2);
        assert_eq!(added("#[cfg_attr(not(test), handler)]"), 1);
    }
}
