//! What tells one content of a file from another: `ETag`, and the requests that go by it.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What may not stand between the quotes.
const OUTSIDE: &AsciiSet = &CONTROLS.add(b' ').add(b'"');

/// A strong entity tag, in its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag(String);

impl Tag {
    /// Any text makes one; with its quotes already around it, it is the same.
    pub(super) fn new(text: &str) -> Self {
        let bare = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let text = utf8_percent_encode(bare.unwrap_or(text), OUTSIDE);
        Self(format!("\"{text}\""))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an `If-None-Match` holds it, or takes any.
    pub(super) fn is_among(&self, list: &str) -> bool {
        list.trim() == "*" || tags(list).any(|tag| tag == self.0)
    }

    /// Whether an `If-Range` is for this content. A date never is: nobody knows when the file was changed.
    pub(super) fn is(&self, value: &str) -> bool {
        value.trim() == self.0
    }
}

/// The tags of a list, in their quotes; between these there may be commas. Weak ones are compared as strong
/// ones are.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_at_checked(rest.find('"')?)?;
        let end = from.bytes().skip(1).position(|byte| byte == b'"')? + 2;
        let (tag, behind) = from.split_at_checked(end)?;
        rest = behind;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_tag() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Tag::new(text).as_str(), expected);
        };
        check("abc", "\"abc\"");
        check("\"abc\"", "\"abc\"");
        check("a \"b\"\r\nc", "\"a%20%22b%22%0D%0Ac\"");
        check("größe", "\"gr%C3%B6%C3%9Fe\"");
    }

    #[test]
    fn a_client_that_has_the_content_names_its_tag() {
        let check = |list: &str, expected: bool| {
            assert_eq!(Tag::new("a,b").is_among(list), expected, "{list}");
        };
        check("*", true);
        check("\"a,b\"", true);
        check("W/\"a,b\"", true);
        check("\"x\", W/\"y\",\"a,b\"", true);
        check("\"a\", \"b\"", false);
        check("a,b", false);
        check("\"a,b", false);
        check("", false);
    }

    #[test]
    fn a_part_is_for_who_has_the_rest() {
        let tag = Tag::new("abc");
        assert!(tag.is("\"abc\""));
        for other in ["W/\"abc\"", "\"b\"", "Sun, 22 Nov 2026 06:00:00 GMT"] {
            assert!(!tag.is(other), "{other}");
        }
    }
}
