//! The files that one message opens.

use std::{
    fs::File,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::{TryFutureExt as _, TryStreamExt as _};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{ObjectError, ObjectReader, ObjectWriter, Objects, transfer::Transfer};
use crate::{AnyError, meter::Direction, sys_map::SysMapError};

/// How the function that opens the files may wait.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// On its own thread, for this runtime's answers.
    Blocking(Handle),
    /// Not at all but by `await`.
    Asynchronous,
}

/// The files of one message. Dropped, they are gone: only [`MessageFiles::upload`] keeps them.
#[derive(Debug)]
pub(crate) struct MessageFiles {
    objects: Objects,
    access: Access,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    /// Made when the first file is, so that a message that writes nothing costs nothing.
    directory: Option<TempDir>,
    files: Vec<Staged>,
    /// Numbers the local files.
    opened: u64,
}

#[derive(Debug)]
struct Staged {
    key: String,
    id: u64,
    path: PathBuf,
    writer: ObjectWriter,
}

impl MessageFiles {
    pub(crate) fn new(objects: Objects, access: Access) -> Self {
        Self {
            objects,
            access,
            written: Mutex::default(),
        }
    }

    /// What [`ReadFileFn`](crate::ReadFileFn) does.
    pub(crate) fn open_reader(&self, key: &str, id: u64) -> Result<ObjectReader, AnyError> {
        let objects = self.objects.clone();
        let key = key.to_owned();
        let open = async move {
            let mut transfer = Transfer::begin(&objects.meter, Direction::Read);
            let bucket = objects.buckets.bucket(&key).await?;
            let chunks = objects.store.open(&bucket, id).await?;
            Ok::<_, AnyError>(chunks.inspect_ok(move |chunk| transfer.add(chunk.len() as u64)))
        };
        match &self.access {
            Access::Blocking(runtime) => {
                let chunks = runtime.block_on(open)?;
                Ok(ObjectReader::blocking(chunks, runtime.clone()))
            }
            Access::Asynchronous => {
                let chunks = open.map_err(std::io::Error::other).try_flatten_stream();
                Ok(ObjectReader::asynchronous(chunks))
            }
        }
    }

    /// What [`WriteFileFn`](crate::WriteFileFn) does.
    pub(crate) fn open_writer(&self, key: &str, id: u64) -> Result<ObjectWriter, AnyError> {
        if let Access::Blocking(runtime) = &self.access
            && self.objects.buckets.known(key).is_none()
        {
            // A key that the sys-map does not know is an error here, where the code names it.
            runtime.block_on(self.objects.buckets.bucket(key))?;
        }
        let mut written = self.written();
        let name = written.opened.to_string();
        written.opened += 1;
        let path = match &written.directory {
            Some(directory) => directory.path().join(name),
            None => {
                let directory = self.objects.staging.directory()?;
                let path = directory.path().join(name);
                written.directory = Some(directory);
                path
            }
        };
        let file = File::create_new(&path)?;
        let writer = match self.access {
            Access::Blocking(_) => ObjectWriter::blocking(file),
            Access::Asynchronous => ObjectWriter::asynchronous(file),
        };
        written
            .files
            .retain(|staged| staged.key != key || staged.id != id);
        written.files.push(Staged {
            key: key.to_owned(),
            id,
            path,
            writer: writer.clone(),
        });
        Ok(writer)
    }

    /// Whether anything was opened for writing.
    pub(crate) fn is_empty(&self) -> bool {
        self.written().files.is_empty()
    }

    /// Closes the files and makes objects of them.
    pub(crate) async fn upload(&self) -> Result<(), UploadError> {
        let written = std::mem::take(&mut *self.written());
        for staged in &written.files {
            staged
                .writer
                .clone()
                .close()
                .await
                .map_err(UploadError::Close)?;
        }
        for staged in &written.files {
            let mut transfer = Transfer::begin(&self.objects.meter, Direction::Write);
            let bucket = self.objects.buckets.bucket(&staged.key).await?;
            let store = &self.objects.store;
            transfer.add(store.put_file(&bucket, staged.id, &staged.path).await?);
        }
        Ok(())
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A written file that did not become an object.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// Its last bytes did not reach the disk.
    #[error("a written file could not be closed: {0}")]
    Close(std::io::Error),
    /// Its bucket is not known.
    #[error(transparent)]
    Bucket(#[from] SysMapError),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] ObjectError),
}
