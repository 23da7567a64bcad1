//! The words of `#[microservice(..)]` and, on the lines after them, the item.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (words, item) = text.split_once('\n').unwrap_or((text, ""));
    slingshot_syntax::fuzzing::annotation(words, item);
});
