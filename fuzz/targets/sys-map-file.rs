//! A sys-map in one JSON file.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::sys_map_file(text);
});
