//! `GET /{service}`, `/rabbitmq`, `/db` and `/object-storage`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::answer(text);
});
