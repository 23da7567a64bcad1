//! Under which name a client keeps a file: `Content-Disposition`, as RFC 6266 and RFC 8187 have it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 has encoded: all but its `attr-char`.
const OUTSIDE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A file is kept, and not shown: what a stranger uploaded is no page of this host.
pub(super) fn attachment(name: Option<&str>) -> String {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return "attachment".to_owned();
    };
    let name: String = name.chars().map(without_ways).collect();
    let plain: String = name.chars().map(plain).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded = utf8_percent_encode(&name, OUTSIDE);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// A name leads nowhere on the client's machine either.
fn without_ways(letter: char) -> char {
    match letter {
        '/' | '\\' => '_',
        letter if letter.is_control() => '_',
        letter => letter,
    }
}

/// What every client reads in the same way. Some take `%` for the beginning of an encoded letter.
fn plain(letter: char) -> char {
    match letter {
        '"' | '%' => '_',
        ' '..='~' => letter,
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_kept() {
        let check = |name: &str, expected: &str| {
            assert_eq!(attachment(Some(name)), format!("attachment; {expected}"));
        };
        check("report.pdf", "filename=\"report.pdf\"");
        check("a b;c=d.txt", "filename=\"a b;c=d.txt\"");
        check(
            "€ 100.pdf",
            "filename=\"_ 100.pdf\"; filename*=UTF-8''%E2%82%AC%20100.pdf",
        );
        check(
            "größe 本🦀.txt",
            "filename=\"gr__e __.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E6%9C%AC%F0%9F%A6%80.txt",
        );
        check(
            "say \"100%\".txt",
            "filename=\"say _100__.txt\"; filename*=UTF-8''say%20%22100%25%22.txt",
        );
        check("../etc/passwd", "filename=\".._etc_passwd\"");
        check("a\r\nX: b\\c", "filename=\"a__X: b_c\"");
        assert_eq!(attachment(None), "attachment");
        assert_eq!(attachment(Some("")), "attachment");
    }
}
