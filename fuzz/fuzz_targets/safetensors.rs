//! Tensors of a checkpoint.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ganymede_gan::checkpoint::read_tensors(&ganymede_fuzz::file("x.safetensors", data));
});
