//! IDX files, plain and gzip.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ganymede_fuzz::open("x-images-idx3-ubyte", data);
});
