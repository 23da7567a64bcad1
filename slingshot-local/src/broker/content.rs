//! Messages in the making: a publish, its header, its body, frame by frame, within bounds.

use std::collections::BTreeMap;

use amq_protocol::protocol::basic;
use bytes::Buf;

use super::{
    error::{Refusal, Served},
    message::{BODY_MAX, Properties},
};

const BASIC: u16 = 60;
/// What a body may reserve before its bytes have come.
const RESERVED: usize = 1 << 20;

/// The unfinished messages of one connection, by channel.
#[derive(Debug, Default)]
pub(super) struct Unfinished(BTreeMap<u16, Incoming>);

#[derive(Debug)]
struct Incoming {
    publish: basic::Publish,
    header: Option<Header>,
    body: Vec<u8>,
}

#[derive(Debug)]
struct Header {
    properties: Properties,
    size: u64,
}

/// A message that came in whole.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) publish: basic::Publish,
    pub(super) properties: Properties,
    pub(super) body: Box<[u8]>,
}

impl Unfinished {
    pub(super) fn begin(&mut self, channel: u16, publish: basic::Publish) {
        self.0.insert(
            channel,
            Incoming {
                publish,
                header: None,
                body: Vec::new(),
            },
        );
    }

    pub(super) fn is_open(&self, channel: u16) -> bool {
        self.0.contains_key(&channel)
    }

    pub(super) fn forget(&mut self, channel: u16) {
        self.0.remove(&channel);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes a content header. Returns the message when it has no body.
    pub(super) fn header(&mut self, channel: u16, mut payload: &[u8]) -> Served<Option<Content>> {
        let coming: u64 = self
            .0
            .values()
            .filter_map(|i| i.header.as_ref())
            .map(|h| h.size)
            .sum();
        let incoming = self
            .0
            .get_mut(&channel)
            .filter(|incoming| incoming.header.is_none());
        let incoming = incoming.ok_or_else(|| {
            Refusal::unexpected_frame("expected method frame, got content header frame")
        })?;
        let head = (
            payload.try_get_u16(),
            payload.try_get_u16(),
            payload.try_get_u64(),
        );
        let (Ok(BASIC), Ok(_), Ok(size)) = head else {
            return Err(Refusal::frame_error("malformed content header"));
        };
        if size > BODY_MAX {
            return Err(Refusal::precondition_failed(format!(
                "message size {size} is larger than configured max size {BODY_MAX}"
            )));
        }
        if coming + size > BODY_MAX {
            return Err(Refusal::resource_error("too many large messages at once"));
        }
        let properties = Properties::read(payload)?;
        incoming.header = Some(Header { properties, size });
        incoming
            .body
            .reserve_exact(RESERVED.min(usize::try_from(size).unwrap_or(0)));
        Ok(self.finished(channel))
    }

    /// Takes a body frame. Returns the message when it was the last one.
    pub(super) fn body(&mut self, channel: u16, payload: &[u8]) -> Served<Option<Content>> {
        let incoming = self.0.get_mut(&channel);
        let Some(Incoming {
            header: Some(header),
            body,
            ..
        }) = incoming
        else {
            let text = "expected method frame, got content body frame";
            return Err(Refusal::unexpected_frame(text));
        };
        if body.len() as u64 + payload.len() as u64 > header.size {
            return Err(Refusal::frame_error("more content than announced"));
        }
        body.extend_from_slice(payload);
        Ok(self.finished(channel))
    }

    fn finished(&mut self, channel: u16) -> Option<Content> {
        let Incoming {
            publish,
            header,
            body,
        } = self.0.remove(&channel)?;
        match header {
            Some(Header { properties, size }) if body.len() as u64 == size => Some(Content {
                publish,
                properties,
                body: body.into_boxed_slice(),
            }),
            header => {
                self.0.insert(
                    channel,
                    Incoming {
                        publish,
                        header,
                        body,
                    },
                );
                None
            }
        }
    }
}
