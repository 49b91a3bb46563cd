//! Cache files of decoded samples. The input is the header's length and that of labels and further fields (u16 each), the
//! header as JSON with `KEY` for the key of the source, labels and fields, the samples; sums and ends are made right, or
//! nothing would get past them.
#![no_main]

use ganymede_data::{DataOptions, Dataset, Samples, Source};
use ganymede_tensor::{DType, TensorType};
use std::path::PathBuf;
use std::sync::OnceLock;

/// A data file and its cache.
struct Known {
    source: Source,
    cache: PathBuf,
    key: String,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let path = ganymede_fuzz::folder().join("x.npy");
        let sample = TensorType::new(DType::U8, [2, 2, 1]);
        let samples = Samples { sample: &sample, bytes: &[7; 12], labels: None, classes: &[] };
        ganymede_data::write("npy", &path, &samples).expect("a data file");
        let source = Source::parse(&path).expect("a path");
        let opened = Dataset::open_with(&source, &DataOptions::default(), Some(ganymede_fuzz::folder()), &());
        let cache = opened.expect("data").cache_file().expect("a cache").to_path_buf();
        let bytes = std::fs::read(&cache).expect("a cache");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let key =
            text.split_once("\"key\":\"").and_then(|(_, rest)| rest.split_once('"')).expect("a key").0.to_string();
        Known { source, cache, key }
    })
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(([a, b, c, d], rest)) = data.split_first_chunk::<4>() else { return };
    let (json, rest) = rest.split_at(usize::from(u16::from_le_bytes([*a, *b])).min(rest.len()));
    let (labels, samples) = rest.split_at(usize::from(u16::from_le_bytes([*c, *d])).min(rest.len()));
    let json = String::from_utf8_lossy(json).replace("KEY", &known().key);
    let blocks: Vec<u8> = samples.chunks(1 << 20).flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect();
    let others = [labels, &blocks].concat();
    let sums = [crc32fast::hash(json.as_bytes()), crc32fast::hash(&others), 2, 0].map(u32::to_le_bytes).concat();
    let length = (json.len() as u64).to_le_bytes();
    let file = [b"gnymdata", samples, &others, json.as_bytes(), &length, &sums, b"gnymdata"].concat();
    std::fs::write(&known().cache, file).expect("a cache");
    let options = DataOptions { max_bad: Some(1.0), ..DataOptions::default() };
    ganymede_fuzz::read_last(Dataset::open_with(&known().source, &options, Some(ganymede_fuzz::folder()), &()));
});
