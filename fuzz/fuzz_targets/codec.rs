//! `codec.json` of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(codec) = ganymede_data::Codec::load(&ganymede_fuzz::file("codec.json", data)) {
        let path = ganymede_fuzz::folder().join("again.json");
        codec.save(&path).expect("a codec is written");
        assert_eq!(ganymede_data::Codec::load(&path).expect("what was written"), codec);
    }
});
