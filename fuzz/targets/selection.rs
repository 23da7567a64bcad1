//! What `--select` takes.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::selection(text);
});
