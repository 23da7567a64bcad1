//! The body of a request to a handler: an envelope, or the data itself.
#![no_main]

libfuzzer_sys::fuzz_target!(|request: (bool, &[u8])| {
    let (says_json, body) = request;
    slingshot_runtime::fuzzing::envelope(body, says_json);
});
