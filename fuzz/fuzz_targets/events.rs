//! `events.jsonl` of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let path = ganymede_fuzz::file("events.jsonl", data);
    if ganymede_gan::events::read(&path).is_ok() {
        ganymede_gan::events::cut(&path, Some(10)).expect("what was read can be cut");
    }
});
