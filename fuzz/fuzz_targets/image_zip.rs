//! Zip files of images.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ganymede_fuzz::catching();
    ganymede_fuzz::open("x.zip", data);
});
