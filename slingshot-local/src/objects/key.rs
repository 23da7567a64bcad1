//! Keys as file names: readable where they can be, one name per key on every file system.
//!
//! Lower-case letters, digits, `-`, `_` and `.` stay as they are, so that the object of id 42 is the
//! file `42`. Every other byte is percent-encoded, upper-case letters too, because `A` and `a` are two
//! keys and one file on the default file systems of macOS and Windows. A key whose name would be too
//! long for a file system is cut and carries its SHA-256; its full text is in the side file.

use std::fmt::Write as _;

use s3s::crypto::{Checksum as _, Sha256};

use crate::{hex, percent};

/// File systems allow 255 bytes; the rest is room for the suffixes of side files.
const LONGEST_NAME: usize = 200;
/// How much of a long key stays readable.
const READABLE_PART: usize = 100;
/// Between the readable part and the hash. The encoding never writes `%~`.
const HASH_MARK: &str = "%~";

/// What a directory entry says about its key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// The key itself.
    Key(String),
    /// A long key: its side file has it.
    InSideFile,
    /// A name that no key has, such as a file that somebody put there.
    Foreign,
}

/// The file name of `key`.
pub(super) fn file_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    for (position, byte) in key.bytes().enumerate() {
        match byte {
            // A leading dot would hide the file, or be `.` or `..`.
            b'.' if position == 0 => name.push_str("%2e"),
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(char::from(byte)),
            _ => write!(name, "%{byte:02x}").expect("a string takes every write"),
        }
    }
    if name.len() > LONGEST_NAME {
        name.truncate(READABLE_PART);
        name.push_str(HASH_MARK);
        name.push_str(&hex::encode(&Sha256::checksum(key.as_bytes())));
    }
    name
}

/// The key that `name` stands for.
pub(super) fn decode(name: &str) -> Decoded {
    if name.contains(HASH_MARK) {
        return Decoded::InSideFile;
    }
    match percent::decode(name) {
        Some(key) if file_name(&key) == name => Decoded::Key(key),
        _ => Decoded::Foreign,
    }
}

/// Percent-encoding as S3's `encoding-type=url` answers it.
pub(super) fn url_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => write!(encoded, "%{byte:02X}").expect("a string takes every write"),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_readable_names_that_lead_back_to_them() {
        for (key, name) in [
            ("42", "42"),
            ("report-2.html", "report-2.html"),
            ("a/b", "a%2fb"),
            ("42/", "42%2f"),
            ("/lead", "%2flead"),
            ("a//b", "a%2f%2fb"),
            ("../up", "%2e.%2fup"),
            ("..", "%2e."),
            (".", "%2e"),
            ("100%", "100%25"),
            ("Ab", "%41b"),
            ("ü", "%c3%bc"),
            ("nul\0", "nul%00"),
        ] {
            assert_eq!(file_name(key), name);
            assert_eq!(decode(name), Decoded::Key(key.to_owned()));
        }
    }

    #[test]
    fn long_keys_keep_their_beginning_and_differ_by_their_hash() {
        let name = file_name(&"k".repeat(1000));
        assert!(name.len() < LONGEST_NAME, "{name}");
        assert!(name.starts_with("kkk"));
        assert_ne!(name, file_name(&"k".repeat(1001)));
        assert_eq!(decode(&name), Decoded::InSideFile);
    }

    #[test]
    fn names_that_no_key_has_are_foreign() {
        for name in [".DS_Store", "Photo.JPG", "a b", "%4", "%zz", "%61", "%ff"] {
            assert_eq!(decode(name), Decoded::Foreign, "{name}");
        }
    }
}
