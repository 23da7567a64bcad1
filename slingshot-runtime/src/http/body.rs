//! A request's body, read whole and within limits.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::poll;
use http_body_util::BodyExt as _;
use hyper::{
    StatusCode,
    body::{Body as _, Incoming},
};
use tokio::time::timeout;

use super::answer::Refused;

/// How long a client may take to send a body.
const SENDING: Duration = Duration::from_secs(30);

/// The most bytes of bodies that are in memory at once, for requests that run or wait.
const IN_MEMORY: u64 = 256 * 1024 * 1024;

/// What is not worth counting.
const SMALL: u64 = 16 * 1024;

/// The bytes of bodies that are in memory.
#[derive(Debug, Default)]
pub(super) struct Room(Arc<AtomicU64>);

/// A part of them, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Held(Option<(Arc<AtomicU64>, u64)>);

impl Room {
    fn take(&self, bytes: u64) -> Option<Held> {
        if bytes <= SMALL {
            return Some(Held(None));
        }
        let more = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= IN_MEMORY);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok()?;
        Some(Held(Some((Arc::clone(&self.0), bytes))))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((room, bytes)) = &self.0 {
            room.fetch_sub(*bytes, Ordering::Relaxed);
        }
    }
}

/// Reads a body of at most `limit` bytes. What this gives with it is kept for as long as the body is.
pub(super) async fn read(
    body: Incoming,
    limit: u64,
    room: &Room,
) -> Result<(Bytes, Held), Refused> {
    let expected = body.size_hint();
    if expected.lower() > limit {
        return Err(too_large(limit));
    }
    // One that does not say how long it is may be as long as any.
    let held = room.take(expected.upper().unwrap_or(limit));
    let held = held.ok_or_else(|| {
        let busy = "the bodies of other requests take all the room there is for them";
        Refused::new(StatusCode::TOO_MANY_REQUESTS, busy)
            .for_now()
            .closing()
    })?;
    let mut collecting = pin!(collect(body, limit));
    // Most bodies have come with their heads.
    let whole = match poll!(collecting.as_mut()) {
        Poll::Ready(whole) => whole?,
        Poll::Pending => timeout(SENDING, collecting).await.map_err(|_| {
            let slow = format!("the body did not arrive within {} s", SENDING.as_secs());
            Refused::new(StatusCode::REQUEST_TIMEOUT, slow).closing()
        })??,
    };
    Ok((whole, held))
}

async fn collect(mut body: Incoming, limit: u64) -> Result<Bytes, Refused> {
    let Some(first) = chunk(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if body.is_end_stream() && first.len() as u64 <= limit {
        return Ok(first);
    }
    let mut whole = BytesMut::from(first);
    while let Some(next) = chunk(&mut body).await? {
        if (whole.len() + next.len()) as u64 > limit {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&next);
    }
    if whole.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(whole.freeze())
}

/// The next data; trailers are nobody's.
async fn chunk(body: &mut Incoming) -> Result<Option<Bytes>, Refused> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let broken = format!("the body broke off: {error}");
            Refused::new(StatusCode::BAD_REQUEST, broken).closing()
        })?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

pub(super) fn too_large(limit: u64) -> Refused {
    let message = format!("the body is larger than {limit} bytes");
    Refused::new(StatusCode::PAYLOAD_TOO_LARGE, message).closing()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_and_given_back() {
        let room = Room::default();
        let most = room.take(IN_MEMORY - SMALL).expect("there is room");
        assert!(room.take(SMALL + 1).is_none());
        assert!(room.take(SMALL).is_some(), "what is small is not counted");
        drop(most);
        assert!(room.take(IN_MEMORY).is_some());
    }
}
