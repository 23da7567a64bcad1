//! `GET /{service}/{key}`: a bucket's name.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_runtime::fuzzing::bucket(text);
});
