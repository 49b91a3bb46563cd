//! Pages and frames of images of every kind, each a sample.
#![no_main]

use ganymede_data::{DataOptions, Dataset, Pages, Source};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ganymede_fuzz::catching();
    let path = ganymede_fuzz::file("x.tif", data);
    let options = DataOptions { max_bad: Some(0.0), pages: Pages::All, ..DataOptions::default() };
    ganymede_fuzz::read_last(Source::parse(&path).and_then(|source| Dataset::open_with(&source, &options, None, &())));
});
