//! `.keras` files as a whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ganymede_interop::keras::read_bytes(data.to_vec());
});
