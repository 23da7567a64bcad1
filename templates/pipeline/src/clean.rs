//! The service `clean`: tells texts from other files, and tidies them.

use std::io::{Read, Write};

use slingshot::prelude::*;

/// What a file turned out to be. Each case has its line under `out` in slingshot.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Case)]
enum Kind {
    Text,
    Binary,
    Empty,
}

/// Larger files are taken for binary: this service holds a file in memory.
const MAX_TEXT: u64 = 16 * 1024 * 1024;

#[microservice(name = "clean", reads("in"), writes("out"))]
fn clean(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, Kind), AnyError> {
    let mut bytes = Vec::new();
    read_file("in", request)?
        .take(MAX_TEXT + 1)
        .read_to_end(&mut bytes)?;
    let kind = kind_of(&bytes);
    if kind == Kind::Text {
        write_file("out", request)?.write_all(tidy(&bytes).as_bytes())?;
    }
    Ok((request, kind))
}

fn kind_of(bytes: &[u8]) -> Kind {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.trim().is_empty() => Kind::Empty,
        Ok(text) if text.len() as u64 <= MAX_TEXT && !text.contains('\0') => Kind::Text,
        _ => Kind::Binary,
    }
}

/// Lower case, one line break at the end of each line, no blanks before it.
fn tidy(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use super::*;

    #[test]
    fn files_are_told_apart_by_content() {
        assert_eq!(kind_of(b"Hello"), Kind::Text);
        assert_eq!(kind_of(b" \n"), Kind::Empty);
        assert_eq!(kind_of(b"\x89PNG\r\n"), Kind::Binary);
        assert_eq!(kind_of(b"a\0b"), Kind::Binary);
    }

    #[test]
    fn a_text_is_tidied_and_handed_on() {
        let buckets = Buckets::with("in", 7, "Hello \r\nWorld");
        let result = clean(7, &buckets.read_file(), &buckets.write_file()).unwrap();
        assert_eq!(result, (7, Kind::Text));
        assert_eq!(buckets.get("out", 7).unwrap(), b"hello\nworld\n");
    }
}
