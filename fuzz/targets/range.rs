//! A `Range` header, and the size of the file that it is about.
#![no_main]

libfuzzer_sys::fuzz_target!(|asked: (u64, &str)| {
    let (size, value) = asked;
    slingshot_runtime::fuzzing::range(value, size);
});
