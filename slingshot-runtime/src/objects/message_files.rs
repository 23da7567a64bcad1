//! The files that one message opens.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, TryFutureExt as _, TryStreamExt as _, stream};
use tokio::runtime::Handle;

use super::{
    ObjectError, ObjectReader, ObjectWriter, Objects, download, store::ObjectName,
    transfer::Transfer, upload, writer::Mode,
};
use crate::{
    AnyError,
    meter::{Dependency, Direction},
    sys_map::SysMapError,
};

/// How many of one message's files are uploaded at once.
const FILES_AT_ONCE: usize = 8;

/// How the function that opens the files may wait.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// On its own thread, for this runtime's answers.
    Blocking(Handle),
    /// Not at all but by `await`.
    Asynchronous,
}

/// The files of one message. Dropped, they are gone: only their upload keeps them.
#[derive(Debug)]
pub struct MessageFiles {
    objects: Objects,
    access: Access,
    written: Mutex<Vec<Written>>,
}

#[derive(Debug)]
struct Written {
    key: String,
    id: u64,
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
    ///
    /// # Errors
    ///
    /// A missing object, and whatever else keeps it from being read.
    pub fn open_reader(&self, key: &str, id: u64) -> Result<ObjectReader, AnyError> {
        let objects = self.objects.clone();
        let key = key.to_owned();
        let open = async move {
            let mut transfer = Transfer::begin(&objects.meter, Direction::Read);
            let bucket = objects.buckets.bucket(&key).await?;
            let chunks = download::open(&objects.store, &bucket, id).await?;
            objects.meter.used(Dependency::Objects);
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
    ///
    /// # Errors
    ///
    /// A key that the sys-map does not know, and a disk that is full.
    pub fn open_writer(&self, key: &str, id: u64) -> Result<ObjectWriter, AnyError> {
        if let Access::Blocking(runtime) = &self.access
            && self.objects.buckets.known(key).is_none()
        {
            // A key that the sys-map does not know is an error here, where the code names it.
            runtime.block_on(self.objects.buckets.bucket(key))?;
        }
        let mode = match self.access {
            Access::Blocking(_) => Mode::Blocking,
            Access::Asynchronous => Mode::Asynchronous,
        };
        let writer = ObjectWriter::staged(&self.objects.staging, mode)?;
        let mut written = self.written();
        written.retain(|earlier| earlier.key != key || earlier.id != id);
        written.push(Written {
            key: key.to_owned(),
            id,
            writer: writer.clone(),
        });
        Ok(writer)
    }

    /// Whether anything was opened for writing.
    pub(crate) fn is_empty(&self) -> bool {
        self.written().is_empty()
    }

    /// Closes the files and makes objects of them.
    pub(crate) async fn upload(&self) -> Result<(), UploadError> {
        let written = std::mem::take(&mut *self.written());
        // No object is made before every file is whole.
        let mut closed = Vec::with_capacity(written.len());
        for Written { key, id, writer } in written {
            let content = writer.close().await.map_err(UploadError::Close)?;
            closed.push((key, id, content));
        }
        stream::iter(closed)
            .map(async |(key, id, content)| {
                let mut transfer = Transfer::begin(&self.objects.meter, Direction::Write);
                let bucket = self.objects.buckets.bucket(&key).await?;
                let (object, length) = (ObjectName::new(&bucket, id), content.length());
                upload::put(&self.objects.store, &object, content).await?;
                self.objects.meter.used(Dependency::Objects);
                transfer.add(length);
                Ok(())
            })
            .buffer_unordered(FILES_AT_ONCE)
            .try_collect()
            .await
    }

    fn written(&self) -> MutexGuard<'_, Vec<Written>> {
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
