//! A Rust source, as `topology check` scans it.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_syntax::fuzzing::source_file(text);
});
