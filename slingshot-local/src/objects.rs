//! The embedded object store: S3 over files.
//!
//! Signatures, chunked uploads and XML are the crate `s3s`'s; what a key, an object and an upload are
//! on disk is ours, so that every legal key works, nothing is half written after a crash, and a person
//! finds the object of id 42 as the file `<bucket>/42`. It is for one machine: no versions, no access
//! rules beyond one pair of keys, no replication.

mod condition;
mod digest;
mod error;
mod key;
mod listing;
mod record;
mod service;
mod storage;
mod uploads;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, error_handling::HandleError, http::StatusCode};
use s3s::{HttpError, auth::SimpleAuth, path::check_bucket_name, service::S3ServiceBuilder};

pub use self::error::ObjectStoreError;
use self::{service::Service, storage::Storage};
use crate::server::Server;

/// Where an object store keeps its files, where it listens and whom it lets in.
#[derive(Clone, Debug)]
pub struct ObjectStoreConfig {
    /// The address to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// The directory of the buckets.
    pub directory: PathBuf,
    /// The access key that requests must be signed with.
    pub access_key: String,
    /// The secret key that belongs to it.
    pub secret_key: crate::Secret,
    /// Buckets that must exist.
    pub buckets: Vec<String>,
}

/// A running object store.
#[derive(Debug)]
pub struct ObjectStore {
    server: Server,
    buckets: Buckets,
}

/// The buckets of a running object store.
#[derive(Clone, Debug)]
pub struct Buckets {
    storage: Arc<Storage>,
}

/// How long requests that run at shutdown may take.
const DRAIN: Duration = Duration::from_secs(5);

impl ObjectStore {
    /// Opens the directory, makes the buckets and starts to answer.
    ///
    /// # Errors
    ///
    /// [`ObjectStoreError`] says which of directory, address and bucket name is at fault.
    pub async fn start(config: ObjectStoreConfig) -> Result<Self, ObjectStoreError> {
        let ObjectStoreConfig {
            address,
            directory,
            access_key,
            secret_key,
            buckets,
        } = config;
        let failed = {
            let directory = directory.clone();
            move |source| ObjectStoreError::Directory { directory, source }
        };
        let opened = tokio::task::spawn_blocking(move || Storage::open(&directory)).await;
        let storage = Arc::new(
            opened
                .map_err(std::io::Error::other)
                .flatten()
                .map_err(failed)?,
        );
        let mut builder = S3ServiceBuilder::new(Service::new(Arc::clone(&storage)));
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key.expose()));
        let service = HandleError::new(builder.build(), |_: HttpError| async {
            StatusCode::INTERNAL_SERVER_ERROR
        });
        let existing = Buckets { storage };
        existing.create(buckets).await?;
        let server = Server::start(address, Router::new().fallback_service(service), DRAIN)
            .await
            .map_err(|source| ObjectStoreError::Listen { address, source })?;
        Ok(Self {
            server,
            buckets: existing,
        })
    }

    /// Where the store listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The buckets, to make more of them.
    pub fn buckets(&self) -> Buckets {
        self.buckets.clone()
    }

    /// Stops listening, lets running requests finish for a while, and returns.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

impl Buckets {
    /// Makes those of `names` that do not exist.
    ///
    /// # Errors
    ///
    /// [`ObjectStoreError::BucketName`] for a name that S3 does not allow,
    /// [`ObjectStoreError::Directory`] when the disk refuses.
    pub async fn create(&self, names: Vec<String>) -> Result<(), ObjectStoreError> {
        if let Some(bucket) = names.iter().find(|name| !check_bucket_name(name)) {
            let bucket = bucket.clone();
            return Err(ObjectStoreError::BucketName { bucket });
        }
        let storage = Arc::clone(&self.storage);
        let created = tokio::task::spawn_blocking(move || {
            names
                .iter()
                .try_for_each(|name| storage.create_bucket(name).map(drop))
        });
        created
            .await
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|source| ObjectStoreError::Directory {
                directory: self.storage.root().to_owned(),
                source,
            })
    }
}
