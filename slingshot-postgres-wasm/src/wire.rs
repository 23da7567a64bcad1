//! `PostgreSQL`'s protocol 3 as bytes: reading a client's messages, walking an answer, building the few
//! messages that the multiplexer says itself. What a message means is not known here.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A message of a client: its kind and what follows the length.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) body: Vec<u8>,
}

/// Reads one message; `None` where the client closed between two of them.
pub(crate) async fn read_message(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> io::Result<Option<Message>> {
    let kind = match stream.read_u8().await {
        Ok(kind) => kind,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let body = read_body(stream, limit).await?;
    Ok(Some(Message { kind, body }))
}

/// Reads what a length announces: the whole of a startup packet, or a message without its kind.
pub(crate) async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> io::Result<Vec<u8>> {
    let announced = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    let length = announced
        .checked_sub(4)
        .filter(|length| *length <= limit)
        .ok_or_else(|| {
            let text = format!("a message of {announced} bytes is outside 4 to {limit}");
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
    // Grows with what arrives: an announced length alone reserves no memory.
    let mut body = Vec::new();
    let read = stream.take(length as u64).read_to_end(&mut body).await?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

/// One message inside an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u8,
    pub(crate) body: &'a [u8],
    pub(crate) whole: &'a [u8],
    /// Where the next message begins.
    pub(crate) end: usize,
}

/// The messages of an answer, in order. Stops at a message that is cut short.
pub(crate) fn frames(answer: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = answer.get(at..)?;
        let (head, _) = rest.split_first_chunk::<5>()?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let whole = rest.get(..usize::try_from(length).ok()?.checked_add(1)?)?;
        at += whole.len();
        Some(Frame {
            kind: head[0],
            body: whole.get(5..)?,
            whole,
            end: at,
        })
    })
}

/// A message of the given parts.
pub(crate) fn message(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>() + 4;
    let length = u32::try_from(length).expect("bounded by the limit of a request");
    let mut bytes = Vec::with_capacity(length as usize + 1);
    bytes.push(kind);
    bytes.extend(length.to_be_bytes());
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A simple query.
pub(crate) fn query(text: &[u8]) -> Vec<u8> {
    message(b'Q', &[text, &[0]])
}

/// `ReadyForQuery`.
pub(crate) fn ready(status: Status) -> Vec<u8> {
    message(b'Z', &[&[status as u8]])
}

/// `ParameterStatus`.
pub(crate) fn parameter_status(name: &str, value: &str) -> Vec<u8> {
    message(b'S', &[name.as_bytes(), &[0], value.as_bytes(), &[0]])
}

/// What the session is in, as `ReadyForQuery` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    Idle = b'I',
    Transaction = b'T',
    Failed = b'E',
}

impl Status {
    pub(crate) fn of(ready: Frame<'_>) -> Option<Self> {
        match (ready.kind, ready.body) {
            (b'Z', [b'I']) => Some(Self::Idle),
            (b'Z', [b'T']) => Some(Self::Transaction),
            (b'Z', [b'E']) => Some(Self::Failed),
            _ => None,
        }
    }
}

/// An error that the multiplexer itself reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The SQLSTATE.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The request failed and the connection lives on.
    pub(crate) fn as_error(&self) -> Vec<u8> {
        self.response("ERROR")
    }

    /// The connection ends with this.
    pub(crate) fn as_fatal(&self) -> Vec<u8> {
        self.response("FATAL")
    }

    fn response(&self, severity: &str) -> Vec<u8> {
        let (code, text) = (self.code, &self.message);
        let fields = format!("S{severity}\0V{severity}\0C{code}\0M{text}\0\0");
        message(b'E', &[fields.as_bytes()])
    }
}

/// The text up to the first zero byte, and what follows that byte.
pub(crate) fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}
