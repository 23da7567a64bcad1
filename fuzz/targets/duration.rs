//! A duration, as annotations and sys-maps write them.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_settings::fuzzing::duration(text);
});
