//! A page of a bucket's keys.
//!
//! A directory has no order, so each page reads all names and keeps the smallest that still fit: time
//! grows with the bucket, memory does not.

use std::{collections::BTreeMap, fs, time::SystemTime};

use super::{error::StorageError, storage::Storage};

/// S3 never answers more at once.
pub(super) const LARGEST_PAGE: usize = 1000;

/// What to list.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) prefix: String,
    pub(super) delimiter: Option<String>,
    /// List only what comes behind this key or common prefix.
    pub(super) after: Option<String>,
    pub(super) limit: usize,
}

/// A part of the listing, in the order of the keys' bytes.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) items: Vec<(String, Item)>,
    pub(super) truncated: bool,
}

/// A line of the listing.
#[derive(Debug)]
pub(super) enum Item {
    /// An object.
    Object {
        size: u64,
        modified: SystemTime,
        e_tag: String,
    },
    /// All keys that go on behind a delimiter.
    CommonPrefix,
}

impl Page {
    /// Where the next page goes on, if there is one.
    pub(super) fn next(&self) -> Option<String> {
        let (last, _) = self.items.last()?;
        self.truncated.then(|| last.clone())
    }
}

impl Storage {
    /// Lists a bucket. An object that is deleted meanwhile may be missing, as on S3.
    pub(super) fn list(&self, bucket: &str, query: &Query) -> Result<Page, StorageError> {
        let limit = query.limit.min(LARGEST_PAGE);
        let mut smallest: BTreeMap<String, Kind> = BTreeMap::new();
        for entry in fs::read_dir(self.bucket(bucket)?)? {
            let Ok(name) = entry?.file_name().into_string() else {
                continue;
            };
            let Some((item, kind)) = self.key_of(bucket, &name).and_then(|key| query.place(key))
            else {
                continue;
            };
            smallest.insert(item, kind);
            // One more than fits tells whether the page is the last.
            if smallest.len() > limit + 1 {
                smallest.pop_last();
            }
        }
        let truncated = limit > 0 && smallest.len() > limit;
        let mut items = Vec::with_capacity(smallest.len().min(limit));
        for (name, kind) in smallest.into_iter().take(limit) {
            if let Some(item) = self.item(bucket, &name, kind)? {
                items.push((name, item));
            }
        }
        Ok(Page { items, truncated })
    }

    fn item(&self, bucket: &str, key: &str, kind: Kind) -> Result<Option<Item>, StorageError> {
        match kind {
            Kind::CommonPrefix => Ok(Some(Item::CommonPrefix)),
            Kind::Object => match self.read(bucket, key) {
                Ok(object) => Ok(Some(Item::Object {
                    size: object.size,
                    modified: object.modified,
                    e_tag: object.record.e_tag,
                })),
                Err(StorageError::NoSuchKey) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Object,
    CommonPrefix,
}

impl Query {
    /// The line of the listing that `key` belongs to, unless an earlier page had it.
    fn place(&self, key: String) -> Option<(String, Kind)> {
        let after = self.after.as_deref().unwrap_or_default();
        if key.as_str() <= after {
            return None;
        }
        let rest = key.strip_prefix(self.prefix.as_str())?;
        let rolled_up = self
            .delimiter
            .as_deref()
            .filter(|delimiter| !delimiter.is_empty())
            .and_then(|delimiter| {
                rest.split_once(delimiter)
                    .map(|(head, _)| (head, delimiter))
            })
            .map(|(head, delimiter)| format!("{}{head}{delimiter}", self.prefix));
        match rolled_up {
            Some(prefix) if prefix == after => None,
            Some(prefix) => Some((prefix, Kind::CommonPrefix)),
            None => Some((key, Kind::Object)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_listed_once_and_behind_the_marker() {
        let query = |prefix: &str, delimiter: Option<&str>, after: &str| Query {
            prefix: prefix.to_owned(),
            delimiter: delimiter.map(str::to_owned),
            after: Some(after.to_owned()),
            limit: 10,
        };
        for (query, key, expected) in [
            (query("", None, ""), "a/b", Some(("a/b", Kind::Object))),
            (query("a/", None, ""), "b", None),
            (
                query("", Some("/"), ""),
                "a/b",
                Some(("a/", Kind::CommonPrefix)),
            ),
            (
                query("a/", Some("/"), ""),
                "a/b",
                Some(("a/b", Kind::Object)),
            ),
            (
                query("a/", Some("/"), ""),
                "a/b/c",
                Some(("a/b/", Kind::CommonPrefix)),
            ),
            (query("", Some("/"), "a/"), "a/b", None),
            (
                query("", Some("/"), "a/a"),
                "a/b",
                Some(("a/", Kind::CommonPrefix)),
            ),
            (query("", None, "a"), "a", None),
            (query("", None, "a"), "a/b", Some(("a/b", Kind::Object))),
        ] {
            assert_eq!(
                query.place(key.to_owned()),
                expected.map(|(item, kind)| (item.to_owned(), kind)),
                "{query:?} {key}"
            );
        }
    }
}
