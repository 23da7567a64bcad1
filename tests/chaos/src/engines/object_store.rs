//! An S3 server of the test's own: the embedded one, in this process.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use slingshot_local::{
    Secret,
    objects::{ObjectStore as Embedded, ObjectStoreConfig},
};

/// The access key and, as it guards nothing, the secret key too.
pub(crate) const KEY: &str = "chaos";

pub(crate) const BUCKETS: [&str; 2] = ["wholes", "stamps"];

#[derive(Debug)]
pub(crate) struct ObjectStore {
    directory: PathBuf,
    server: Embedded,
}

impl ObjectStore {
    pub(crate) async fn start(directory: &Path) -> Result<Self> {
        let server = Embedded::start(ObjectStoreConfig {
            address: ([127, 0, 0, 1], 0).into(),
            directory: directory.to_owned(),
            access_key: KEY.to_owned(),
            secret_key: Secret::new(KEY.to_owned()),
            buckets: BUCKETS.map(str::to_owned).to_vec(),
        });
        Ok(Self {
            directory: directory.to_owned(),
            server: server.await.context("the object store")?,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The bytes of an object; none if there is none. It lies in a file of its own.
    pub(crate) fn object(&self, bucket: &str, id: u64) -> Option<Vec<u8>> {
        fs::read(self.directory.join(bucket).join(id.to_string())).ok()
    }
}
