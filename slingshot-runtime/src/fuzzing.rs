//! What must hold for whatever comes from outside. Property tests and fuzz targets call it; nothing else is
//! built with it.

use std::time::SystemTime;

use slingshot_settings::Retry;

use crate::{
    amqp::Inbound,
    client::DeadLetter,
    failure::{Failure, Kind},
    retry::{Fate, History, Retries},
    service,
    sys_map::{Answer as _, Bucket},
    trace::TraceContext,
};

pub use crate::http::fuzzing::{disposition, envelope, file_name, range};

/// A message's body: an id that is read can be written, and read again.
pub fn body(body: &[u8]) {
    if let Some(id) = service::decode(body) {
        assert_eq!(service::decode(id.to_string().as_bytes()), Some(id));
    }
}

/// A message's headers, as they are on the wire: whatever they say, the message can be worked on, and be a
/// dead letter.
pub fn headers(table: &[u8]) {
    if let Some(inbound) = Inbound::with_headers(table) {
        message(&inbound);
    }
}

pub(crate) fn message(inbound: &Inbound) {
    let history = History::read(&inbound.headers());
    assert!(history.attempt >= 1);
    for kind in [Kind::Error, Kind::Crash] {
        let failure = Failure::new(kind, "any");
        let fate = Retries::new("in", Retry::DEFAULT).fate(&failure, &history, SystemTime::now());
        if let Fate::Wait(wait) = fate {
            assert!(wait.expiration <= wait.tier.delay);
        }
    }
    assert!(inbound.fits_a_frame_when_copied());
    let letter = DeadLetter::of(inbound);
    letter.age(SystemTime::now());
    let trace = inbound.trace();
    let again = TraceContext::of(Some(&trace.traceparent()), trace.tracestate());
    assert_eq!(again.trace_id(), trace.trace_id());
    assert_eq!(again.tracestate(), trace.tracestate());
}

/// The headers of a trace: what is taken from them can be handed on, and taken again.
pub fn trace(traceparent: &str, tracestate: &str) {
    let trace = TraceContext::of(Some(traceparent), Some(tracestate));
    let handed_on = trace.traceparent();
    assert_eq!(handed_on.len(), 55);
    let again = TraceContext::of(Some(&handed_on), trace.tracestate());
    assert_eq!(again.traceparent(), handed_on);
    assert_eq!(again.tracestate(), trace.tracestate());
}

/// The sys-map's answer for a bucket: what is taken for a name is one line of plain characters.
pub fn bucket(answer: &str) {
    if let Ok(Bucket(name)) = Bucket::read(answer) {
        assert!(!name.is_empty() && name.len() <= 255);
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(Bucket::read(&name).ok(), Some(Bucket(name)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::amqp::any_inbound;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_body_is_an_id_or_none(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[ +0-9\\n-]{0,24}".prop_map(String::into_bytes),
        ]) {
            body(&bytes);
        }

        #[test]
        fn a_message_with_any_headers_can_be_worked_on(inbound in any_inbound()) {
            message(&inbound);
        }

        #[test]
        fn bytes_that_are_no_headers_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            headers(&bytes);
        }

        #[test]
        fn a_trace_is_handed_on_as_it_was_taken(
            traceparent in prop_oneof![
                "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[0-9a-f]{0,4})?",
                "\\PC{0,70}",
            ],
            tracestate in "([a-z0-9@]{1,9}=[ -~]{0,99},?){0,9}",
        ) {
            trace(&traceparent, &tracestate);
        }

        #[test]
        fn a_body_is_an_envelope_or_is_handed_on(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..60),
                r#"[ \n]?\{("(data|src|type|x)": ?("[a-z\\\\nu0-9]{0,9}"|-?[0-9]{1,4}|null|\[\]|\{\}),? ?){0,4}\}?"#
                    .prop_map(String::into_bytes),
            ],
            says_json in any::<bool>(),
        ) {
            envelope(&bytes, says_json);
        }

        #[test]
        fn a_part_lies_within_its_file(
            value in prop_oneof!["bytes ?= ?[0-9]{0,21}-[0-9]{0,21}", "\\PC{0,30}"],
            size in prop_oneof![0_u64..20, any::<u64>()],
        ) {
            range(&value, size);
        }

        #[test]
        fn a_name_leads_nowhere_and_is_kept(
            part in prop_oneof!["([a-z./\\\\]|%[0-9a-f]{2}|\\PC){0,40}", "\\PC{0,300}"],
        ) {
            file_name(&part);
            disposition(&part);
        }

        #[test]
        fn a_bucket_is_a_name_or_none(answer in prop_oneof!["\\s?[a-zA-Z0-9._-]{0,300}\\s?", "\\PC{0,20}"]) {
            bucket(&answer);
        }
    }
}
