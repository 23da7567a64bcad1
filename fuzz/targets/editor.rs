//! A map in an editor: `before|removed|inserted|after`, changed and then asked about at every place.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    slingshot_topology::fuzzing::edit(text);
});
