//! Evaluating a generator: its samples beside real ones, by every metric. Not here: which samples (`sets.rs`), the metrics of
//! them (`scores.rs`, `metrics/`), what numbers depend on (`protocol.rs`), drawing (`sampler.rs`).

mod protocol;
mod scores;
mod sets;

use crate::error::GanError;
use crate::metrics::{Better, Estimate, METRICS};
use crate::run_dir;
use crate::sampler::{Sampler, SamplerOptions};
use crate::spec::TrainSpec;
use ganymede_data::{Codec, Dataset};
use ganymede_runtime::Backend;
use serde::{Deserialize, Serialize};
use sets::Sets;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Seed of what is random in an evaluation: the order of real samples, resamples, directions.
const SEED: u64 = 0;
/// Names of the scores that are of no two sets alone.
const SPECIAL: [&str; 2] = ["modes", "classes"];

/// What a run's generator is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Number of generated and of real samples that were compared.
    pub samples: usize,
    /// Number of real samples on each side of a reference.
    pub reference_samples: usize,
    /// All numbers.
    pub scores: Vec<Score>,
    /// What could not be computed, and why.
    pub left_out: Vec<String>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Its name.
    pub metric: String,
    /// What stands for the samples: `samples`, `random`, `classifier`.
    pub of: String,
    /// The number, with an interval of about 95 %.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Which values are good ones.
    pub better: Better,
    /// The same of real samples beside other real ones: no generator can be expected to do better.
    pub reference: Option<f64>,
    /// Samples that it is of, on both sides where two sets are compared.
    pub n: usize,
    /// Those that its reference is of.
    #[serde(default)]
    pub reference_n: usize,
    /// What else belongs to it, such as the number of its scales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Stands for all that the number depends on but the generator. Numbers of two protocols do not compare.
    pub protocol: String,
}

/// Which of these numbers stand beside earlier ones of another protocol, which do not compare: name, features, both
/// protocols.
pub fn incomparable<'a>(now: &'a [Score], earlier: &'a [Score]) -> Vec<(&'a Score, &'a Score)> {
    let same = |a: &Score, b: &Score| a.metric == b.metric && a.of == b.of;
    let pairs = now.iter().filter_map(|score| Some((score, earlier.iter().find(|other| same(score, other))?)));
    pairs.filter(|(score, other)| score.protocol != other.protocol).collect()
}

/// How an evaluation goes.
#[derive(Clone, Debug, Default)]
pub struct EvaluateOptions {
    /// Which generator, and how it draws.
    pub generator: SamplerOptions,
    /// Samples on both sides.
    pub samples: Option<usize>,
    /// Names of metrics; all without.
    pub metrics: Option<Vec<String>>,
    /// Whether all of the data is compared with, because it is not what was trained on.
    pub whole: bool,
}

/// Names of everything that can be asked for.
pub fn metric_names() -> Vec<&'static str> {
    METRICS.iter().map(|entry| entry.name).chain(SPECIAL).collect()
}

/// Compares samples of seeds 0, 1, … of a run's checkpoint (averaged weights where there are any and no others are asked for) with as many real
/// samples that it was trained on. These are taken in a fixed random order, because files often stand in the order of their
/// classes; a generator of classes draws those of the real samples. References compare two disjoint parts
/// of the real samples.
///
/// # Units
/// All samples are in the network's range [−1, 1].
///
/// # Errors
/// [`GanError::DataChanged`] when the data is not the run's and the options do not say so, [`GanError::Interrupted`] when
/// `stop` is set, [`GanError::Argument`] when there are not so many real samples, [`GanError::Unknown`] for a metric that is not there; what
/// loading and running give.
pub fn evaluate(
    run: &Path,
    options: &EvaluateOptions,
    dataset: &Dataset,
    backend: &dyn Backend,
    stop: &AtomicBool,
) -> Result<Evaluation, GanError> {
    let spec = run_dir::read_spec(run)?;
    if !options.whole {
        run_dir::same_data(run, dataset)?;
    }
    let (mut sampler, codec, checkpoint) = Sampler::open(run, options.generator, backend)?;
    let compared = compare(&spec, &codec, &mut sampler, options, dataset, backend, stop)?;
    Ok(Evaluation { checkpoint, ..compared })
}

/// Ends what takes long when a signal came.
fn go_on(stop: &AtomicBool) -> Result<(), GanError> {
    if stop.load(Ordering::Relaxed) { Err(GanError::Interrupted) } else { Ok(()) }
}

/// The same of a generator that is in memory.
pub(crate) fn compare(
    spec: &TrainSpec,
    codec: &Codec,
    sampler: &mut Sampler,
    options: &EvaluateOptions,
    dataset: &Dataset,
    backend: &dyn Backend,
    stop: &AtomicBool,
) -> Result<Evaluation, GanError> {
    let known = metric_names();
    if let Some(name) = options.metrics.iter().flatten().find(|name| !known.contains(&name.as_str())) {
        let known = known.iter().map(|name| name.to_string()).collect();
        return Err(GanError::Unknown { kind: "a metric", name: name.clone(), known });
    }
    go_on(stop)?;
    let sets = Sets::draw(spec, codec, sampler, options, dataset)?;
    go_on(stop)?;
    let wanted = |name: &str| options.metrics.as_ref().is_none_or(|names| names.iter().any(|n| n == name));
    let (samples, reference_samples) = (sets.count(), sets.reference());
    let found = sets.scores(&wanted, backend)?;
    let mut left_out = found.left_out;
    if options.metrics.is_some() {
        left_out.extend(found.unfit);
    }
    Ok(Evaluation { checkpoint: PathBuf::new(), samples, reference_samples, scores: found.scores, left_out })
}
