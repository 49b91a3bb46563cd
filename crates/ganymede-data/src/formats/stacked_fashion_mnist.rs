//! Three images of Fashion-MNIST as the channels of one sample: 1,000 combinations of classes, which a generator that
//! collapses does not reach. Not here: the images (`fashion_mnist.rs`).
//!
//! # Source
//! Metz, Poole, Pfau, Sohl-Dickstein (2017), "Unrolled Generative Adversarial Networks", arXiv:1611.02163, who stack MNIST.

use super::fashion_mnist::FashionMnist;
use super::{Decoded, Format, Inputs, Job};
use crate::error::DataError;
use crate::options::DataOptions;
use crate::sink::{Sink, Store};
use crate::source::Source;
use ganymede_tensor::{Rng, TensorType, stream_of};
use std::path::Path;

/// Number of samples.
const SAMPLES: usize = 30_000;
/// Images of one sample.
const STACKED: usize = 3;

/// The samples under the name `stacked-fashion-mnist`.
pub(crate) struct StackedFashionMnist;

impl Format for StackedFashionMnist {
    fn name(&self) -> &'static str {
        "stacked-fashion-mnist"
    }

    fn reads(&self) -> &'static str {
        "30,000 samples of three images of fashion-mnist each, as red, green and blue"
    }

    fn data_name(&self) -> Option<&'static str> {
        Some("stacked-fashion-mnist")
    }

    fn recognises(&self, _path: &Path) -> bool {
        false
    }

    fn inputs(&self, source: &Source) -> Result<Inputs, DataError> {
        FashionMnist.inputs(source)
    }

    /// The same 30,000 always: which images are stacked is drawn by a fixed seed. They have no labels.
    fn decode(&self, job: &Job<'_>, sink: &mut Sink<'_>) -> Result<Decoded, DataError> {
        if job.options.channels.is_some() {
            let reason = "expected none: a sample has three channels, one for each image".into();
            return Err(DataError::Option { name: "channels", reason });
        }
        let options = DataOptions { channels: Some(1), ..job.options.clone() };
        let mut images = Sink::new(Store::Memory(Vec::new()));
        let mut decoded = FashionMnist.decode(&Job { options: &options, ..*job }, &mut images)?;
        let Some(filled) = images.finish() else { return Ok(decoded) };
        let size = filled.sample.bytes();
        let sides: Vec<usize> = filled.sample.shape[..2].iter().copied().chain([STACKED]).collect();
        sink.begin(TensorType::new(filled.sample.dtype, sides));
        let mut rng = Rng::new(0, stream_of("data/stacked-fashion-mnist"));
        let mut sample = vec![0; size * STACKED];
        for _ in 0..SAMPLES {
            for channel in 0..STACKED {
                let image = rng.below(filled.samples as u32) as usize;
                let pixels = &filled.memory[image * size..(image + 1) * size];
                sample.iter_mut().skip(channel).step_by(STACKED).zip(pixels).for_each(|(to, from)| *to = *from);
            }
            sink.push(&sample)?;
        }
        (decoded.labels, decoded.classes) = (None, Vec::new());
        Ok(decoded)
    }
}
