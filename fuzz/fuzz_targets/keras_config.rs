//! `config.json` of `.keras` files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ganymede_interop::keras::read_json(data);
});
