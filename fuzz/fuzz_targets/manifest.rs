//! `manifest.json` of a checkpoint.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ganymede_fuzz::file("manifest.json", data);
    let _ = ganymede_gan::checkpoint::check(ganymede_fuzz::folder());
});
