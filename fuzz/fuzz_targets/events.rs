//! `events.jsonl` of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let path = ganymede_fuzz::file("events.jsonl", data);
    let _ = ganymede_gan::events::read(&path);
});
