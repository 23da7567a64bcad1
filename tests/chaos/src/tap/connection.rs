//! One connection of a service to the broker, as the proxy sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::time::Instant;

use super::{
    Completion, Tap,
    frames::{Frame, Frames},
};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

/// Reads along, and tells the tap what happens to messages.
#[derive(Debug)]
pub(crate) struct TappedConnection {
    tap: Arc<Tap>,
    born: Instant,
    to_server: Frames,
    to_client: Frames,
    /// Messages whose properties or body have not come yet.
    arriving: BTreeMap<(Direction, u16), Arriving>,
    /// Messages that the service holds, by channel and tag.
    held: BTreeMap<(u16, u64), Held>,
    /// Ids of messages whose copy the service has published to be tried again, or as a dead letter.
    failed: BTreeSet<String>,
}

#[derive(Debug)]
struct Arriving {
    kind: Kind,
    missing: u64,
    message_id: String,
    body: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Kind {
    Delivered {
        tag: u64,
        redelivered: bool,
        service: String,
    },
    Published {
        queue: String,
    },
}

#[derive(Debug)]
struct Held {
    service: String,
    message_id: String,
    body: String,
}

impl TappedConnection {
    pub(super) fn new(tap: Arc<Tap>) -> Self {
        Self {
            tap,
            born: Instant::now(),
            to_server: Frames::default(),
            to_client: Frames::default(),
            arriving: BTreeMap::new(),
            held: BTreeMap::new(),
            failed: BTreeSet::new(),
        }
    }

    /// Bytes that have been passed on.
    pub(crate) fn saw(&mut self, direction: Direction, bytes: &[u8]) {
        let frames = match direction {
            Direction::ToServer => self.to_server.read(bytes),
            Direction::ToClient => self.to_client.read(bytes),
        };
        for (channel, frame) in frames {
            self.take(direction, channel, frame);
        }
    }

    fn take(&mut self, direction: Direction, channel: u16, frame: Frame) {
        let place = (direction, channel);
        match frame {
            Frame::Deliver {
                tag,
                redelivered,
                queue,
            } => {
                let service = super::service_of(&queue);
                self.begin(
                    place,
                    Kind::Delivered {
                        tag,
                        redelivered,
                        service,
                    },
                );
            }
            Frame::Publish { queue } => self.begin(place, Kind::Published { queue }),
            Frame::Header { size, message_id } => {
                if let Some(arriving) = self.arriving.get_mut(&place) {
                    arriving.missing = size;
                    arriving.message_id = message_id;
                }
                self.end(place);
            }
            Frame::Body(bytes) => {
                if let Some(arriving) = self.arriving.get_mut(&place) {
                    arriving.missing = arriving.missing.saturating_sub(bytes.len() as u64);
                    arriving.body.extend(bytes);
                }
                self.end(place);
            }
            // The broker's own acknowledgements are its confirms.
            Frame::Ack { tag, multiple } if direction == Direction::ToServer => {
                for held in self.settled(channel, tag, multiple) {
                    self.acknowledged(held);
                }
            }
            Frame::GiveBack { tag, multiple } if direction == Direction::ToServer => {
                for held in self.settled(channel, tag, multiple) {
                    self.tap.saw(&held.service, &held.body, "given back");
                }
            }
            Frame::Ack { .. } | Frame::GiveBack { .. } => {}
        }
    }

    fn begin(&mut self, place: (Direction, u16), kind: Kind) {
        let arriving = Arriving {
            kind,
            missing: 1,
            message_id: String::new(),
            body: Vec::new(),
        };
        self.arriving.insert(place, arriving);
    }

    /// Notes a message once all of it is there.
    fn end(&mut self, place: (Direction, u16)) {
        if !matches!(self.arriving.get(&place), Some(arriving) if arriving.missing == 0) {
            return;
        }
        let Some(Arriving {
            kind,
            message_id,
            body,
            ..
        }) = self.arriving.remove(&place)
        else {
            return;
        };
        let body = String::from_utf8_lossy(&body).into_owned();
        match kind {
            Kind::Delivered {
                tag,
                redelivered,
                service,
            } => {
                self.tap
                    .delivered(&service, &message_id, &body, redelivered);
                let held = Held {
                    service,
                    message_id,
                    body,
                };
                self.held.insert((place.1, tag), held);
            }
            Kind::Published { queue } => {
                let service = super::service_of(&queue);
                self.tap
                    .saw(&service, &body, &format!("published to {queue}"));
                // A copy bears the id of the message that it is of.
                if self.held.values().any(|held| held.message_id == message_id) {
                    self.tap.tried_again(&service);
                    self.failed.insert(message_id);
                }
            }
        }
    }

    fn settled(&mut self, channel: u16, tag: u64, multiple: bool) -> Vec<Held> {
        let first = if multiple { 0 } else { tag };
        let settled = self
            .held
            .extract_if((channel, first)..=(channel, tag), |_, _| true);
        settled.map(|(_, held)| held).collect()
    }

    fn acknowledged(&mut self, held: Held) {
        self.tap.saw(&held.service, &held.body, "acknowledged");
        if self.failed.remove(&held.message_id) {
            return;
        }
        let completion = Completion {
            at: Instant::now(),
            born: self.born,
        };
        self.tap
            .completed(&held.service, held.message_id, completion);
    }
}
