//! What `cfg` decides for the binary of a service, where it decides that the same way for every build.

use syn::{Attribute, Meta, Path, Token, punctuated::Punctuated};

/// Whether an item is in no service's binary: `#[cfg(test)]`, or anything that comes down to it.
pub(super) fn is_off(attributes: &[Attribute]) -> bool {
    let mut conditions = attributes.iter().filter_map(condition);
    conditions.any(|condition| value(&condition) == Some(false))
}

/// Whether it depends on the build if an item is there.
pub(super) fn is_conditional(attributes: &[Attribute]) -> bool {
    let mut conditions = attributes.iter().filter_map(condition);
    conditions.any(|condition| value(&condition).is_none())
}

/// The attributes, with what `#[cfg_attr(.., ..)]` adds, or may add.
pub(super) fn attributes(attributes: &[Attribute]) -> Vec<Meta> {
    let of_attribute = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let mut metas = metas.unwrap_or_default().into_iter();
            let condition = metas.next();
            let is_off = condition.is_some_and(|condition| value(&condition) == Some(false));
            metas.filter(|_| !is_off).collect()
        }
        meta => vec![meta.clone()],
    };
    attributes.iter().flat_map(of_attribute).collect()
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
    (!adds || value(&condition) != Some(false)).then_some(condition)
}

/// Whether it holds; `None` where that is a matter of the build.
fn value(condition: &Meta) -> Option<bool> {
    let named = |path: &Path, name: &str| path.is_ident(name);
    match condition {
        Meta::Path(path) if named(path, "test") => Some(false),
        Meta::Path(path) if named(path, "true") => Some(true),
        Meta::Path(path) if named(path, "false") => Some(false),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let parts: Vec<Option<bool>> = parts.ok()?.iter().map(value).collect();
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
            ("#[cfg(test)]", true, false),
            ("#[cfg(not(test))]", false, false),
            ("#[cfg(all(unix, test))]", true, false),
            ("#[cfg(any(unix, not(test)))]", false, false),
            ("#[cfg(any())]", true, false),
            ("#[cfg(all())]", false, false),
            ("#[cfg(feature = \"x\")]", false, true),
            ("#[cfg(not(windows))]", false, true),
            ("#[cfg_attr(test, handler)]", false, false),
            ("#[cfg_attr(windows, handler)]", false, true),
            ("#[inline]", false, false),
        ] {
            let attributes = attribute(text);
            assert_eq!(is_off(&attributes), off, "{text}");
            assert_eq!(is_conditional(&attributes), conditional, "{text}");
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
