//! The data that ships: the 10,000 test images of Fashion-MNIST, inside the program.
//! Not here: the format of its files (`idx.rs`); its licence is in `data/fashion-mnist/NOTICE`.
//!
//! # Source
//! Xiao, Rasul, Vollgraf (2017), "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
//! Learning Algorithms", arXiv:1708.07747.

use super::stream::Stream;
use super::{Decoded, Format, Inputs, Job, idx};
use crate::error::DataError;
use crate::modalities::images::Images;
use crate::sink::Sink;
use crate::source::Source;
use std::path::Path;
use std::sync::Arc;

static IMAGES: &[u8] = include_bytes!("../../data/fashion-mnist/t10k-images-idx3-ubyte.gz");
static LABELS: &[u8] = include_bytes!("../../data/fashion-mnist/t10k-labels-idx1-ubyte.gz");

/// Names of the labels 0 to 9.
const CLASSES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// The shipped images under the name `fashion-mnist`.
pub(crate) struct FashionMnist;

impl Format for FashionMnist {
    fn name(&self) -> &'static str {
        "fashion-mnist"
    }

    fn reads(&self) -> &'static str {
        "the 10,000 images of clothes, 28x28 grey, that ship with the program"
    }

    fn data_name(&self) -> Option<&'static str> {
        Some("fashion-mnist")
    }

    fn recognises(&self, _path: &Path) -> bool {
        false
    }

    fn inputs(&self, _source: &Source) -> Result<Inputs, DataError> {
        Ok(Inputs::default())
    }

    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        let mut images = Stream::embedded(Path::new("fashion-mnist/t10k-images-idx3-ubyte.gz"), IMAGES);
        let mut labels = Stream::embedded(Path::new("fashion-mnist/t10k-labels-idx1-ubyte.gz"), LABELS);
        let mut decoded = idx::decode(job, &mut images, Some(&mut labels), sink)?;
        // The files are of this program; to its users these are images.
        decoded.modality = Arc::new(Images::of(job.options));
        decoded.classes = CLASSES.map(String::from).to_vec();
        Ok(decoded)
    }
}
