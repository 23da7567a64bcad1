//! A message as it arrived.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};

use crate::{
    delivery::Header,
    trace::{Span, TRACEPARENT, TRACESTATE, TraceContext, Tracer, Work},
};

/// Headers that we add to a message, in the order of their names.
pub(crate) type Headers = BTreeMap<&'static str, String>;

/// How the names of our own headers begin.
const OWN_HEADERS: &str = "x-slingshot-";

/// The most bytes of a body that are shown: it is an id, or a mistake of any size.
const LONGEST_EXCERPT: usize = 100;

/// A delivered message. It stays the broker's until it is acknowledged.
#[derive(Debug)]
pub(crate) struct Inbound {
    /// In a place of its own: it is large, and the message is handed on often.
    pub(super) delivery: Box<lapin::message::Delivery>,
    trace: TraceContext,
    /// The work on it, while that lasts.
    span: Span,
}

impl Inbound {
    pub(super) fn new(delivery: lapin::message::Delivery) -> Self {
        let headers = delivery.properties.headers().as_ref();
        let trace = TraceContext::of(
            headers.and_then(|headers| text(headers, TRACEPARENT)),
            headers.and_then(|headers| text(headers, TRACESTATE)),
        );
        Self {
            delivery: Box::new(delivery),
            trace,
            span: Span::default(),
        }
    }

    /// The trace that the message belongs to, and all that follows from it.
    pub(crate) fn trace(&self) -> &TraceContext {
        &self.trace
    }

    /// Begins the span of the work on it: what follows from the message belongs there.
    pub(crate) fn begin_work(&mut self, tracer: &Tracer, service: &str, queue: &str, attempt: u32) {
        let work = Work {
            service,
            queue,
            message_id: self.message_id(),
            attempt,
            tag: self.tag(),
            body_size: self.body().len() as u64,
        };
        let span = tracer.work(&self.trace, &work);
        if let Some(context) = span.context() {
            self.trace = context.clone();
        }
        self.span = span;
    }

    /// The span of the work on it, for whoever ends that.
    pub(crate) fn take_span(&mut self) -> Span {
        std::mem::take(&mut self.span)
    }

    /// How long the message was on its way, if its producer says when that began and it has not come before.
    pub(crate) fn queued(&self) -> Option<Duration> {
        let published = self.delivery.properties.timestamp().as_ref()?;
        let headers = self.delivery.properties.headers().as_ref();
        // Ours are on copies, which keep the time of the first.
        let ours = |name: &ShortString| name.as_str().starts_with(OWN_HEADERS);
        let again = headers.is_some_and(|headers| headers.inner().keys().any(ours));
        if again || self.delivery.redelivered {
            return None;
        }
        let published = UNIX_EPOCH.checked_add(Duration::from_secs(*published))?;
        Some(
            SystemTime::now()
                .duration_since(published)
                .unwrap_or_default(),
        )
    }

    /// Names the delivery on its channel.
    pub(crate) fn tag(&self) -> u64 {
        self.delivery.delivery_tag
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.delivery.data
    }

    /// The body's beginning, to be shown.
    pub(crate) fn excerpt(&self) -> String {
        let beginning = self.body().get(..LONGEST_EXCERPT).unwrap_or(self.body());
        String::from_utf8_lossy(beginning).into_owned()
    }

    /// A header of ours, if it is there and a text.
    pub(crate) fn text_header(&self, name: &str) -> Option<&str> {
        text(self.delivery.properties.headers().as_ref()?, name)
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        let content_type = self.delivery.properties.content_type().as_ref();
        content_type.map(ShortString::as_str)
    }

    pub(crate) fn correlation_id(&self) -> Option<&str> {
        let correlation = self.delivery.properties.correlation_id().as_ref();
        correlation.map(ShortString::as_str)
    }

    pub(crate) fn redelivered(&self) -> bool {
        self.delivery.redelivered
    }

    /// How often a quorum queue handed the message out before; none from other queues.
    pub(crate) fn delivery_count(&self) -> Option<u32> {
        let headers = self.delivery.properties.headers().as_ref()?;
        match header(headers.inner().get("x-delivery-count")?) {
            Header::Integer(count) => u32::try_from(count).ok(),
            Header::Bool(_) | Header::Float(_) | Header::Text(_) => None,
        }
    }

    pub(crate) fn message_id(&self) -> Option<&str> {
        let id = self.delivery.properties.message_id().as_ref()?.as_str();
        (!id.is_empty()).then_some(id)
    }

    pub(crate) fn headers(&self) -> BTreeMap<String, Header> {
        self.headers_where(|_| true)
    }

    /// The headers that Slingshot's own services and tools have written: none on a message's first attempt.
    pub(crate) fn own_headers(&self) -> BTreeMap<String, Header> {
        self.headers_where(|name| name.starts_with(OWN_HEADERS))
    }

    fn headers_where(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Header> {
        let Some(table) = self.delivery.properties.headers() else {
            return BTreeMap::new();
        };
        table
            .inner()
            .iter()
            .filter(|(name, _)| wanted(name.as_str()))
            .map(|(name, value)| (name.to_string(), header(value)))
            .collect()
    }

    /// The properties of a copy in this trace, with our headers added.
    pub(super) fn properties_with(
        &self,
        mut added: Headers,
        trace: &TraceContext,
    ) -> BasicProperties {
        added.insert(TRACEPARENT, trace.traceparent());
        if let Some(state) = trace.tracestate() {
            added.insert(TRACESTATE, state.to_owned());
        }
        copied(&self.delivery.properties, added)
    }
}

/// The most bytes of a producer's headers that a copy keeps: all of them and ours must fit one frame, and
/// a frame too long would end the connection, each time that the message comes.
pub(super) const MOST_HEADERS: usize = 64 * 1024;

/// Headers that no copy keeps: queues to send it to as well, and a quorum queue's counts of what befell the
/// original.
const LEFT_OUT: [&str; 4] = ["BCC", "CC", "x-acquired-count", "x-delivery-count"];

/// What a producer wrote stays, but for what would lose the copy or have it refused: a time to live, the name
/// of a user that we are not, and queues to send it to as well.
pub(super) fn copied(original: &BasicProperties, added: Headers) -> BasicProperties {
    let mut headers = original.headers().clone().unwrap_or_default();
    if table_size(&headers) > MOST_HEADERS {
        headers = FieldTable::default();
    }
    let kept = headers
        .inner()
        .iter()
        .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    let mut table: FieldTable = kept
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<BTreeMap<_, _>>()
        .into();
    for (name, value) in added {
        table.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    let mut copy = BasicProperties::default()
        .with_headers(table)
        .with_delivery_mode(super::publisher::PERSISTENT);
    macro_rules! keep {
        ($($property:ident => $with:ident),* $(,)?) => {$(
            if let Some(value) = original.$property() {
                copy = copy.$with(value.clone());
            }
        )*};
    }
    keep! {
        content_type => with_content_type,
        content_encoding => with_content_encoding,
        priority => with_priority,
        correlation_id => with_correlation_id,
        reply_to => with_reply_to,
        message_id => with_message_id,
        timestamp => with_timestamp,
        kind => with_type,
        app_id => with_app_id,
    }
    copy
}

pub(super) fn table_size(table: &FieldTable) -> usize {
    let entries = table.inner().iter();
    entries
        .map(|(name, value)| name.as_str().len() + 1 + value_size(value))
        .sum()
}

/// At least what a value takes on the wire.
fn value_size(value: &AMQPValue) -> usize {
    const FIXED: usize = 9;
    FIXED
        + match value {
            AMQPValue::ShortString(text) => text.as_str().len(),
            AMQPValue::LongString(text) => text.as_bytes().len(),
            AMQPValue::ByteArray(bytes) => bytes.len(),
            AMQPValue::FieldTable(table) => table_size(table),
            AMQPValue::FieldArray(array) => array.as_slice().iter().map(value_size).sum(),
            _ => 0,
        }
}

fn text<'a>(headers: &'a FieldTable, name: &str) -> Option<&'a str> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

/// Tables, arrays and rarities become text: a header is never a reason to fail.
fn header(value: &AMQPValue) -> Header {
    match value {
        AMQPValue::Boolean(value) => Header::Bool(*value),
        AMQPValue::ShortShortInt(value) => Header::Integer((*value).into()),
        AMQPValue::ShortShortUInt(value) => Header::Integer((*value).into()),
        AMQPValue::ShortInt(value) => Header::Integer((*value).into()),
        AMQPValue::ShortUInt(value) => Header::Integer((*value).into()),
        AMQPValue::LongInt(value) => Header::Integer((*value).into()),
        AMQPValue::LongUInt(value) => Header::Integer((*value).into()),
        AMQPValue::LongLongInt(value) => Header::Integer((*value).into()),
        AMQPValue::Timestamp(value) => Header::Integer((*value).into()),
        AMQPValue::Float(value) => Header::Float((*value).into()),
        AMQPValue::Double(value) => Header::Float(*value),
        AMQPValue::ShortString(value) => Header::Text(value.to_string()),
        AMQPValue::LongString(value) => Header::Text(value.to_string()),
        other => Header::Text(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(copy: &BasicProperties) -> Vec<String> {
        let headers = copy.headers().as_ref().expect("a copy has headers");
        headers.inner().keys().map(ToString::to_string).collect()
    }

    fn with_headers(headers: &[(&str, AMQPValue)]) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), value.clone());
        }
        BasicProperties::default().with_headers(table)
    }

    #[test]
    fn a_copy_does_not_expire_and_is_nobodys_but_ours() {
        let text = |text: &str| AMQPValue::LongString(text.into());
        let original = with_headers(&[("CC", text("elsewhere")), ("tenant", text("a"))])
            .with_expiration("1000".into())
            .with_user_id("producer".into())
            .with_delivery_mode(1)
            .with_message_id("m-1".into());
        let copy = copied(
            &original,
            Headers::from([("x-slingshot-error-type", "panic".to_owned())]),
        );
        assert_eq!(headers_of(&copy), ["tenant", "x-slingshot-error-type"]);
        assert_eq!((copy.expiration(), copy.user_id()), (&None, &None));
        assert_eq!(copy.delivery_mode(), &Some(2));
        assert_eq!(copy.message_id(), original.message_id());
    }

    #[test]
    fn headers_that_would_not_fit_a_frame_beside_ours_are_left_out() {
        let long = AMQPValue::LongString("x".repeat(MOST_HEADERS).into());
        let nested = AMQPValue::FieldArray(vec![long].into());
        let copy = copied(
            &with_headers(&[("long", nested)]),
            Headers::from([("x-slingshot-error-type", "panic".to_owned())]),
        );
        assert_eq!(headers_of(&copy), ["x-slingshot-error-type"]);
    }

    #[test]
    fn every_header_type_becomes_a_header() {
        let check = |value: AMQPValue, expected: Header| assert_eq!(header(&value), expected);
        check(AMQPValue::Boolean(true), Header::Bool(true));
        check(AMQPValue::LongLongInt(-3), Header::Integer(-3));
        check(AMQPValue::LongUInt(3), Header::Integer(3));
        check(AMQPValue::Double(0.5), Header::Float(0.5));
        check(
            AMQPValue::LongString("text".into()),
            Header::Text("text".to_owned()),
        );
        check(AMQPValue::Void, Header::Text("Void".to_owned()));
    }
}
