//! An export of what RabbitMQ holds.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::definitions(text);
});
