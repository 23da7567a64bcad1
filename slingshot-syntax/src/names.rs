//! The names that an annotation gives: services and bucket keys, both segments of a sys-map path, and
//! handlers, segments of a URL.

use syn::Ident;
use syn::ext::IdentExt;

/// Paths of the sys-map that are not services.
const RESERVED: [&str; 3] = ["rabbitmq", "db", "object-storage"];

/// Paths of the server that are not handlers.
const RESERVED_PATHS: [&str; 5] = ["stream", "shutdown", "livez", "readyz", "metrics"];

/// What the URL of a handler has room for.
const LONGEST_HANDLER: usize = 64;

/// The name of a service whose annotation gives none.
pub(crate) fn of_function(function: &Ident) -> String {
    function
        .unraw()
        .to_string()
        .trim_matches('_')
        .replace('_', "-")
}

/// Why `name` cannot name a service, if it cannot.
pub(crate) fn service_mistake(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!(
            "`{name}` is a path of the sys-map itself; give the service another name"
        ));
    }
    segment_mistake("a service's name", name)
}

/// Why `name` cannot name a handler, if it cannot.
pub(crate) fn handler_mistake(name: &str) -> Option<String> {
    if RESERVED_PATHS.contains(&name) {
        return Some(format!(
            "`/{name}` is a path of the server itself; give the handler another name"
        ));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let fits = (1..=LONGEST_HANDLER).contains(&name.len()) && name.chars().all(legal);
    (!fits).then(|| {
        format!(
            "a handler's name is one part of its URL: write 1 to {LONGEST_HANDLER} letters, digits, \
             `-` and `_`"
        )
    })
}

/// Why `key` cannot be a bucket's key, if it cannot.
pub(crate) fn key_mistake(key: &str) -> Option<String> {
    segment_mistake("a bucket's key", key)
}

fn segment_mistake(what: &str, text: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let dots = text.chars().all(|c| c == '.');
    (dots || !text.chars().all(legal)).then(|| {
        format!(
            "{what} is one part of the sys-map's path: write letters, digits, `-`, `_`, `.` and \
             `~` only"
        )
    })
}

/// `LikeThis` as `like-this`.
pub(crate) fn kebab_case(variant: &str) -> String {
    let letters: Vec<char> = variant.chars().collect();
    let mut name = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let previous = index.checked_sub(1).map(|before| letters[before]);
        let starts_word = letter.is_uppercase()
            && (previous.is_some_and(|previous| !previous.is_uppercase() && previous != '_')
                || previous.is_some_and(char::is_uppercase)
                    && letters
                        .get(index + 1)
                        .is_some_and(|next| next.is_lowercase()));
        if starts_word {
            name.push('-');
        }
        match letter {
            '_' => name.push('-'),
            letter => name.extend(letter.to_lowercase()),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_become_kebab_case() {
        let names = ["Text", "PlainText", "HTMLPage", "Utf8", "X", "With_Line"].map(kebab_case);
        assert_eq!(
            names,
            ["text", "plain-text", "html-page", "utf8", "x", "with-line"]
        );
    }

    #[test]
    fn names_are_segments_of_a_path() {
        assert_eq!(service_mistake("sniff_2.x~-"), None);
        for name in ["", ".", "..", "a/b", "a b", "ü"] {
            assert!(service_mistake(name).is_some(), "{name}");
        }
        assert!(service_mistake("db").unwrap().contains("another name"));
        assert_eq!(key_mistake("db"), None);
    }

    #[test]
    fn handlers_are_named_by_what_a_url_takes_as_it_is() {
        for name in ["greet", "my_handler-2", &"x".repeat(64)] {
            assert_eq!(handler_mistake(name), None, "{name}");
        }
        for name in ["", "a.b", "a/b", "ü", "stream", &"x".repeat(65)] {
            assert!(handler_mistake(name).is_some(), "{name}");
        }
    }
}
