//! JSON, with mistakes and without.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::json(text);
});
