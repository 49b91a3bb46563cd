//! Evaluating a run: the samples of its generator beside real ones, by every metric. Not here: the metrics
//! (`metrics/`), drawing (`sampler.rs`).

use crate::error::GanError;
use crate::metrics::METRICS;
use crate::resources;
use crate::run_dir;
use crate::sampler::{Labels, Sampler};
use ganymede_data::{Codec, Dataset};
use ganymede_runtime::Backend;
use ganymede_tensor::{Rng, Tensor, stream_of};
use std::path::{Path, PathBuf};

/// Samples that are compared when nothing is said, or as many as there are.
const DEFAULT_SAMPLES: usize = 5000;
/// Seed of what is random in a metric.
const SEED: u64 = 0;
/// Real samples that are decoded at a time.
const CHUNK: usize = 256;

/// What a run's generator is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Number of generated and of real samples that were compared.
    pub samples: usize,
    /// Number of real samples on each side of the floor.
    pub floor_samples: usize,
    /// One for each metric.
    pub scores: Vec<Score>,
}

/// The result of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The metric's name.
    pub metric: &'static str,
    /// From the generated samples to real ones.
    pub distance: f64,
    /// From real samples to other real ones: what no generator can be expected to fall below.
    pub floor: f64,
}

/// Compares samples of seeds 0, 1, … of a run's newest checkpoint (of another with `step`; averaged weights where there
/// are any) with as many real samples that it was trained on. These are taken in an order that the run's seed fixes,
/// because files often stand in the order of their classes; the floor compares two disjoint parts of them.
///
/// # Units
/// All samples are in the network's range [−1, 1].
///
/// # Errors
/// [`GanError::Argument`] when there are not so many real samples; what loading and running give.
pub fn evaluate(
    run: &Path,
    step: Option<u64>,
    samples: Option<usize>,
    dataset: &Dataset,
    backend: &dyn Backend,
) -> Result<Evaluation, GanError> {
    let spec = run_dir::read_spec(run)?;
    let train = dataset.split(spec.data.options.holdout, spec.seed).train;
    let count = samples.unwrap_or(DEFAULT_SAMPLES.min(train.len()));
    let floor_samples = count.min(train.len() / 2);
    if count > train.len() || floor_samples == 0 {
        let what = "samples".into();
        let reason = format!("expected 1 to {} samples, and 2 or more to train on, found {count}", train.len());
        return Err(GanError::Argument { what, reason });
    }
    let (mut sampler, codec, checkpoint) = Sampler::open(run, step, None, backend)?;
    let elements: usize = codec.shape.iter().product();
    resources::check(((2 * count + 2 * floor_samples) * elements * size_of::<f32>()) as u64, resources::available())?;
    let order = Rng::new(spec.seed, stream_of("evaluate/order")).permutation(train.len());
    let order: Vec<u32> = order.into_iter().map(|at| train[at]).collect();
    // The classes are those of the real samples that they are compared with.
    let labels: Option<Vec<u32>> =
        dataset.labels().map(|all| order[..count].iter().map(|&i| all[i as usize]).collect());
    let fake = sampler.draw(0..count as u64, labels.as_deref().map_or(Labels::InTurn, Labels::Each))?;
    let real = read(dataset, &codec, &order[..count])?;
    let halves = [&order[..floor_samples], &order[floor_samples..2 * floor_samples]];
    let [first, second] = halves.map(|half| read(dataset, &codec, half));
    let (first, second) = (first?, second?);
    let score = |metric: &crate::metrics::Entry| {
        let (distance, floor) = ((metric.distance)(&fake, &real, SEED)?, (metric.distance)(&first, &second, SEED)?);
        Ok(Score { metric: metric.name, distance, floor })
    };
    let scores = METRICS.iter().map(score).collect::<Result<_, GanError>>()?;
    Ok(Evaluation { checkpoint, samples: count, floor_samples, scores })
}

/// Real samples in the network's range.
fn read(dataset: &Dataset, codec: &Codec, indices: &[u32]) -> Result<Tensor, GanError> {
    let (scale, offset) = codec.scaling();
    let mut values = Vec::with_capacity(indices.len() * codec.shape.iter().product::<usize>());
    for chunk in indices.chunks(CHUNK) {
        values.extend(dataset.gather(chunk)?.to_f64().into_iter().map(|raw| (raw * scale + offset) as f32));
    }
    let shape: Vec<usize> = [indices.len()].iter().chain(&codec.shape).copied().collect();
    Tensor::from_f32(shape, values)
        .map_err(|e| GanError::Argument { what: "the run's data".into(), reason: e.to_string() })
}
