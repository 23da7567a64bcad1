//! A message's body, as a broker delivers it.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    slingshot_runtime::fuzzing::body(bytes);
});
