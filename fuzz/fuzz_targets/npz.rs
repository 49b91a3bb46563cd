//! NumPy archives.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ganymede_fuzz::open("x.npz", data);
});
