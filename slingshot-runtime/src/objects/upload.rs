//! From a staged file to an object.

use std::{fs::File, os::unix::fs::FileExt as _, path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{sync::OwnedSemaphorePermit, time::sleep};

use super::{
    ObjectError,
    store::{ObjectName, Part, Store},
};
use crate::backoff::Backoff;

/// From here on a file is uploaded in parts: a single slow request would run into a timeout, and fail as a
/// whole.
const LARGE: u64 = 16 * 1024 * 1024;

/// The size of a part, unless the file would then have too many.
pub(super) const PART: u64 = 8 * 1024 * 1024;

/// S3's own bound on the parts of an object.
pub(super) const MOST_PARTS: u64 = 10_000;

/// How many parts of one file are under way at once, if there is memory for them.
const PARTS_AT_ONCE: usize = 3;

/// How often a part is tried. What is already there of a large object is worth more than of a small one.
const ATTEMPTS: u32 = 8;

/// What a written file holds.
#[derive(Debug)]
pub(super) enum Content {
    Memory {
        bytes: Bytes,
        /// What it takes of the room that such files have.
        room: OwnedSemaphorePermit,
    },
    File {
        file: File,
        length: u64,
    },
}

impl Content {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Memory { bytes, .. } => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }
}

/// Makes an object of a file on the disk.
pub(crate) async fn put_file(
    store: &Store,
    bucket: &str,
    id: u64,
    path: &Path,
) -> Result<(), ObjectError> {
    let file = tokio::fs::File::open(path).await?;
    let length = file.metadata().await?.len();
    let file = file.into_std().await;
    put(
        store,
        &ObjectName::new(bucket, id),
        Content::File { file, length },
    )
    .await
}

/// Makes an object of a written file.
pub(super) async fn put(
    store: &Store,
    object: &ObjectName,
    content: Content,
) -> Result<(), ObjectError> {
    match content {
        Content::Memory { bytes, room } => {
            store.put(object, bytes).await?;
            drop(room);
            Ok(())
        }
        Content::File { file, length } if length < LARGE => {
            let _room = store.memory(length).await;
            let bytes = read(store, Arc::new(file), 0, length).await?;
            store.put(object, bytes).await
        }
        Content::File { file, length } => put_parts(store, object, Arc::new(file), length).await,
    }
}

async fn put_parts(
    store: &Store,
    object: &ObjectName,
    file: Arc<File>,
    length: u64,
) -> Result<(), ObjectError> {
    let upload = store.begin_parts(object).await?;
    // Past 80 GiB the parts grow, and so does what one of them takes of the memory.
    let size = PART.max(length.div_ceil(MOST_PARTS));
    let offsets = (0..length.div_ceil(size)).map(|index| index * size);
    let parts = stream::iter((1..).zip(offsets))
        .map(async |(number, offset)| {
            let size = size.min(length - offset);
            let _room = store.memory(size).await;
            let bytes = read(store, Arc::clone(&file), offset, size).await?;
            put_part(store, object, &upload, number, bytes).await
        })
        .buffered(PARTS_AT_ONCE)
        .try_collect()
        .await;
    let completed = match parts {
        Ok(parts) => store.complete_parts(object, &upload, parts).await,
        Err(error) => Err(error),
    };
    if completed.is_err() {
        // The parts that did arrive are paid for until the upload is aborted.
        store.abort_parts(object, &upload).await;
    }
    completed
}

/// Uploads one part, again and again while the store is out of order.
pub(super) async fn put_part(
    store: &Store,
    object: &ObjectName,
    upload: &str,
    number: i32,
    bytes: Bytes,
) -> Result<Part, ObjectError> {
    let mut backoff = Backoff::default();
    for _ in 1..ATTEMPTS {
        match store.put_part(object, upload, number, bytes.clone()).await {
            Err(error) if error.is_outage() => {
                let wait = backoff.after_failure();
                tracing::debug!(%object, number, %error, ?wait, "a part again");
                sleep(wait).await;
            }
            answered => return answered,
        }
    }
    store.put_part(object, upload, number, bytes).await
}

/// A piece of a file. The caller has room for it.
async fn read(
    store: &Store,
    file: Arc<File>,
    offset: u64,
    length: u64,
) -> Result<Bytes, ObjectError> {
    let length = usize::try_from(length).map_err(std::io::Error::other)?;
    let mut buffer = store.buffers().take(length);
    let reading = tokio::task::spawn_blocking(move || {
        file.read_exact_at(buffer.as_mut(), offset)?;
        Ok(Bytes::from_owner(buffer))
    });
    reading.await.map_err(std::io::Error::other)?
}
