//! Findings that are accepted: `slingshot-baseline.json`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::baseline(text);
});
