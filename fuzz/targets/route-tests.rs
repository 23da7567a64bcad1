//! `slingshot.test.toml`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::route_tests(text);
});
