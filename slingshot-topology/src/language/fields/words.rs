//! The words of a TOML text, which need not be whole.

/// The keys of a path that is written with dots.
pub(super) fn keys(dotted: &str) -> Vec<String> {
    let keys = dotted
        .split('.')
        .map(|key| key.trim().trim_matches(['"', '\'']));
    let keys = keys.filter(|key| !key.is_empty());
    keys.map(str::to_owned).collect()
}

/// Whether a key may have it outside of quotes.
pub(super) fn is_bare(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// Where the word ends in whose midst a byte is.
pub(super) fn word_end(text: &str, byte: usize) -> usize {
    let behind = text.get(byte..).unwrap_or_default();
    byte + behind.find(|it| !is_bare(it)).unwrap_or(behind.len())
}

/// Where a line ends, before its break.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.find('\n').unwrap_or(rest.len())
}

/// Where a text ends, behind its quotes. One that is not closed on its line ends with it.
pub(super) fn text_end(text: &str, from: usize) -> usize {
    let whole = text.get(from..).unwrap_or_default();
    let quote = whole.get(..1).unwrap_or_default();
    let triple = quote.repeat(3);
    let delimiter = if whole.starts_with(&triple) {
        &*triple
    } else {
        quote
    };
    let limit = if delimiter.len() == 1 {
        line_end(text, from)
    } else {
        text.len()
    };
    let mut at = from + delimiter.len();
    while let Some(inner) = text.get(at..limit) {
        let Some(length) = inner.find(delimiter) else {
            break;
        };
        let end = at + length;
        at = end + delimiter.len();
        let is_escaped = quote == "\"" && inner.get(..length).is_some_and(|it| it.ends_with('\\'));
        if !is_escaped {
            return at;
        }
    }
    limit
}
