//! `traceparent` and, on the lines after it, `tracestate`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (traceparent, tracestate) = text.split_once('\n').unwrap_or((text, ""));
    slingshot_runtime::fuzzing::trace(traceparent, tracestate);
});
