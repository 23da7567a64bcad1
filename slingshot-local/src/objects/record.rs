//! What is known about an object beside its bytes, and how it stays true through a crash.
//!
//! The rename of the data file is the one moment at which an object changes. Its side file is written
//! just before and holds two records: the new one and the one before. A reader takes the record that
//! fits the data file it opened, so that whatever is killed and whenever, bytes and metadata belong
//! together. Bytes that fit no record were put there by hand; they are served with plain metadata.

use std::{
    collections::BTreeMap,
    fs::Metadata,
    time::{Duration, SystemTime},
};

use s3s::dto::Timestamp;
use serde::{Deserialize, Serialize};

/// The headers that a client stores with an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Properties {
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) expires: Option<Timestamp>,
    /// `x-amz-meta-*`, names without the prefix.
    pub(super) user: BTreeMap<String, String>,
}

/// The checksums that a client sent and we verified, in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checksums {
    pub(super) crc32: Option<String>,
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
    /// Whether they are of the whole object or of its parts' checksums.
    pub(super) composite: bool,
}

/// Which data file a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    inode: u64,
    size: u64,
    modified: Duration,
}

/// All that is known about one version of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    identity: Identity,
    pub(super) e_tag: String,
    pub(super) properties: Properties,
    pub(super) checksums: Checksums,
}

/// The content of a side file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SideFile {
    pub(super) key: String,
    /// Newest first, at most two.
    records: Vec<Record>,
}

impl Identity {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            inode: inode(metadata),
            size: metadata.len(),
            modified: modified(metadata)
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }

    /// A copied project directory has new inodes and, with `cp -a`, the old times.
    fn is_probably(&self, other: &Self) -> bool {
        self.size == other.size && self.modified == other.modified
    }
}

impl Record {
    pub(super) fn new(
        identity: Identity,
        e_tag: String,
        properties: Properties,
        checksums: Checksums,
    ) -> Self {
        Self {
            identity,
            e_tag,
            properties,
            checksums,
        }
    }

    /// Of a file that somebody put into the bucket's directory.
    fn of_foreign(identity: Identity) -> Self {
        let e_tag = format!("{:x}-{:x}", identity.modified.as_nanos(), identity.size);
        Self::new(identity, e_tag, Properties::default(), Checksums::default())
    }
}

impl SideFile {
    /// The side file to write before `next` becomes the object in place of `current`.
    pub(super) fn announcing(key: &str, next: Record, current: Option<Record>) -> Self {
        Self {
            key: key.to_owned(),
            records: std::iter::once(next).chain(current).collect(),
        }
    }

    /// The record of the data file that `identity` was taken of.
    pub(super) fn record(side: Option<&Self>, identity: Identity) -> Record {
        let records = side.map_or(&[][..], |side| &side.records);
        let exact = records.iter().find(|record| record.identity == identity);
        exact
            .or_else(|| {
                records
                    .iter()
                    .find(|record| record.identity.is_probably(&identity))
            })
            .cloned()
            .unwrap_or_else(|| Record::of_foreign(identity))
    }
}

/// When the file was last written; the epoch where the file system does not say.
pub(super) fn modified(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(inode: u64, size: u64) -> Identity {
        Identity {
            inode,
            size,
            modified: Duration::from_secs(7),
        }
    }

    fn record(inode: u64, size: u64, e_tag: &str) -> Record {
        Record::new(
            identity(inode, size),
            e_tag.to_owned(),
            Properties::default(),
            Checksums::default(),
        )
    }

    #[test]
    fn a_crash_before_the_rename_leaves_the_old_object_with_its_old_record() {
        let side = SideFile::announcing("k", record(2, 5, "new"), Some(record(1, 5, "old")));
        assert_eq!(
            SideFile::record(Some(&side), identity(1, 5)).e_tag,
            "old",
            "the data file is still the old one"
        );
        assert_eq!(SideFile::record(Some(&side), identity(2, 5)).e_tag, "new");
    }

    #[test]
    fn a_copied_directory_keeps_its_records() {
        let side = SideFile::announcing("k", record(2, 5, "new"), None);
        assert_eq!(SideFile::record(Some(&side), identity(99, 5)).e_tag, "new");
    }

    #[test]
    fn bytes_changed_by_hand_get_plain_metadata() {
        let side = SideFile::announcing("k", record(2, 5, "new"), None);
        let found = SideFile::record(Some(&side), identity(2, 6));
        assert_ne!(found.e_tag, "new");
        assert_eq!(found.properties, Properties::default());
        assert_eq!(SideFile::record(None, identity(2, 6)), found);
    }
}
