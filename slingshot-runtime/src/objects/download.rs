//! The bytes of an object, over as many connections as it takes.

use std::{io, ops::Range};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::sleep;

use super::{
    ObjectError,
    store::{Body, Extent, ObjectName, Store},
};
use crate::backoff::Backoff;

/// How often in a row the rest of an object is asked for, before the reader is told: half a minute or so.
const ATTEMPTS: u32 = 8;

/// Opens an object; its bytes arrive as they are asked for. When the connection breaks, the rest is asked for
/// on another one, and only if it is still the same object.
pub(crate) async fn open(
    store: &Store,
    bucket: &str,
    id: u64,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, ObjectError> {
    open_part(store, ObjectName::new(bucket, id), Extent::default()).await
}

/// The same for all of an object, or for some of its bytes.
pub(crate) async fn open_range(
    store: &Store,
    object: ObjectName,
    part: Option<Range<u64>>,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, ObjectError> {
    let part = part.map_or_else(Extent::default, |part| Extent {
        first: part.start,
        end: Some(part.end),
    });
    open_part(store, object, part).await
}

async fn open_part(
    store: &Store,
    object: ObjectName,
    part: Extent,
) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>, ObjectError> {
    let opened = store.open(&object, part, None).await?;
    let download = Download {
        store: store.clone(),
        object,
        body: opened.body,
        version: opened.version,
        part,
        length: opened.length,
        arrived: 0,
        attempts: 0,
        backoff: Backoff::default(),
    };
    Ok(stream::try_unfold(download, Download::next))
}

struct Download {
    store: Store,
    object: ObjectName,
    body: Body,
    /// The entity tag, by which the store knows whether the object is still the same.
    version: Option<String>,
    part: Extent,
    /// The part's.
    length: Option<u64>,
    arrived: u64,
    /// Since something arrived.
    attempts: u32,
    backoff: Backoff,
}

impl Download {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        loop {
            let broke = match self.body.next().await {
                Some(Ok(chunk)) => {
                    self.arrived += chunk.len() as u64;
                    self.attempts = 0;
                    self.backoff.reset();
                    return Ok(Some((chunk, self)));
                }
                None if self.length.is_none_or(|length| length == self.arrived) => return Ok(None),
                None => self
                    .object
                    .broke("the connection ended in the middle of it".into()),
                Some(Err(error)) => error,
            };
            self.resume(broke).await.map_err(io::Error::other)?;
        }
    }

    async fn resume(&mut self, broke: ObjectError) -> Result<(), ObjectError> {
        let mut error = broke;
        // All that there is has arrived, and is not what the store says it is; or nobody could tell whether
        // the rest belongs to it.
        let Some(version) = self
            .version
            .clone()
            .filter(|_| self.length != Some(self.arrived))
        else {
            return Err(error);
        };
        while error.is_outage() && self.attempts < ATTEMPTS {
            self.attempts += 1;
            let wait = self.backoff.after_failure();
            tracing::debug!(object = %self.object, arrived = self.arrived, %error, ?wait, "reading on");
            sleep(wait).await;
            let rest = Extent {
                first: self.part.first + self.arrived,
                ..self.part
            };
            match self.store.open(&self.object, rest, Some(&version)).await {
                Ok(opened) => {
                    self.body = opened.body;
                    return Ok(());
                }
                Err(another) => error = another,
            }
        }
        Err(error)
    }
}
