//! Buckets and a database for tests, which call the services' functions as what they are: functions.

use std::{
    fs,
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use diesel::Connection as _;
use slingshot::{ObjectReader, ObjectWriter, prelude::*};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::database;

/// Buckets that are files in one directory.
#[derive(Clone)]
pub(crate) struct Buckets {
    directory: Arc<TempDir>,
    /// What `async` functions write lands after they have returned.
    unflushed: Arc<Mutex<Vec<ObjectWriter>>>,
}

impl Buckets {
    pub(crate) fn new() -> Self {
        Self {
            directory: Arc::new(tempfile::tempdir().unwrap()),
            unflushed: Arc::default(),
        }
    }

    /// With one object.
    pub(crate) fn with(key: &str, id: u64, bytes: impl AsRef<[u8]>) -> Self {
        let buckets = Self::new();
        buckets.put(key, id, bytes);
        buckets
    }

    pub(crate) fn put(&self, key: &str, id: u64, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(key, id), bytes).unwrap();
    }

    pub(crate) fn get(&self, key: &str, id: u64) -> Option<Vec<u8>> {
        fs::read(self.path(key, id)).ok()
    }

    pub(crate) fn read_file(&self) -> Box<ReadFileFn> {
        let buckets = self.clone();
        Box::new(move |key, id| Ok(ObjectReader::from(fs::read(buckets.path(key, id))?)))
    }

    pub(crate) fn write_file(&self) -> Box<WriteFileFn> {
        let buckets = self.clone();
        Box::new(move |key, id| Ok(ObjectWriter::blocking(File::create(buckets.path(key, id))?)))
    }

    /// For `async` functions.
    pub(crate) fn async_write_file(&self) -> Box<WriteFileFn> {
        let buckets = self.clone();
        Box::new(move |key, id| {
            let writer = ObjectWriter::asynchronous(File::create(buckets.path(key, id))?);
            buckets.unflushed.lock().unwrap().push(writer.clone());
            Ok(writer)
        })
    }

    pub(crate) async fn flush(&self) {
        let writers = std::mem::take(&mut *self.unflushed.lock().unwrap());
        for mut writer in writers {
            writer.flush().await.unwrap();
        }
    }

    fn path(&self, key: &str, id: u64) -> PathBuf {
        self.directory.path().join(format!("{key}-{id}"))
    }
}

/// One of the files that the example ships.
pub(crate) fn shipped(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from("files").join(name)).unwrap()
}

/// A connection with the tables made, in a transaction that is rolled back at the end.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where PostgreSQL is"
)]
pub(crate) fn database() -> PgConnection {
    let url = std::env::var("SLINGSHOT_TEST_DATABASE_URL")
        .expect("run this through scripts/with-services");
    let mut connection = PgConnection::establish(&url).unwrap();
    connection.begin_test_transaction().unwrap();
    database::prepare(&mut connection).unwrap();
    connection
}
