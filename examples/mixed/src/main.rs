//! The service `clean`: takes the words out of a text, one a line, for a service that counts them.

use std::{
    io::{BufRead, BufReader, Write},
    process::ExitCode,
};

use slingshot::prelude::*;

/// What an object turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Case)]
enum Kind {
    Text,
    Other,
}

/// Line by line, so that a text of any size fits.
#[microservice(name = "clean", reads("in"), writes("out"))]
fn clean(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, Kind), AnyError> {
    let mut text = BufReader::new(read_file("in", request)?);
    let mut words = write_file("out", request)?;
    let mut line = Vec::new();
    while text.read_until(b'\n', &mut line)? > 0 {
        let Ok(read) = std::str::from_utf8(&line) else {
            return Ok((request, Kind::Other));
        };
        let found = read.split(|c: char| !c.is_alphanumeric());
        for word in found.filter(|word| !word.is_empty()) {
            writeln!(words, "{}", word.to_lowercase())?;
        }
        line.clear();
    }
    Ok((request, Kind::Text))
}

fn main() -> ExitCode {
    slingshot::run()
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use super::*;

    fn check(content: &[u8], kind: Kind, words: &str) {
        let buckets = Buckets::with("in", 7, content);
        let result = clean(7, &buckets.read_file(), &buckets.write_file()).unwrap();
        assert_eq!(result, (7, kind));
        assert_eq!(buckets.get("out", 7).unwrap(), words.as_bytes());
    }

    #[test]
    fn words_are_taken_out_of_texts_and_of_nothing_else() {
        check(b"Two words,\ntwo!", Kind::Text, "two\nwords\ntwo\n");
        check(b"a\n\xff\n", Kind::Other, "a\n");
    }
}
