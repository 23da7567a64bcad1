//! AMQP 0-9-1 frames, read off a stream from its beginning: as much as the test has to know.

/// A frame's kind, channel and length stand before its payload, and one octet after it.
const HEAD: usize = 7;
const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
/// `AMQP`, 0, and the version: what a client sends before its first frame.
const GREETING: &[u8] = b"AMQP\0\0\x09\x01";

/// What the test has to know of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Deliver {
        tag: u64,
        redelivered: bool,
        queue: String,
    },
    Publish {
        queue: String,
    },
    Ack {
        tag: u64,
        multiple: bool,
    },
    /// `basic.reject` or `basic.nack`.
    GiveBack {
        tag: u64,
        multiple: bool,
    },
    Header {
        size: u64,
        message_id: String,
    },
    Body(Vec<u8>),
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    waiting: Vec<u8>,
}

impl Frames {
    /// Takes the next bytes; returns the frames that they complete, each with its channel.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<(u16, Frame)> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.starts_with(GREETING) {
            self.waiting.drain(..GREETING.len());
        }
        let mut found = Vec::new();
        let mut start = 0;
        while let Some(head) = self.waiting.get(start..start + HEAD) {
            let mut fields = Fields(head);
            let (Some(kind), Some(channel), Some(length)) =
                (fields.u8(), fields.u16(), fields.u32())
            else {
                break;
            };
            let payload = start + HEAD;
            let end = payload + length as usize;
            if self.waiting.len() <= end {
                break;
            }
            let frame = frame(kind, Fields(&self.waiting[payload..end]));
            found.extend(frame.map(|frame| (channel, frame)));
            start = end + 1;
        }
        self.waiting.drain(..start);
        found
    }
}

fn frame(kind: u8, mut fields: Fields<'_>) -> Option<Frame> {
    match kind {
        METHOD => method(fields),
        HEADER => {
            fields.skip(4)?;
            let size = fields.u64()?;
            let message_id = message_id(&mut fields).unwrap_or_default();
            Some(Frame::Header { size, message_id })
        }
        BODY => Some(Frame::Body(fields.0.to_vec())),
        _ => None,
    }
}

fn method(mut fields: Fields<'_>) -> Option<Frame> {
    match (fields.u16()?, fields.u16()?) {
        (60, 40) => {
            fields.skip(2)?;
            fields.text()?;
            Some(Frame::Publish {
                queue: fields.text()?,
            })
        }
        (60, 60) => {
            fields.text()?;
            let (tag, redelivered) = (fields.u64()?, fields.u8()? != 0);
            fields.text()?;
            Some(Frame::Deliver {
                tag,
                redelivered,
                queue: fields.text()?,
            })
        }
        (60, 80) => Some(Frame::Ack {
            tag: fields.u64()?,
            multiple: fields.u8()? & 1 != 0,
        }),
        (60, 90) => Some(Frame::GiveBack {
            tag: fields.u64()?,
            multiple: false,
        }),
        (60, 120) => Some(Frame::GiveBack {
            tag: fields.u64()?,
            multiple: fields.u8()? & 1 != 0,
        }),
        _ => None,
    }
}

/// The properties stand in the order of their flags; `message-id` is the ninth.
fn message_id(fields: &mut Fields<'_>) -> Option<String> {
    let flags = fields.u16()?;
    let has = |bit: u32| flags & (1 << bit) != 0;
    for bit in [15, 14] {
        has(bit).then(|| fields.text());
    }
    if has(13) {
        let length = fields.u32()?;
        fields.skip(length as usize)?;
    }
    for bit in [12, 11] {
        has(bit).then(|| fields.u8());
    }
    for bit in [10, 9, 8] {
        has(bit).then(|| fields.text());
    }
    has(7).then(|| fields.text())?
}

/// What is left of a payload.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::from(self.u8()?);
        let text = String::from_utf8_lossy(self.0.get(..length)?).into_owned();
        self.skip(length)?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(kind: u8, channel: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend(channel.to_be_bytes());
        bytes.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
        bytes.extend(payload);
        bytes.push(0xce);
        bytes
    }

    /// Content type, delivery mode and message id, as a service sends them.
    const PROPERTIES: &[u8] = b"\0\x3c\0\0\0\0\0\0\0\0\0\x02\x90\x80\x0atext/plain\x02\x03m-1";

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let mut stream = GREETING.to_vec();
        stream.extend(framed(METHOD, 1, b"\0\x3c\0\x28\0\0\0\x02in\x01"));
        stream.extend(framed(HEADER, 1, PROPERTIES));
        stream.extend(framed(BODY, 1, b"42"));
        stream.extend(framed(8, 0, b""));
        stream.extend(framed(METHOD, 2, b"\0\x3c\0\x50\0\0\0\0\0\0\0\x07\x01"));
        let expected = [
            (
                1,
                Frame::Publish {
                    queue: "in".to_owned(),
                },
            ),
            (
                1,
                Frame::Header {
                    size: 2,
                    message_id: "m-1".to_owned(),
                },
            ),
            (1, Frame::Body(b"42".to_vec())),
            (
                2,
                Frame::Ack {
                    tag: 7,
                    multiple: true,
                },
            ),
        ];
        for size in [1, 3, 8, stream.len()] {
            let mut frames = Frames::default();
            let (greeting, rest) = stream.split_at(GREETING.len());
            let mut found = frames.read(greeting);
            found.extend(rest.chunks(size).flat_map(|piece| frames.read(piece)));
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }
}
