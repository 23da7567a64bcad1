//! The service `count`: the most frequent words of a text.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
};

use slingshot::prelude::*;

/// How many words are kept.
const MOST_FREQUENT: usize = 20;

/// The case is whether there was a word at all.
#[microservice(name = "count", reads("in"), writes("out"))]
fn count(
    request: u64,
    read_file: &ReadFileFn,
    write_file: &WriteFileFn,
) -> Result<(u64, bool), AnyError> {
    let mut words = BTreeMap::new();
    for line in BufReader::new(read_file("in", request)?).lines() {
        add_words(&mut words, &line?);
    }
    let ranked = rank(words);
    let mut file = write_file("out", request)?;
    for (word, times) in &ranked {
        writeln!(file, "{times}\t{word}")?;
    }
    Ok((request, !ranked.is_empty()))
}

fn add_words(words: &mut BTreeMap<String, u64>, line: &str) {
    for word in line.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() {
            *words.entry(word.to_owned()).or_default() += 1;
        }
    }
}

/// The most frequent first; words of one frequency in alphabetical order.
fn rank(words: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut ranked: Vec<_> = words.into_iter().collect();
    ranked.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    ranked.truncate(MOST_FREQUENT);
    ranked
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use super::*;

    #[test]
    fn the_words_of_a_text_are_written_with_their_number() {
        let buckets = Buckets::with("in", 7, "to be, or not to be");
        let result = count(7, &buckets.read_file(), &buckets.write_file()).unwrap();
        assert_eq!(result, (7, true));
        let ranked = buckets.get("out", 7).unwrap();
        assert_eq!(ranked, b"2\tbe\n2\tto\n1\tnot\n1\tor\n");
    }
}
