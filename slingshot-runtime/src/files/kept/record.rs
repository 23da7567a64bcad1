//! What is known of a file that is kept.

use std::{fmt, fmt::Write as _, io, pin::pin};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt as _};
use rustls::crypto::GetRandomFailed;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{AnyError, files::Upload, tls};

/// The most bytes of a record: a name, a media type, and little else.
const LONGEST: usize = 64 * 1024;

/// What uploads are answered with, and what is asked for as metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileRecord {
    pub(super) id: String,
    /// As its client called it.
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: Digest,
    /// What its client says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
}

impl FileRecord {
    pub(super) fn of(id: String, upload: &Upload, size: u64, sha256: [u8; 32]) -> Self {
        Self {
            id,
            name: upload.name().as_str().to_owned(),
            size,
            sha256: Digest(sha256),
            content_type: upload.content_type().map(str::to_owned),
        }
    }

    pub(super) fn to_json(&self) -> Bytes {
        serde_json::to_vec(self).expect("a record is JSON").into()
    }

    pub(super) fn from_json(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

/// A SHA-256, in hexadecimal digits where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest(pub(super) [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = || {
            let mut bytes = [0; 32];
            let digits = text.as_bytes().as_chunks::<2>();
            let (pairs, []) = digits else { return None };
            if pairs.len() != bytes.len() {
                return None;
            }
            for (byte, pair) in bytes.iter_mut().zip(pairs) {
                let pair = str::from_utf8(pair).ok()?;
                *byte = u8::from_str_radix(pair, 16).ok()?;
            }
            Some(Self(bytes))
        };
        read().ok_or_else(|| D::Error::custom("no SHA-256"))
    }
}

/// An id that no other file has, and that nobody can guess: 128 random bits.
pub(super) fn new_id() -> Result<String, GetRandomFailed> {
    let number = u128::from_be_bytes(tls::random()?);
    let mut id = String::with_capacity(32);
    write!(id, "{number:032x}").expect("a string takes any text");
    Ok(id)
}

/// Whether it could be one. Other objects of the bucket are nobody's to ask for.
pub(super) fn is_id(text: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 32 && text.bytes().all(digit)
}

/// A record's bytes.
pub(super) async fn collect(
    chunks: impl Stream<Item = io::Result<Bytes>>,
) -> Result<Bytes, AnyError> {
    let mut chunks = pin!(chunks);
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.try_next().await? {
        whole.extend_from_slice(&chunk);
        if whole.len() > LONGEST {
            return Err("what is known of the file is longer than it can be".into());
        }
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let name = FileId::new("größe.txt").expect("a name");
        let upload = Upload::of(name, "abc");
        let record = FileRecord::of("ab".to_owned(), &upload, 3, [0xfe; 32]);
        let json = record.to_json();
        assert_eq!(
            json,
            format!(
                r#"{{"id":"ab","name":"größe.txt","size":3,"sha256":"{}"}}"#,
                "fe".repeat(32)
            )
        );
        assert_eq!(FileRecord::from_json(&json).expect("a record"), record);
        let short = r#"{"id":"ab","name":"a","size":3,"sha256":"fe"}"#;
        assert!(FileRecord::from_json(short.as_bytes()).is_err());
    }

    #[test]
    fn an_id_is_nothing_that_a_client_could_choose() {
        let (one, other) = (new_id().expect("an id"), new_id().expect("an id"));
        assert_ne!(one, other);
        assert!(is_id(&one));
        for text in [
            "",
            "a",
            &one.repeat(2),
            &one.to_uppercase().replace('0', "A"),
            &format!("{one}.json"),
        ] {
            assert!(!is_id(text), "{text}");
        }
    }
}
