//! Which real bucket a key stands for.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::sys_map::{Bucket, SysMap, SysMapError};

/// Asks the sys-map once for each key, and remembers. There are as many keys as the code names.
#[derive(Debug)]
pub(crate) struct Buckets {
    service: String,
    sys_map: SysMap,
    known: Mutex<BTreeMap<String, String>>,
}

impl Buckets {
    pub(crate) fn new(service: &str, sys_map: SysMap) -> Self {
        Self {
            service: service.to_owned(),
            sys_map,
            known: Mutex::default(),
        }
    }

    /// The bucket of a key, if it has been asked for before.
    pub(crate) fn known(&self, key: &str) -> Option<String> {
        self.map().get(key).cloned()
    }

    /// The bucket of a key. Two messages that ask for a new key at once both ask the sys-map.
    pub(crate) async fn bucket(&self, key: &str) -> Result<String, SysMapError> {
        if let Some(bucket) = self.known(key) {
            return Ok(bucket);
        }
        let Bucket(bucket) = self.sys_map.find(&[&self.service, key]).await?;
        self.map().insert(key.to_owned(), bucket.clone());
        Ok(bucket)
    }

    /// Asks again for every key that is known, up to the first error. A file goes to the bucket that its
    /// key stands for when it is uploaded.
    pub(crate) async fn reload(&self) -> Result<(), SysMapError> {
        let known: Vec<_> = self.map().clone().into_iter().collect();
        for (key, bucket) in known {
            let Bucket(newest) = self.sys_map.ask(&[&self.service, &key]).await?;
            if newest != bucket {
                tracing::info!(
                    service = self.service,
                    key,
                    bucket = newest,
                    "another bucket"
                );
                self.map().insert(key, newest);
            }
        }
        Ok(())
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
