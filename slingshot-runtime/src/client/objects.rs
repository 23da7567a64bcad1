//! The system's objects.

use std::path::Path;

use futures_util::TryStreamExt as _;
use slingshot_topology::sys_map::ObjectStorage;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::ClientError;
use crate::{
    objects::{Keys, Store, open, put_file},
    tls,
};

/// The system's objects.
#[derive(Debug)]
pub struct Objects {
    pub(super) store: Store,
}

impl Objects {
    /// Makes a client of the object store; the store is spoken to when something is asked of it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Secret`].
    pub async fn connect(endpoint: &ObjectStorage) -> Result<Self, ClientError> {
        tls::install();
        Ok(Self {
            store: Store::new(endpoint, Keys::resolve(endpoint).await?),
        })
    }

    /// Makes an object of a file.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`].
    pub async fn put_file(&self, bucket: &str, id: u64, path: &Path) -> Result<(), ClientError> {
        Ok(put_file(&self.store, bucket, id, path).await?)
    }

    /// Writes an object to `target` as it arrives.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`], and [`ClientError::Write`] for the target's own.
    pub async fn get(
        &self,
        bucket: &str,
        id: u64,
        target: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), ClientError> {
        let mut chunks = std::pin::pin!(open(&self.store, bucket, id).await?);
        while let Some(chunk) = chunks.try_next().await? {
            target.write_all(&chunk).await?;
        }
        Ok(target.flush().await?)
    }

    /// Makes a bucket; one that exists is as good.
    ///
    /// # Errors
    ///
    /// [`ClientError::Objects`].
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), ClientError> {
        Ok(self.store.create_bucket(bucket).await?)
    }
}
