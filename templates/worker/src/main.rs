//! The service `<<name>>`: counts the lines, words and bytes of a text.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    process::ExitCode,
};

use slingshot::prelude::*;

/// What a request turned out to be. Each case has its line under `out` in slingshot.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Case)]
enum Found {
    Text,
    Empty,
}

/// Reads the object that the request names and writes what it counted as an object of the same id.
#[microservice(name = "<<name>>", reads("in"), writes("out"))]
fn process(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, Found), AnyError> {
    let counts = Counts::of(read_file("in", request)?)?;
    if counts.bytes == 0 {
        return Ok((request, Found::Empty));
    }
    let Counts { lines, words, bytes } = counts;
    writeln!(
        write_file("out", request)?,
        "{lines} lines, {words} words, {bytes} bytes"
    )?;
    Ok((request, Found::Text))
}

fn main() -> ExitCode {
    slingshot::run()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
}

impl Counts {
    /// Line by line, so that a text of any size fits.
    fn of(text: impl Read) -> io::Result<Self> {
        let mut text = BufReader::new(text);
        let mut counts = Self::default();
        let mut line = Vec::new();
        while text.read_until(b'\n', &mut line)? > 0 {
            counts.lines += 1;
            counts.words += String::from_utf8_lossy(&line).split_whitespace().count() as u64;
            counts.bytes += line.len() as u64;
            line.clear();
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use super::*;

    #[test]
    fn a_text_is_counted() {
        let buckets = Buckets::with("in", 7, "one two\nthree\n");
        let result = process(7, &buckets.read_file(), &buckets.write_file()).unwrap();
        assert_eq!(result, (7, Found::Text));
        let counts = buckets.get("out", 7).unwrap();
        assert_eq!(counts, b"2 lines, 3 words, 14 bytes\n");
    }

    #[test]
    fn an_empty_object_is_a_case_of_its_own() {
        let buckets = Buckets::with("in", 7, "");
        let result = process(7, &buckets.read_file(), &buckets.write_file()).unwrap();
        assert_eq!(result, (7, Found::Empty));
        assert_eq!(buckets.get("out", 7), None);
    }
}
