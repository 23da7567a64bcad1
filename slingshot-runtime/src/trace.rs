//! Which trace a message belongs to: W3C Trace Context, carried in the headers `traceparent` and `tracestate`.

#[cfg_attr(not(feature = "otlp"), path = "trace/no_spans.rs")]
mod spans;

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

pub(crate) use spans::{Exporter, Span, Tracer};

/// The header that names the trace and the caller's span.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// The header in which tracing systems keep what is theirs.
pub(crate) const TRACESTATE: &str = "tracestate";

/// The length of a `traceparent` of version 00.
const TRACEPARENT_LENGTH: usize = 55;

/// The most members of a `tracestate`; one with more is not valid.
const MOST_MEMBERS: usize = 32;

/// The most bytes of a `tracestate` that go on: as many as everybody must be able to carry.
const LONGEST_STATE: usize = 512;

/// Members longer than this go first when the whole is too long.
const LONG_MEMBER: usize = 128;

/// The flag of a trace that somebody records.
const SAMPLED: u8 = 0x01;

/// The flags that version 00 and its next level define: sampled, and a random trace id.
const KNOWN_FLAGS: u8 = 0x03;

/// A message's place in a trace (<https://www.w3.org/TR/trace-context/>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext {
    trace_id: u128,
    /// The caller's span.
    span_id: u64,
    flags: u8,
    state: Option<Arc<str>>,
    /// Nobody has said anything of the trace yet.
    begun_here: bool,
}

/// The work on a message, as its span tells it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "only spans tell it")
)]
pub(crate) struct Work<'a> {
    pub(crate) service: &'a str,
    pub(crate) queue: &'a str,
    pub(crate) message_id: Option<&'a str>,
    pub(crate) attempt: u32,
    pub(crate) tag: u64,
    pub(crate) body_size: u64,
}

/// An HTTP request, as its span tells it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "only spans tell it")
)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) route: &'a str,
    pub(crate) path: &'a str,
    pub(crate) scheme: &'static str,
}

/// What the bus does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The caller waits for the reply.
    Publish,
    /// Nobody waits.
    Dispatch,
}

impl Operation {
    /// As metrics and spans have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Dispatch => "dispatch",
        }
    }
}

/// A message on its way to a queue, as its span tells it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "only spans tell it")
)]
pub(crate) struct Sending<'a> {
    pub(crate) queue: &'a str,
    pub(crate) message_id: Option<&'a str>,
    pub(crate) body_size: u64,
}

/// Which trace it is; shown as it is written everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl TraceContext {
    /// What a message's headers say; a trace of its own if they say nothing, or nothing valid.
    pub(crate) fn of(traceparent: Option<&str>, tracestate: Option<&str>) -> Self {
        let Some(mut context) = traceparent.and_then(parse_traceparent) else {
            return Self::root();
        };
        context.state = tracestate.and_then(parse_tracestate);
        context
    }

    /// The beginning of a trace. It counts as sampled: whoever records follows it.
    pub(crate) fn root() -> Self {
        Self {
            trace_id: u128::from(random_id()) << 64 | u128::from(random_id()),
            span_id: random_id(),
            flags: SAMPLED,
            state: None,
            begun_here: true,
        }
    }

    pub(crate) fn id(&self) -> TraceId {
        TraceId(self.trace_id)
    }

    /// The trace's id, as it is written everywhere.
    pub(crate) fn trace_id(&self) -> String {
        self.id().to_string()
    }

    /// What each line says that is logged of a message: it is there at every level that lines are.
    pub(crate) fn log_span(
        &self,
        service: &str,
        message_id: Option<&str>,
        attempt: u32,
    ) -> tracing::Span {
        tracing::error_span!(
            "message",
            service,
            message_id,
            attempt,
            trace_id = self.trace_id(),
        )
    }

    /// What each line says that is logged of a call that came over a broker.
    pub(crate) fn log_span_of_call(&self, handler: &str) -> tracing::Span {
        tracing::error_span!("call", handler, trace_id = self.trace_id())
    }

    /// The value of the header `traceparent`.
    pub(crate) fn traceparent(&self) -> String {
        let mut text = String::with_capacity(TRACEPARENT_LENGTH);
        let (trace, span, flags) = (self.trace_id, self.span_id, self.flags);
        write!(text, "00-{trace:032x}-{span:016x}-{flags:02x}").expect("a string takes any text");
        text
    }

    /// The value of the header `tracestate`, if there is to be one.
    pub(crate) fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// `version-traceid-parentid-flags`. A later version may say more after it.
fn parse_traceparent(text: &str) -> Option<TraceContext> {
    let fields = text.as_bytes();
    let (known, more) = fields.split_at_checked(TRACEPARENT_LENGTH)?;
    if [known[2], known[35], known[52]] != *b"---" {
        return None;
    }
    let version = hex(&known[..2])?;
    let later_version = match version {
        0 if more.is_empty() => false,
        1..0xff if matches!(more, [] | [b'-', ..]) => true,
        _ => return None,
    };
    let trace_id = hex(&known[3..35]).filter(|id| *id != 0)?;
    let span_id = hex(&known[36..52]).filter(|id| *id != 0)?;
    let flags = hex(&known[53..])?;
    let understood = if later_version { SAMPLED } else { KNOWN_FLAGS };
    Some(TraceContext {
        trace_id,
        span_id: u64::try_from(span_id).ok()?,
        flags: u8::try_from(flags).ok()? & understood,
        state: None,
        begun_here: false,
    })
}

/// Lower-case digits only: `from_str_radix` takes signs and upper case too.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// The list's members, in order and cut to what everybody carries; none if one of them is not valid.
fn parse_tracestate(text: &str) -> Option<Arc<str>> {
    let blank = [' ', '\t'];
    let members = text.split(',').map(|member| member.trim_matches(blank));
    let mut members: Vec<_> = members.filter(|member| !member.is_empty()).collect();
    let mut keys = BTreeSet::new();
    for member in &members {
        let (key, value) = member.split_once('=')?;
        if !is_key(key) || !is_value(value) || !keys.insert(key) {
            return None;
        }
    }
    if members.is_empty() || members.len() > MOST_MEMBERS {
        return None;
    }
    let length = |members: &[&str]| members.iter().map(|it| it.len() + 1).sum::<usize>() - 1;
    if length(&members) > LONGEST_STATE {
        members.retain(|member| member.len() <= LONG_MEMBER);
    }
    while !members.is_empty() && length(&members) > LONGEST_STATE {
        members.pop();
    }
    (!members.is_empty()).then(|| members.join(",").into())
}

/// `vendor` or `tenant@vendor`.
fn is_key(key: &str) -> bool {
    let part = |part: &str, longest, digit_first: bool| {
        let begins =
            |first: u8| first.is_ascii_lowercase() || digit_first && first.is_ascii_digit();
        let goes_on = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte)
        };
        part.len() <= longest
            && part.as_bytes().first().is_some_and(|first| begins(*first))
            && part.bytes().all(goes_on)
    };
    match key.split_once('@') {
        None => part(key, 256, false),
        Some((tenant, vendor)) => part(tenant, 241, true) && part(vendor, 14, false),
    }
}

/// Printable, and neither empty nor blank at its end, which is trimmed away with the list's own blanks.
fn is_value(value: &str) -> bool {
    let printable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(printable)
}

/// Any number but zero. The standard library's hash keys are random enough for ids that are no secret.
fn random_id() -> u64 {
    RandomState::new().hash_one(0_u8).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_as_strictly_as_its_specification_asks() {
        let check = |header: &str, expected: Option<&str>| {
            let read = parse_traceparent(header).map(|context| context.traceparent());
            assert_eq!(read.as_deref(), expected, "{header}");
        };
        check(PARENT, Some(PARENT));
        check(
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            None,
        );
        check(
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            None,
        );
        check(
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            None,
        );
        check(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            None,
        );
        check(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            None,
        );
        check(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            None,
        );
        check(
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            None,
        );
        check(
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            None,
        );
        check(
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            None,
        );
        check("", None);
        // Multi-byte characters in any place.
        check(&"é".repeat(28), None);
        // Flags that nobody has defined do not go on.
        check(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"),
        );
        // A later version is read as far as it is known, and goes on as this one.
        check(
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            Some(PARENT),
        );
        check(
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
            None,
        );
    }

    #[test]
    fn a_tracestate_is_a_list_of_pairs() {
        let check = |header: &str, expected: Option<&str>| {
            assert_eq!(parse_tracestate(header).as_deref(), expected, "{header}");
        };
        check("rojo=00f067aa0ba902b7", Some("rojo=00f067aa0ba902b7"));
        check("a=1 ,\tb=2,,", Some("a=1,b=2"));
        check("0tenant@vendor=1", Some("0tenant@vendor=1"));
        check("a= 1", Some("a= 1"));
        check("", None);
        check("a", None);
        check("a=", None);
        check("A=1", None);
        check("0a=1", None);
        check("a=1,a=2", None);
        check("a=1=2", None);
        check("a=é", None);
        let many = |count: usize| {
            let members: Vec<_> = (0..count).map(|index| format!("k{index}=v")).collect();
            members.join(",")
        };
        check(&many(32), Some(&many(32)));
        check(&many(33), None);
    }

    #[test]
    fn what_a_tracestate_has_too_much_goes_from_the_long_ones_and_then_from_its_end() {
        let (long, short) = ("x".repeat(200), "y".repeat(100));
        let state = format!("a={long},b={short},c={short},d={long},e={short},f={short},g={short}");
        let kept = format!("b={short},c={short},e={short},f={short}");
        assert_eq!(parse_tracestate(&state).as_deref(), Some(&*kept));
    }

    #[test]
    fn a_state_without_a_parent_is_nobodys() {
        assert_eq!(TraceContext::of(None, Some("a=1")).tracestate(), None);
        assert_eq!(
            TraceContext::of(Some(PARENT), Some("a=1")).tracestate(),
            Some("a=1")
        );
        assert_eq!(TraceContext::of(Some(PARENT), Some("?")).tracestate(), None);
    }

    #[test]
    fn messages_that_belong_to_no_trace_begin_one_each() {
        let (one, other) = (
            TraceContext::of(None, None),
            TraceContext::of(Some("00-"), None),
        );
        assert_ne!(one.trace_id(), other.trace_id());
        let read = parse_traceparent(&one.traceparent()).expect("valid");
        assert_eq!(read.trace_id(), one.trace_id());
    }
}
