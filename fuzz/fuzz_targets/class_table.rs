//! `labels.csv` beside two images.
#![no_main]

use ganymede_data::{DataOptions, Dataset, Samples, Source, write};
use ganymede_tensor::{DType, TensorType};
use std::sync::Once;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static IMAGES: Once = Once::new();
    let folder = ganymede_fuzz::folder().join("images");
    IMAGES.call_once(|| {
        let sample = TensorType::new(DType::U8, [2, 2, 1]);
        let samples = Samples { sample: &sample, bytes: &[7; 8], labels: None, classes: &[] };
        write("image-folder", &folder, &samples).expect("two images");
    });
    std::fs::write(folder.join("labels.csv"), data).expect("a temporary file");
    let options = DataOptions { max_bad: Some(0.0), ..DataOptions::default() };
    let opened = Source::parse(&folder).and_then(|source| Dataset::open_with(&source, &options, None, &()));
    ganymede_fuzz::read_last(opened);
});
