//! Images of every kind, through their decoders and our limits.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ganymede_fuzz::catching();
    ganymede_fuzz::open("x.png", data);
});
