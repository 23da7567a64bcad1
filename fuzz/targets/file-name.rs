//! A file's name: in the address that it is asked for by, and in the `Content-Disposition` that it is given with.
#![no_main]

libfuzzer_sys::fuzz_target!(|name: &str| {
    slingshot_runtime::fuzzing::file_name(name);
    slingshot_runtime::fuzzing::disposition(name);
});
