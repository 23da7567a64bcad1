//! Calls, replies and broadcasts as messages of a broker's.

mod error;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use self::error::{read_error, written_error};
use super::{Broadcast, chain::Chain};
use crate::{
    amqp::{Headers, Inbound, Letter},
    handler::{CallError, Form, Handler, Payload, Source},
    trace::{TRACEPARENT, TRACESTATE, TraceContext},
};

/// The most bytes that one message carries: brokers refuse larger ones, and end the channel by it.
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

const CHAIN: &str = "x-slingshot-bus-chain";
const SOURCE: &str = "x-slingshot-bus-source";
/// The milliseconds until the caller's own caller waits no longer.
const REMAINING: &str = "x-slingshot-bus-remaining";
const REPLY: &str = "x-slingshot-bus-reply";
/// What a caller is to know of the handler: its timeout in milliseconds, its replicas and its line.
const HANDLER: &str = "x-slingshot-bus-handler";
const PUBLISHER: &str = "x-slingshot-bus-publisher";
const SEQUENCE: &str = "x-slingshot-bus-sequence";

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// The queue of the calls whose callers wait.
pub(super) fn calls(handler: &str) -> Arc<str> {
    format!("slingshot.bus.{handler}.calls").into()
}

/// The queue of what was dispatched.
pub(super) fn dispatched(handler: &str) -> Arc<str> {
    format!("slingshot.bus.{handler}").into()
}

/// A call on its way to another process.
pub(super) fn call(
    payload: Payload,
    chain: &Chain,
    remaining: Option<Duration>,
    trace: Option<&TraceContext>,
) -> Letter {
    let mut letter = written(payload);
    let chain = serde_json::to_string(&chain.told());
    letter.headers.insert(CHAIN, chain.unwrap_or_default());
    if let Some(remaining) = remaining {
        let milliseconds = remaining.as_millis().to_string();
        letter.headers.insert(REMAINING, milliseconds);
    }
    if let Some(trace) = trace {
        letter.headers.insert(TRACEPARENT, trace.traceparent());
        if let Some(state) = trace.tracestate() {
            letter.headers.insert(TRACESTATE, state.to_owned());
        }
    }
    letter
}

/// A call that has arrived.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) payload: Payload,
    /// Up to the caller.
    pub(super) chain: Chain,
    pub(super) remaining: Option<Duration>,
}

impl Arrived {
    /// # Errors
    /// Why it cannot be a call.
    pub(super) fn read(message: &Inbound) -> Result<Self, String> {
        let chain = match message.text_header(CHAIN) {
            Some(chain) => serde_json::from_str(chain).ok().and_then(Chain::of),
            // Another program's message.
            None => Some(Chain::begin("", None)),
        };
        let remaining = message.text_header(REMAINING);
        Ok(Self {
            payload: read(message)?,
            chain: chain.ok_or_else(|| format!("the header `{CHAIN}` is no chain of calls"))?,
            remaining: remaining
                .map(|milliseconds| milliseconds.parse().map(Duration::from_millis))
                .transpose()
                .map_err(|_| format!("the header `{REMAINING}` is no number"))?,
        })
    }
}

/// What a caller learns of a handler by its first reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) timeout: Duration,
    pub(super) replicas: u32,
    pub(super) waiting: u32,
}

impl Known {
    pub(super) fn of(handler: &Handler) -> Self {
        Self {
            timeout: handler.timeout,
            replicas: handler.replicas,
            waiting: handler.longest_line(),
        }
    }

    pub(super) fn read(message: &Inbound) -> Option<Self> {
        let (milliseconds, replicas, waiting) =
            serde_json::from_str(message.text_header(HANDLER)?).ok()?;
        Some(Self {
            timeout: Duration::from_millis(milliseconds),
            replicas,
            waiting,
        })
    }

    fn written(self) -> String {
        let milliseconds = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        serde_json::json!([milliseconds, self.replicas, self.waiting]).to_string()
    }
}

/// What comes back to a caller.
#[derive(Debug)]
pub(super) enum Reply {
    /// Its last word.
    Ended(Result<Payload, CallError>),
    /// A process has the call, and it may take longer than callers wait who know nothing of the handler.
    Taken,
    /// A process on its way out has not begun it.
    GivenBack,
}

impl Reply {
    pub(super) fn written(self, handler: Option<Known>) -> Letter {
        let (kind, mut letter) = match self {
            Self::Ended(Ok(payload)) => ("ok", written(payload)),
            Self::Ended(Err(error)) => ("error", written_error(&error)),
            Self::Taken => ("taken", Letter::default()),
            Self::GivenBack => ("given-back", Letter::default()),
        };
        letter.headers.insert(REPLY, kind.to_owned());
        if let Some(handler) = handler {
            letter.headers.insert(HANDLER, handler.written());
        }
        letter
    }

    pub(super) fn read(message: &Inbound) -> Self {
        let broken = |reason| CallError::Broker(format!("a reply cannot be read: {reason}"));
        Self::Ended(match message.text_header(REPLY) {
            Some("taken") => return Self::Taken,
            Some("given-back") => return Self::GivenBack,
            Some("ok") => read(message).map_err(broken),
            Some("error") => Err(read_error(message.body()).unwrap_or_else(broken)),
            _ => Err(broken("it does not say what it is".to_owned())),
        })
    }
}

/// Where a broadcast stands among its publisher's on the same topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) publisher: String,
    pub(super) sequence: u64,
}

pub(super) fn broadcast(broadcast: Broadcast, publisher: &str, sequence: u64) -> Letter {
    let mut letter = written(broadcast.payload);
    let headers = [
        (SOURCE, broadcast.source.to_string()),
        (PUBLISHER, publisher.to_owned()),
        (SEQUENCE, sequence.to_string()),
    ];
    letter.headers.extend(headers);
    letter
}

pub(super) fn read_broadcast(message: &Inbound) -> Result<(Broadcast, Option<Place>), String> {
    let place = || {
        Some(Place {
            publisher: message.text_header(PUBLISHER)?.to_owned(),
            sequence: message.text_header(SEQUENCE)?.parse().ok()?,
        })
    };
    let broadcast = Broadcast {
        source: Source::from(message.text_header(SOURCE).unwrap_or_default()),
        payload: read(message)?,
    };
    Ok((broadcast, place()))
}

fn written(payload: Payload) -> Letter {
    let content_type = match &payload.0 {
        Form::Empty => None,
        Form::Text(_) => Some(TEXT),
        Form::Json(_) => Some(JSON),
        Form::Bytes(_) => Some(BYTES),
    };
    Letter {
        content_type,
        headers: Headers::new(),
        body: payload.into_bytes().into(),
    }
}

fn read(message: &Inbound) -> Result<Payload, String> {
    payload(message.content_type(), message.body())
}

/// A program that says nothing of what it sends sends bytes.
fn payload(content_type: Option<&str>, body: &[u8]) -> Result<Payload, String> {
    let bytes = || Bytes::copy_from_slice(body);
    Ok(Payload(match content_type {
        None if body.is_empty() => Form::Empty,
        Some(TEXT) => {
            let text = str::from_utf8(body);
            let text = text.map_err(|error| format!("the text is not UTF-8: {error}"))?;
            Form::Text(text.to_owned())
        }
        Some(JSON) => {
            let valid = serde_json::from_slice::<serde::de::IgnoredAny>(body);
            valid.map_err(|error| format!("the data is no JSON: {error}"))?;
            Form::Json(bytes())
        }
        _ => Form::Bytes(bytes()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_arrives_in_the_form_that_it_left_in() {
        for form in [
            Payload::default(),
            Payload::text(""),
            Payload::text("é"),
            Payload::json(&[1, 2]).expect("JSON"),
            Payload::bytes(vec![0xff, 0]),
        ] {
            let letter = written(form.clone());
            let arrived = payload(letter.content_type, &letter.body);
            assert_eq!(arrived.expect("a payload"), form);
        }
        payload(Some(TEXT), &[0xff]).expect_err("no text");
        payload(Some(JSON), b"{").expect_err("no JSON");
    }
}
