//! `words` counts the words of a text and finds its language.

use std::{collections::BTreeMap, io::Read as _};

use slingshot::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    content::SAMPLE,
    database::{self, Text, WordCount},
    encoding::Encoding,
};

/// How much of a text is read: a library's longest novels fit, a log file of gigabytes does not.
const READ_AT_MOST: u64 = 16 << 20;

/// How many of a text's most frequent words are stored.
const WORDS_KEPT: usize = 100;

/// The longest word that is stored, in bytes: what is longer is a key or a picture written in letters,
/// and would not fit into the database's index.
const WORD_LENGTH: usize = 100;

/// How many characters decide the language. More do not change the answer, and cost time.
const LANGUAGE_SAMPLE: usize = 20_000;

/// How many characters of a text the page shows.
const EXCERPT: usize = 280;

/// What became of a text.
#[derive(Case, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Counted,
    UnknownLanguage,
}

/// Counts a text. One in no certain language goes two ways: its words count all the same, and a
/// person may look at it.
#[microservice(name = "words", replicas = 2, startup = database::prepare)]
pub(crate) fn words(
    connection: &mut PgConnection,
    read_file: &ReadFileFn,
    request: u64,
) -> Result<Vec<(u64, Reading)>, AnyError> {
    let mut bytes = Vec::new();
    read_file("in", request)?
        .take(READ_AT_MOST)
        .read_to_end(&mut bytes)?;
    let (text, frequent) = count(request, &bytes)?;
    database::store_text(connection, &text, &frequent)?;
    let cut = bytes.len() as u64 == READ_AT_MOST;
    database::store_problem(
        connection,
        request,
        cut.then_some("only its first 16 MiB were counted"),
    )?;

    let mut results = vec![(request, Reading::Counted)];
    if text.language.is_none() {
        results.push((request, Reading::UnknownLanguage));
    }
    Ok(results)
}

/// The bytes are no text: somebody sent an id here that `sniff` did not.
#[derive(Debug, thiserror::Error)]
#[error("document {0} is not a text: send it to `sniff`, which knows where it belongs")]
struct NotAText(u64);

fn count(document: u64, bytes: &[u8]) -> Result<(Text, Vec<WordCount>), Error> {
    let start = &bytes[..bytes.len().min(SAMPLE)];
    let encoding = Encoding::of(start, start.len() < SAMPLE)
        .ok_or_else(|| Error::permanent(NotAText(document)))?;
    let text = encoding.decode(bytes);

    let mut counts = BTreeMap::<String, i64>::new();
    for word in text.unicode_words() {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let language = language(&text);
    let read = Text {
        document: document.cast_signed(),
        encoding: encoding.to_string(),
        words: counts.values().sum(),
        distinct_words: i64::try_from(counts.len()).unwrap_or(i64::MAX),
        language: language.map(|language| language.code().to_owned()),
        language_name: language.map(|language| language.eng_name().to_owned()),
        excerpt: excerpt(&text),
    };
    Ok((read, frequent(document, counts)))
}

fn language(text: &str) -> Option<whatlang::Lang> {
    let end = text
        .char_indices()
        .nth(LANGUAGE_SAMPLE)
        .map_or(text.len(), |(index, _)| index);
    let (start, _) = text.split_at(end);
    whatlang::detect(start)
        .filter(whatlang::Info::is_reliable)
        .map(|info| info.lang())
}

/// The most frequent words; of equally frequent ones those that come first in the alphabet.
fn frequent(document: u64, counts: BTreeMap<String, i64>) -> Vec<WordCount> {
    let mut words: Vec<_> = counts
        .into_iter()
        .filter(|(word, _)| word.len() <= WORD_LENGTH)
        .map(|(word, count)| WordCount {
            document: document.cast_signed(),
            word,
            count,
        })
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.count));
    words.truncate(WORDS_KEPT);
    words
}

/// The start of the text, a line for each of its paragraphs, ending with a word. A database's text
/// cannot hold U+0000.
fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    let mut room = EXCERPT;
    let mut paragraph_ended = false;
    for line in text.lines() {
        paragraph_ended |= line.trim().is_empty();
        for word in line.split_whitespace() {
            let length = word.chars().count() + 1;
            // A text without spaces, Japanese for one, is cut where the room ends.
            let fits = if length <= room {
                length
            } else if room > EXCERPT / 2 {
                room
            } else {
                0
            };
            if !excerpt.is_empty() && fits > 0 {
                excerpt.push(if paragraph_ended { '\n' } else { ' ' });
            }
            excerpt.extend(word.chars().take(fits));
            if length > room {
                excerpt.push('…');
                return excerpt.replace('\0', "\u{FFFD}");
            }
            paragraph_ended = false;
            room -= length;
        }
    }
    excerpt.replace('\0', "\u{FFFD}")
}

#[cfg(test)]
mod tests {
    use slingshot::rehearsal::Buckets;

    use diesel::prelude::*;

    use super::*;
    use crate::{content::Content, database::words::dsl as stored, rehearsal};

    #[test]
    fn shipped_texts_are_counted_in_their_languages() {
        let counted: Vec<String> = [
            "lighthouse.txt",
            "fahrplan.txt",
            "le-jardin.txt",
            "el-reloj.txt",
            "письмо.txt",
            "雨の日.txt",
            "القهوة.txt",
            "a-maré.txt",
            "zegarmistrz.txt",
            "καΐκι.txt",
            "letter.jpg",
            "numbers.csv",
        ]
        .iter()
        .map(|name| {
            let (text, frequent) = count(1, &rehearsal::shipped(name)).unwrap();
            let Text {
                encoding,
                words,
                distinct_words,
                language,
                ..
            } = text;
            let language = language.as_deref().unwrap_or("?");
            let WordCount { word, count, .. } = &frequent[0];
            format!("{name}: {language} {encoding} {words}/{distinct_words} {word} {count}")
        })
        .collect();
        insta::assert_snapshot!(counted.join("\n"));
    }

    #[test]
    fn an_excerpt_ends_with_a_word_and_says_that_there_is_more() {
        assert_eq!(excerpt(" two \n\t words\0 "), "two words\u{FFFD}");
        assert_eq!(excerpt("\r\nTitle\r\n \r\n\r\na\r\nb\r\n"), "Title\na b");
        let cut = excerpt(&"seven77 ".repeat(100));
        assert!(
            cut.ends_with("seven77…") && cut.chars().count() <= EXCERPT,
            "{cut}"
        );
        assert_eq!(excerpt(&"x".repeat(1000)).chars().count(), EXCERPT + 1);
    }

    #[test]
    fn a_word_that_no_index_holds_is_counted_and_not_stored() {
        let (text, frequent) = count(1, format!("short {}", "y".repeat(9_000)).as_bytes()).unwrap();
        assert_eq!((text.words, frequent.len()), (2, 1));
    }

    #[test]
    fn a_second_attempt_stores_the_same_rows() {
        let buckets = Buckets::with("in", 7, "to be or not to be");
        let connection = &mut rehearsal::database();
        let content = Content::of_start(b"to be or not to be");
        database::store_document(connection, 7, &content).unwrap();
        for _attempt in 1..=2 {
            let results = words(connection, &buckets.read_file(), 7).unwrap();
            assert_eq!(results[0], (7, Reading::Counted));
            let rows: Vec<(String, i64)> = stored::words
                .select((stored::word, stored::count))
                .order((stored::count.desc(), stored::word))
                .load(connection)
                .unwrap();
            let expected = [("be", 2), ("to", 2), ("not", 1), ("or", 1)];
            assert_eq!(rows, expected.map(|(word, count)| (word.to_owned(), count)));
        }
    }

    #[test]
    fn a_text_in_no_language_goes_two_ways() {
        let buckets = Buckets::with("in", 7, rehearsal::shipped("numbers.csv"));
        let connection = &mut rehearsal::database();
        database::store_document(connection, 7, &Content::of_start(b"1;2")).unwrap();
        let results = words(connection, &buckets.read_file(), 7).unwrap();
        assert_eq!(
            results,
            [(7, Reading::Counted), (7, Reading::UnknownLanguage)]
        );
    }

    #[test]
    fn bytes_that_are_no_text_fail_for_good() {
        let error = count(7, &rehearsal::shipped("noise.bin")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "document 7 is not a text: send it to `sniff`, which knows where it belongs"
        );
    }
}
