//! A directory of a sys-map's answers: `# sniff` or `# sniff/in`, and below it what was answered.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::saved_answers(text);
});
