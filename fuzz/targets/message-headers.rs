//! A message's headers, as they are on the wire.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    slingshot_runtime::fuzzing::headers(bytes);
});
