//! What the broker sends, looked through before `lapin` reads it.
//!
//! `lapin` parses the headers of a message by recursion, without a limit, on its own thread. Headers that are nested
//! a thousand deep end the process there, each time that the message is delivered, before anybody has seen it.
//! So they are taken off: the message arrives without headers.

/// How deep headers may be nested. RabbitMQ's own are three deep.
const DEEPEST: usize = 64;

/// The kind of a frame that holds a message's properties.
const CONTENT_HEADER: u8 = 2;

/// A frame's kind, channel and length.
const FRAME_START: usize = 7;

/// What stands before the properties: class, weight, the length of the body, and which properties there are.
const PROPERTIES: usize = 14;

const HAS_CONTENT_TYPE: u16 = 1 << 15;
const HAS_CONTENT_ENCODING: u16 = 1 << 14;
const HAS_HEADERS: u16 = 1 << 13;

/// Where in the stream of frames we are.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// So much of a frame is still to be passed on as it is.
    passing: usize,
    /// A frame that is not complete, or its start.
    held: Vec<u8>,
}

impl Screen {
    /// Appends to `passed` what of the arrived bytes, and of those held back before, `lapin` may read.
    pub(super) fn pass(&mut self, mut arrived: &[u8], passed: &mut Vec<u8>) {
        while !arrived.is_empty() {
            if self.passing > 0 {
                let (now, later) = arrived.split_at(self.passing.min(arrived.len()));
                passed.extend_from_slice(now);
                self.passing -= now.len();
                arrived = later;
                continue;
            }
            arrived = self.hold(arrived, FRAME_START);
            let Some(length) = frame_length(&self.held) else {
                return;
            };
            if self.held.first() != Some(&CONTENT_HEADER) {
                self.passing = length - self.held.len();
                passed.append(&mut self.held);
                continue;
            }
            arrived = self.hold(arrived, length);
            if self.held.len() == length {
                take_off_deep_headers(&mut self.held);
                passed.append(&mut self.held);
            }
        }
    }

    /// What is held back when nothing follows any more.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Holds bytes back until there are so many, and returns those that follow.
    fn hold<'a>(&mut self, arrived: &'a [u8], until: usize) -> &'a [u8] {
        let missing = until.saturating_sub(self.held.len());
        let (held, later) = arrived.split_at(missing.min(arrived.len()));
        self.held.extend_from_slice(held);
        later
    }
}

/// The length of a whole frame, with its last byte, once its start is there.
pub(super) fn frame_length(frame: &[u8]) -> Option<usize> {
    let payload = number(frame.get(3..FRAME_START)?)?;
    FRAME_START.checked_add(payload)?.checked_add(1)
}

fn take_off_deep_headers(frame: &mut Vec<u8>) {
    let Some(start) = headers_start(frame) else {
        return;
    };
    let Some(length) = frame.get(start..start + 4).and_then(number) else {
        return;
    };
    let end = start.saturating_add(4).saturating_add(length);
    let Some(headers) = frame.get(start + 4..end) else {
        return;
    };
    if depth_is_fine(headers) {
        return;
    }
    tracing::warn!(
        bytes = length,
        deepest = DEEPEST,
        "a message's headers are nested too deep, and are left out"
    );
    frame.drain(start..end);
    let payload = u32::try_from(frame.len() - FRAME_START - 1).unwrap_or(u32::MAX);
    frame[3..FRAME_START].copy_from_slice(&payload.to_be_bytes());
    let flags = FRAME_START + PROPERTIES - 2;
    let without = u16::from_be_bytes([frame[flags], frame[flags + 1]]) & !HAS_HEADERS;
    frame[flags..flags + 2].copy_from_slice(&without.to_be_bytes());
}

/// Where the headers of a message begin, if it has any.
fn headers_start(frame: &[u8]) -> Option<usize> {
    let mut start = FRAME_START + PROPERTIES;
    let flags = frame.get(start - 2..start)?;
    let flags = u16::from_be_bytes(flags.try_into().ok()?);
    for before in [HAS_CONTENT_TYPE, HAS_CONTENT_ENCODING] {
        if flags & before != 0 {
            start += 1 + usize::from(*frame.get(start)?);
        }
    }
    (flags & HAS_HEADERS != 0).then_some(start)
}

/// Whether headers can be read by recursion. What cannot be read at all counts as too deep.
fn depth_is_fine(headers: &[u8]) -> bool {
    // Each level has a letter for it; few letters, few levels.
    let letters = headers.iter().filter(|byte| matches!(byte, b'A' | b'F'));
    letters.count() <= DEEPEST || depth(headers).is_some_and(|depth| depth <= DEEPEST)
}

/// How deep headers are nested, found without recursion.
fn depth(headers: &[u8]) -> Option<usize> {
    let (mut at, mut deepest) = (0, 0);
    // Where each level ends, and whether its values have names.
    let mut levels = vec![(headers.len(), true)];
    while let Some((end, named)) = levels.last().copied() {
        if at >= end {
            if at > end {
                return None;
            }
            levels.pop();
            continue;
        }
        if named {
            at += 1 + usize::from(*headers.get(at)?);
        }
        let kind = *headers.get(at)?;
        at += 1;
        at += match kind {
            b'V' => 0,
            b't' | b'b' | b'B' => 1,
            b's' | b'U' | b'u' => 2,
            b'I' | b'i' | b'f' => 4,
            b'D' => 5,
            b'L' | b'l' | b'd' | b'T' => 8,
            b'S' | b'x' => 4 + number(headers.get(at..at + 4)?)?,
            b'A' | b'F' => {
                let length = number(headers.get(at..at + 4)?)?;
                levels.push((at + 4 + length, kind == b'F'));
                deepest = deepest.max(levels.len());
                4
            }
            _ => return None,
        };
    }
    Some(deepest)
}

fn number(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap();
        [&[1, b'n', kind], &length.to_be_bytes()[..], content].concat()
    }

    fn nested(depth: usize) -> Vec<u8> {
        (0..depth).fold(field(b'S', b"deep"), |inner, _| field(b'F', &inner))
    }

    /// A content header with a content type, headers and a delivery mode.
    fn content_header(headers: Option<&[u8]>) -> Vec<u8> {
        let mut flags = HAS_CONTENT_TYPE | 1 << 12;
        let mut properties = b"\x0atext/plain".to_vec();
        if let Some(headers) = headers {
            flags |= HAS_HEADERS;
            let length = u32::try_from(headers.len()).unwrap();
            properties.extend(length.to_be_bytes());
            properties.extend(headers);
        }
        properties.push(2);
        let mut payload = vec![0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        payload.extend(flags.to_be_bytes());
        payload.extend(properties);
        frame(CONTENT_HEADER, &payload)
    }

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap();
        let start = [&[kind, 0, 1], &length.to_be_bytes()[..]].concat();
        [&start, payload, &[0xce]].concat()
    }

    /// What is passed on of bytes that arrive in pieces.
    fn passed(arrived: &[u8], piece: usize) -> Vec<u8> {
        let (mut screen, mut passed) = (Screen::default(), Vec::new());
        for piece in arrived.chunks(piece) {
            screen.pass(piece, &mut passed);
        }
        passed.extend(screen.rest());
        passed
    }

    #[test]
    fn headers_that_are_nested_too_deep_are_taken_off() {
        let deepest = content_header(Some(&nested(DEEPEST - 1)));
        assert_eq!(passed(&deepest, 10), deepest);
        for depth in [DEEPEST, 1_000, 10_000] {
            let deep = content_header(Some(&nested(depth)));
            assert_eq!(passed(&deep, 100), content_header(None), "{depth}");
        }
    }

    #[test]
    fn many_headers_side_by_side_are_not_deep() {
        let wide = field(b'F', &field(b'A', b"")).repeat(1_000);
        let wide = content_header(Some(&wide));
        assert_eq!(passed(&wide, 1_000), wide);
    }

    #[test]
    fn headers_that_cannot_be_read_are_taken_off() {
        let broken = [nested(DEEPEST + 1), b"\x01n?".to_vec()].concat();
        let broken = content_header(Some(&broken));
        assert_eq!(passed(&broken, 100), content_header(None));
    }

    #[test]
    fn a_body_that_looks_like_deep_headers_is_passed_on() {
        let body = frame(3, &content_header(Some(&nested(1_000))));
        assert_eq!(passed(&body, 64), body);
    }

    proptest! {
        #[test]
        fn other_frames_are_passed_on_whatever_pieces_they_arrive_in(
            frames in prop::collection::vec((0_u8..9, prop::collection::vec(any::<u8>(), 0..300)), 0..9),
            piece in 1_usize..200,
        ) {
            let frames = frames.iter().map(|(kind, payload)| match *kind {
                CONTENT_HEADER => content_header(Some(&field(b'S', payload))),
                kind => frame(kind, payload),
            });
            let sent = frames.collect::<Vec<_>>().concat();
            prop_assert_eq!(passed(&sent, piece), sent);
        }

        #[test]
        fn anything_is_looked_through(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            piece in 1_usize..200,
        ) {
            passed(&bytes, piece);
            passed(&content_header(Some(&bytes)), piece);
        }
    }
}
