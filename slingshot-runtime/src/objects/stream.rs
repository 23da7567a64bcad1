//! From bytes that arrive to an object, while they arrive.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{
    ObjectError,
    buffers::Buffers,
    store::{ObjectName, Part, Store},
    upload::{MOST_PARTS, PART, put_part},
};

/// How many parts of one stream are in memory: one arrives while another is on its way to the store.
const PARTS_AT_ONCE: usize = 2;

/// After so many parts of a stream that nobody knows the length of, its parts become twice as large: it may come to
/// 484 GiB.
const PARTS_OF_A_SIZE: u64 = MOST_PARTS / 5;

/// A stream of which no object was made.
#[derive(Debug)]
pub(crate) enum PutError<E> {
    /// It broke off.
    Source(E),
    /// The store did not take it.
    Store(ObjectError),
}

impl<E> From<ObjectError> for PutError<E> {
    fn from(error: ObjectError) -> Self {
        Self::Store(error)
    }
}

/// Makes an object of all that arrives; until then there is none, and after an error no part of it is left.
pub(crate) async fn put_stream<E: Send>(
    store: &Store,
    object: &ObjectName,
    length: Option<u64>,
    chunks: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
) -> Result<(), PutError<E>> {
    let mut pieces = Pieces {
        buffers: store.buffers().clone(),
        length,
        chunks,
        rest: Bytes::new(),
        count: 0,
        ended: false,
    };
    let first = pieces.next().await.map_err(PutError::Source)?;
    let first = first.unwrap_or_default();
    if pieces.ended {
        return Ok(store.put(object, first).await?);
    }
    let upload = store.begin_parts(object).await?;
    let completed = match put_parts(store, object, &upload, first, pieces).await {
        Ok(parts) => store
            .complete_parts(object, &upload, parts)
            .await
            .map_err(PutError::Store),
        Err(error) => Err(error),
    };
    if completed.is_err() {
        store.abort_parts(object, &upload).await;
    }
    completed
}

async fn put_parts<E: Send>(
    store: &Store,
    object: &ObjectName,
    upload: &str,
    first: Bytes,
    pieces: Pieces<impl Stream<Item = Result<Bytes, E>> + Send + Unpin>,
) -> Result<Vec<Part>, PutError<E>> {
    let others = stream::try_unfold(pieces, |mut pieces| async move {
        let piece = pieces.next().await?;
        Ok(piece.map(|piece| (piece, pieces)))
    });
    let pieces = stream::once(async { Ok(first) }).chain(others);
    stream::iter(1..)
        .zip(pieces)
        .map(|(number, piece)| async move {
            let piece = piece.map_err(PutError::Source)?;
            // Not while it arrives: a slow client would keep the room from the others.
            let _room = store.memory(piece.len() as u64).await;
            Ok(put_part(store, object, upload, number, piece).await?)
        })
        .buffered(PARTS_AT_ONCE)
        .try_collect()
        .await
}

/// A stream in pieces of the size of parts.
struct Pieces<S> {
    buffers: Buffers,
    length: Option<u64>,
    chunks: S,
    /// What of the last chunk belongs to the next piece.
    rest: Bytes,
    count: u64,
    ended: bool,
}

impl<E, S: Stream<Item = Result<Bytes, E>> + Unpin> Pieces<S> {
    async fn next(&mut self) -> Result<Option<Bytes>, E> {
        if self.ended {
            return Ok(None);
        }
        let size = piece_size(self.count, self.length);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        // What is known to be small takes no more than it needs.
        let known = self.length.and_then(|length| usize::try_from(length).ok());
        let mut buffer = self.buffers.take_empty(size.min(known.unwrap_or(size)));
        loop {
            buffer.fill(&mut self.rest, size);
            if !self.rest.is_empty() {
                break;
            }
            match self.chunks.next().await.transpose()? {
                Some(chunk) => self.rest = chunk,
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        self.count += 1;
        let piece = Bytes::from_owner(buffer);
        Ok((!piece.is_empty()).then_some(piece))
    }
}

/// The size of the piece after so many: large enough for the store's bound on parts.
fn piece_size(before: u64, length: Option<u64>) -> u64 {
    match length {
        Some(length) => PART.max(length.div_ceil(MOST_PARTS)),
        None => PART << (before / PARTS_OF_A_SIZE).min(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_before_there_are_too_many() {
        let whole: u64 = (0..MOST_PARTS).map(|before| piece_size(before, None)).sum();
        assert_eq!(whole >> 30, 484);
        assert_eq!(piece_size(9_999, Some(1)), PART);
        let largest = 5 << 40;
        assert!(piece_size(0, Some(largest)) * MOST_PARTS >= largest);
    }
}
