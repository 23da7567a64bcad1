//! Parts as one: which of them, under which entity tag and checksum.

use s3s::crypto::{Checksum as _, Md5};

use super::{Listed, Part};
use crate::{
    hex,
    objects::{digest::Digester, error::StorageError, record::Checksums},
};

/// S3's bound for every part but the last.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// The stored parts that the client lists, each held against what the client says of it.
pub(super) fn select(stored: &[Part], listed: &[Listed]) -> Result<Vec<Part>, StorageError> {
    if listed.is_empty() {
        return Err(StorageError::InvalidPart { number: 1 });
    }
    if !listed.is_sorted_by(|left, right| left.number < right.number) {
        return Err(StorageError::InvalidPartOrder);
    }
    let mut chosen = Vec::with_capacity(listed.len());
    for listed in listed {
        let number = listed.number;
        let part = stored
            .iter()
            .find(|part| part.number == number)
            .filter(|part| {
                listed
                    .e_tag
                    .as_ref()
                    .is_none_or(|e_tag| *e_tag == part.e_tag)
            })
            .ok_or(StorageError::InvalidPart { number })?;
        listed.checksums.compare(&part.checksums)?;
        chosen.push(part.clone());
    }
    let (_, all_but_last) = chosen.split_last().expect("at least one part is listed");
    match all_but_last.iter().find(|part| part.size < SMALLEST_PART) {
        Some(part) => Err(StorageError::PartTooSmall {
            number: part.number,
        }),
        None => Ok(chosen),
    }
}

/// The MD5 of the parts' MD5s, and their number.
pub(super) fn composite_e_tag(parts: &[Part]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&hex::decode(&part.e_tag).unwrap_or_default());
    }
    format!("{}-{}", hex::encode(&md5.finalize()), parts.len())
}

/// The checksum of the parts' checksums, for each algorithm that every part has.
pub(super) fn composite(parts: &[Part]) -> Checksums {
    let combine = |index: usize| -> Option<String> {
        let mut digester = None;
        for part in parts {
            let (name, value) = part.checksums.by_name()[index];
            let bytes = base64_simd::STANDARD.decode_to_vec(value?).ok()?;
            digester
                .get_or_insert_with(|| Digester::new(&Checksums::default(), Some(name)))
                .update(&bytes);
        }
        let (_, _, checksums) = digester?.finish();
        let (_, value) = checksums.by_name()[index];
        value.map(|value| format!("{value}-{}", parts.len()))
    };
    Checksums {
        crc32: combine(0),
        crc32c: combine(1),
        crc64nvme: combine(2),
        sha1: combine(3),
        sha256: combine(4),
        composite: true,
    }
}
