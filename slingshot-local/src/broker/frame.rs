//! Frames on the wire: taking them off a read buffer, within bounds, and writing them to memory.

use amq_protocol::{
    frame::{AMQPFrame, WriteContext, gen_frame},
    protocol::AMQPClass,
};
use bytes::{Buf, Bytes, BytesMut};

use super::error::{Refusal, Served};

/// The largest frame that either side may send, in bytes; also RabbitMQ's default.
pub(super) const FRAME_MAX: u32 = 131_072;
/// A peer may not negotiate frames smaller than this (the protocol's own floor is 4096).
pub(super) const FRAME_MIN: u32 = 4096;
/// Type, channel, size, and the end mark.
const FRAME_OVERHEAD: usize = 8;
const FRAME_END: u8 = 206;
/// Tables and arrays within each other. The parser recurses into them, so that a frame of nothing
/// but nested tables would otherwise end the process with a stack overflow.
const NESTED_MAX: usize = 32;

pub(super) const HEARTBEAT: [u8; FRAME_OVERHEAD] = [8, 0, 0, 0, 0, 0, 0, FRAME_END];

/// One frame as it was read.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) channel: u16,
    pub(super) payload: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Method,
    Header,
    Body,
    Heartbeat,
}

/// Takes the next whole frame off `buffer`; `None` when more bytes are needed.
pub(super) fn take(buffer: &mut BytesMut, frame_max: u32) -> Served<Option<Frame>> {
    let Some((head, _)) = buffer.split_first_chunk::<7>() else {
        return Ok(None);
    };
    let [kind, channel_high, channel_low, size @ ..] = *head;
    let size = u32::from_be_bytes(size);
    let kind = match kind {
        1 => Kind::Method,
        2 => Kind::Header,
        3 => Kind::Body,
        8 => Kind::Heartbeat,
        other => return Err(Refusal::frame_error(format!("unknown frame type {other}"))),
    };
    if size > frame_max.saturating_sub(8) {
        return Err(Refusal::frame_error(format!(
            "frame of {size} bytes is larger than the negotiated {frame_max}"
        )));
    }
    let size = size as usize;
    if buffer.len() < size + FRAME_OVERHEAD {
        return Ok(None);
    }
    let mut payload = buffer.split_to(size + FRAME_OVERHEAD).freeze();
    if payload.last() != Some(&FRAME_END) {
        return Err(Refusal::frame_error("the frame's end mark is missing"));
    }
    payload.advance(7);
    payload.truncate(size);
    let channel = u16::from_be_bytes([channel_high, channel_low]);
    Ok(Some(Frame {
        kind,
        channel,
        payload,
    }))
}

/// Reads a method.
pub(super) fn method(payload: &[u8]) -> Served<AMQPClass> {
    refuse_deep_nesting(payload)?;
    amq_protocol::protocol::parse_class(payload)
        .map(|(_, class)| class)
        .map_err(|_| Refusal::syntax_error("malformed or unknown method"))
}

/// Refuses a payload in which more tables could be nested than the parser's stack can take.
///
/// Looks at every place where a table or an array could begin, whether or not it is one: what is
/// really nested cannot be deeper. Text does not count, because a length begins with NUL.
pub(super) fn refuse_deep_nesting(payload: &[u8]) -> Served<()> {
    let mut ends: Vec<usize> = Vec::new();
    for (at, window) in payload.windows(5).enumerate() {
        let [b'F' | b'A', length @ ..] = window else {
            continue;
        };
        let Ok(length) = length.try_into().map(u32::from_be_bytes) else {
            continue;
        };
        let end = at + window.len() + length as usize;
        if end > payload.len() {
            continue;
        }
        ends.retain(|open| *open > at);
        ends.push(end);
        if ends.len() > NESTED_MAX {
            let text = format!("tables nested more than {NESTED_MAX} deep");
            return Err(Refusal::syntax_error(text));
        }
    }
    Ok(())
}

/// Appends a method frame.
pub(super) fn write_method(out: &mut Vec<u8>, channel: u16, class: AMQPClass) {
    let write = std::mem::take(out);
    let position = write.len() as u64;
    let frame = AMQPFrame::Method(channel, class);
    let written = gen_frame::<Vec<u8>>(&frame)(WriteContext { write, position });
    *out = written.expect("writing to memory cannot fail").write;
}

/// Appends a content header and as many body frames as the body needs.
pub(super) fn write_content(
    out: &mut Vec<u8>,
    channel: u16,
    frame_max: u32,
    properties: &[u8],
    body: &[u8],
) {
    const BASIC: u16 = 60;
    let size = 12 + u32::try_from(properties.len()).expect("properties came in one frame");
    out.reserve(properties.len() + body.len() + 64);
    out.push(2);
    out.extend_from_slice(&channel.to_be_bytes());
    out.extend_from_slice(&size.to_be_bytes());
    out.extend_from_slice(&BASIC.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&(body.len() as u64).to_be_bytes());
    out.extend_from_slice(properties);
    out.push(FRAME_END);
    for chunk in body.chunks(frame_max as usize - FRAME_OVERHEAD) {
        let size = u32::try_from(chunk.len()).expect("a chunk is smaller than a frame");
        out.push(3);
        out.extend_from_slice(&channel.to_be_bytes());
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(chunk);
        out.push(FRAME_END);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> String {
        let mut buffer = BytesMut::from(bytes);
        match take(&mut buffer, FRAME_MIN) {
            Ok(Some(f)) => format!("{:?} on {}: {} bytes", f.kind, f.channel, f.payload.len()),
            Ok(None) => "more".into(),
            Err(refusal) => refusal.text,
        }
    }

    #[test]
    fn frames_are_taken_whole_and_within_bounds() {
        let cases: [&[u8]; 6] = [
            &HEARTBEAT,
            &[1, 0, 7, 0, 0, 0, 2, 9, 9, 206],
            &[1, 0, 7, 0, 0, 0, 2, 9, 9],
            &[1, 0, 7, 0, 0, 0, 2, 9, 9, 0],
            &[1, 0, 7, 0, 1, 0, 0],
            b"GET / HTTP/1.1",
        ];
        let seen: Vec<_> = cases.iter().map(|c| check(c)).collect();
        assert_eq!(
            seen,
            [
                "Heartbeat on 0: 0 bytes",
                "Method on 7: 2 bytes",
                "more",
                "FRAME_ERROR - the frame's end mark is missing",
                "FRAME_ERROR - frame of 65536 bytes is larger than the negotiated 4096",
                "FRAME_ERROR - unknown frame type 71",
            ]
        );
    }

    /// `levels` tables, each the only value of the one around it.
    fn nested(levels: usize) -> Vec<u8> {
        let mut table = Vec::new();
        for _ in 0..levels {
            let size = u32::try_from(table.len()).unwrap();
            let mut outer = vec![1, b'k', b'F'];
            outer.extend(size.to_be_bytes());
            outer.append(&mut table);
            table = outer;
        }
        table
    }

    #[test]
    fn deep_nesting_is_refused_before_the_parser_recurses() {
        assert!(refuse_deep_nesting(&nested(NESTED_MAX)).is_ok());
        assert!(refuse_deep_nesting(&nested(NESTED_MAX + 1)).is_err());
        assert!(refuse_deep_nesting("FA".repeat(10_000).as_bytes()).is_ok());
        assert!(refuse_deep_nesting(&nested(2).repeat(1000)).is_ok());
    }

    #[test]
    fn the_deepest_accepted_nesting_parses_on_a_small_stack() {
        let table = nested(NESTED_MAX);
        let mut declare = vec![0, 50, 0, 10, 0, 0, 1, b'q', 0];
        declare.extend(u32::try_from(table.len()).unwrap().to_be_bytes());
        declare.extend(table);
        let parse = move || method(&declare).is_ok();
        let thread = std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(parse)
            .unwrap();
        assert!(thread.join().unwrap());
    }
}
