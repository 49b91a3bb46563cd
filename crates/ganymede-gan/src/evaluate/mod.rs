//! Evaluating a generator: its samples beside real ones, by every metric. Not here: which samples (`sets.rs`), under which
//! conditions they are generated (`conditions.rs`), the metrics (`ganymede-metrics`), what numbers depend on (`protocol.rs`), what is
//! kept (`kept.rs`), rows of simple methods (`baselines.rs`), what numbers come to in words (`summary.rs`, of tables
//! `table_summary.rs`).

mod baselines;
mod conditions;
mod kept;
mod protocol;
mod sets;
mod summary;
mod table_summary;
pub(crate) mod tables;

pub(crate) use sets::misshapen;
pub(crate) use summary::is_better;
pub use summary::{leading, score_name, summary};

use crate::error::GanError;
use crate::metrics::{self, Better, Comparison, Estimate, METRICS, MetricError, Number, Stage, Stop, Taken, measure};
use crate::resources;
use crate::run_dir;
use crate::sampler::{Sampler, SamplerOptions};
use crate::spec::TrainSpec;
use ganymede_data::{Codec, Dataset};
use ganymede_runtime::Backend;
use protocol::Protocol;
use serde::{Deserialize, Serialize};
use sets::{Rows, Sets};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Seed of what is random in an evaluation: the order of real samples, resamples, directions.
const SEED: u64 = 0;

/// The result of evaluating a run's generator.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// Number of generated and of real samples that were compared.
    pub samples: usize,
    /// Number of real samples on each side of a reference.
    pub reference_samples: usize,
    /// How the generated ones were made, as text: under which conditions, and with which batch statistics if these were
    /// recomputed. Empty where there is nothing to say.
    pub drawn: String,
    /// All numbers.
    pub scores: Vec<Score>,
    /// What could not be computed, and why.
    pub left_out: Vec<String>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Score {
    /// Its name.
    pub metric: String,
    /// The features that were compared: `samples`, `random`, `classifier`.
    pub of: String,
    /// The number, with an interval of about 95 %.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Which values are good ones.
    pub better: Better,
    /// The same of real samples beside other real ones: no generator can be expected to do better.
    pub reference: Option<f64>,
    /// Number of samples that it was computed from, on both sides where two sets are compared.
    pub n: usize,
    /// Number of samples that its reference was computed from.
    #[serde(default)]
    pub reference_n: usize,
    /// Further information, such as the number of its scales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The same of each class by its label, where it is one of classes; none of a class with too few samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_class: Vec<Option<f64>>,
    /// The same of rows of a table that simple methods made, by the names of
    /// [`BASELINES`](crate::metrics::baselines::BASELINES), from real rows that are not compared; none where they were not asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, f64>,
    /// Stands for all that the number depends on but the generator. Numbers of two protocols cannot be compared.
    pub protocol: String,
}

impl Score {
    fn of(number: Number, protocol: &Protocol) -> Score {
        let Number { value, of, reference, n, reference_n, depends } = number;
        Score {
            metric: value.name.into(),
            of: of.into(),
            estimate: value.estimate,
            better: value.better,
            reference,
            n,
            reference_n,
            note: value.note,
            by_class: value.by_class,
            baselines: BTreeMap::new(),
            protocol: protocol.clone().with(&depends).with(&format!("{of} {n}")).digits(),
        }
    }
}

/// Those of these numbers that have earlier ones of another protocol, with which they cannot be compared: name,
/// features, both protocols.
pub fn incomparable<'a>(now: &'a [Score], earlier: &'a [Score]) -> Vec<(&'a Score, &'a Score)> {
    let same = |a: &Score, b: &Score| a.metric == b.metric && a.of == b.of;
    let pairs = now.iter().filter_map(|score| Some((score, earlier.iter().find(|other| same(score, other))?)));
    pairs.filter(|(score, other)| score.protocol != other.protocol).collect()
}

/// Options of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct EvaluateOptions {
    /// Which generator, and how it samples.
    pub generator: SamplerOptions,
    /// Samples on both sides.
    pub samples: Option<usize>,
    /// Names of metrics; `None` takes all.
    pub metrics: Option<Vec<String>>,
    /// Whether all of the data is compared with, and not what was trained on alone.
    pub whole: bool,
    /// Whether none of the data was trained on; [`evaluate`] finds that out.
    pub unseen: bool,
    /// Whether samples are compared with those that were held out, instead of those that are trained on.
    pub held_out: bool,
    /// Whether rows of a table that simple methods make are measured, too ([`Score::baselines`]).
    pub baselines: bool,
}

impl EvaluateOptions {
    fn wants(&self, name: &str) -> bool {
        self.metrics.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
    }
}

/// Names of all metrics.
pub fn metric_names() -> Vec<&'static str> {
    METRICS.iter().map(|metric| metric.name()).collect()
}

/// Compares samples of seeds 0, 1, … of a run's checkpoint (averaged weights where there are any and no others are asked for) with as many real
/// samples that it was trained on. These are taken in a fixed random order, because files often stand in the order of their
/// classes; a generator with conditions generates under those of the very same samples. References compare two disjoint parts
/// of the real samples; classifiers and mixtures learn from others than both.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::{EvaluateOptions, Training, evaluate};
/// use ganymede_runtime::{CpuBackend, CpuOptions};
/// use std::sync::Arc;
/// use std::sync::atomic::AtomicBool;
///
/// # let folder = std::env::temp_dir().join("ganymede-doc-evaluate");
/// let data = Arc::new(Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?);
/// let run = Training::preset("mlp", Arc::clone(&data))?.steps(1).outdir(&folder).start()?.finish()?.run;
/// let metrics = Some(vec!["frechet".to_string()]);
/// let options = EvaluateOptions { samples: Some(100), metrics, ..EvaluateOptions::default() };
/// let backend = CpuBackend::new(CpuOptions::default())?;
/// let found = evaluate(&run, &options, &data, &backend, &AtomicBool::new(false))?;
/// assert_eq!(found.scores[0].metric, "frechet");
/// # std::fs::remove_dir_all(run)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    evaluate_watched(run, options, dataset, backend, stop, &|_| {})
}

/// As [`evaluate`]; `watch` is told what is being computed.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_watched(
    run: &Path,
    options: &EvaluateOptions,
    dataset: &Dataset,
    backend: &dyn Backend,
    stop: &AtomicBool,
    watch: &dyn Fn(Stage<'_>),
) -> Result<Evaluation, GanError> {
    let spec = run_dir::read_spec(run)?;
    let same = run_dir::same_data(run, dataset);
    let (mut sampler, codec, checkpoint) = Sampler::open(run, options.generator, backend)?;
    let mut options = options.clone();
    match same {
        // What its numbers mean was decided when the run began.
        Ok(()) => options.unseen = false,
        Err(GanError::DataChanged { .. }) if options.whole => {
            codec.comparable(dataset.codec()).map_err(|reason| GanError::Argument { what: "data".into(), reason })?;
            options.unseen = true;
        }
        Err(error) => return Err(error),
    }
    let compared = compare(&spec, &codec, &mut sampler, &options, dataset, backend, (stop, watch))?;
    let standing = options.generator.standing.map(|batches| {
        let known = sampler.known_conditions().join(", ");
        let under = if known.is_empty() { known } else { format!(" under conditions by chance: {known}") };
        format!("batch statistics of {batches} batches{under}")
    });
    let drawn: Vec<String> = [compared.drawn].into_iter().filter(|text| !text.is_empty()).chain(standing).collect();
    Ok(Evaluation { checkpoint, drawn: drawn.join("; "), ..compared })
}

/// The same of a generator that is in memory.
pub(crate) fn compare(
    spec: &TrainSpec,
    codec: &Codec,
    sampler: &mut Sampler,
    options: &EvaluateOptions,
    dataset: &Dataset,
    backend: &dyn Backend,
    (stop, watch): (&AtomicBool, &dyn Fn(Stage<'_>)),
) -> Result<Evaluation, GanError> {
    let known = metric_names();
    if let Some(name) = options.metrics.iter().flatten().find(|name| !known.contains(&name.as_str())) {
        let known = known.iter().map(|name| name.to_string()).collect();
        return Err(GanError::Unknown { kind: "a metric", name: name.clone(), known });
    }
    let stop = Stop::when(stop);
    let sets = Sets::draw(spec, codec, sampler, options, dataset, &backend.name(), (stop, watch))?;
    let compared = Comparison::new(&sets.facts, &sets.sides, &sets, backend, SEED, stop).watched(watch);
    let found = measure(compared, &|name| options.wants(name))?;
    let mut left_out = found.left_out;
    left_out.extend(sets.conditions.said());
    if options.metrics.is_some() {
        left_out.extend(found.unfit);
    }
    let mut scores: Vec<Score> = found.numbers.into_iter().map(|number| Score::of(number, &sets.protocol)).collect();
    if options.baselines && !scores.is_empty() && !sets.facts.columns.is_empty() {
        left_out.extend(baselines::beside(&mut scores, &sets, options, backend, (stop, watch))?);
    }
    let (samples, reference_samples) = (sets.sides.real.len(), sets.sides.second.len());
    let drawn = sets.conditions.words();
    Ok(Evaluation { checkpoint: PathBuf::new(), samples, reference_samples, drawn, scores, left_out })
}

/// The most bytes that an evaluation takes at a time beside its generator, known before it begins: samples, features, what
/// metrics work with, and the networks of features.
///
/// # Errors
/// [`GanError::Argument`] when there are not so many real samples; what compiling these networks gives.
pub fn evaluation_bytes(
    spec: &TrainSpec,
    dataset: &Dataset,
    options: &EvaluateOptions,
    backend: &dyn Backend,
) -> Result<Taken, GanError> {
    let split = dataset.split(spec.data.options.holdout, spec.seed);
    let rows = Rows::of(dataset, &split, options)?;
    let facts = sets::facts(dataset.codec(), Ok(()));
    let wanted = |name: &str| options.wants(name);
    let networks = metrics::program_bytes(&facts, &wanted, backend)?;
    Ok(Taken { own: networks.own + bytes(&rows.sizes(), &facts, options), ..networks })
}

/// Bytes of samples and of what is worked out of them.
fn bytes(sizes: &metrics::Sizes, facts: &metrics::Facts, options: &EvaluateOptions) -> u64 {
    let made = if options.baselines { baselines::bytes(facts, sizes) } else { 0 };
    sizes.bytes(facts, &|name| options.wants(name)) + made
}

/// Refuses what does not fit into memory.
fn check(sizes: metrics::Sizes, facts: &metrics::Facts, options: &EvaluateOptions) -> Result<(), GanError> {
    resources::check(bytes(&sizes, facts, options), resources::available())
}

impl From<MetricError> for GanError {
    fn from(error: MetricError) -> GanError {
        match error {
            MetricError::Stopped => GanError::Interrupted,
            MetricError::Runtime(error) => GanError::Runtime(error),
            MetricError::Build(errors) => GanError::Build(errors),
            MetricError::Model(source) => GanError::Model { network: "features".into(), source },
            MetricError::Argument { what, reason } => GanError::Argument { what, reason },
            MetricError::Others(error) => match error.downcast::<GanError>() {
                Ok(error) => *error,
                Err(error) => GanError::Argument { what: "evaluate".into(), reason: error.to_string() },
            },
            other => GanError::Argument { what: "evaluate".into(), reason: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;
    use ganymede_data::{DataOptions, Source};
    use ganymede_runtime::{CpuBackend, CpuOptions};

    struct Ring {
        data: Dataset,
        spec: TrainSpec,
        backend: CpuBackend,
    }

    fn ring(threads: usize) -> Ring {
        let options = DataOptions { use_cache: false, ..DataOptions::default() };
        let data = Dataset::open(&Source::parse("ring2d").unwrap(), &options, &()).unwrap();
        let spec = presets::preset("ring2d", data.codec()).unwrap();
        let backend = CpuBackend::new(CpuOptions { threads, ..CpuOptions::default() }).unwrap();
        Ring { data, spec, backend }
    }

    fn compared(ring: &Ring, options: &EvaluateOptions, stop: bool) -> Result<Evaluation, GanError> {
        let codec = ring.data.codec();
        let mut sampler = Sampler::new(&ring.spec, codec, None, &ring.backend).unwrap();
        sampler.initialise(codec).unwrap();
        compare(&ring.spec, codec, &mut sampler, options, &ring.data, &ring.backend, (&AtomicBool::new(stop), &|_| {}))
    }

    #[test]
    fn an_evaluation_stops_when_it_is_told_to_and_is_the_same_for_any_threads() {
        let options = EvaluateOptions { samples: Some(200), ..EvaluateOptions::default() };
        let found = compared(&ring(1), &options, false).unwrap();
        let names: Vec<&str> = found.scores.iter().map(|score| score.metric.as_str()).collect();
        let expected = [
            "sliced_wasserstein",
            "frechet",
            "kernel",
            "precision",
            "recall",
            "density",
            "coverage",
            "modes",
            "high_quality",
            "mode_divergence",
        ];
        assert_eq!((names, found.samples, found.reference_samples), (expected.to_vec(), 200, 200));
        assert_eq!(found, compared(&ring(3), &options, false).unwrap());
        let stopped = compared(&ring(1), &options, true).unwrap_err();
        assert!(matches!(stopped, GanError::Interrupted), "{stopped}");
    }

    /// Points that lie where a field says, but for the data without it: and a generator that hands the field on.
    fn places(with_field: bool) -> Dataset {
        let place = |i: usize| [(i as f32 * 0.7).sin() * 0.99, (i as f32 * 1.3).cos() * 0.99];
        let places: Vec<[f32; 2]> = [[-1.0, -1.0], [1.0, 1.0]].into_iter().chain((2..400).map(place)).collect();
        let data = Dataset::from_samples("places", places.clone(), [2]);
        if with_field { data.condition("place", places, [2]) } else { data }.build().unwrap()
    }

    const HANDS_ON: &str = r#"
        train = { steps = 1 }
        [networks.generator]
        layers = [
            { class_name = "Input", shape = [2] },
            { class_name = "Input", shape = [2], name = "place" },
            { class_name = "Rescaling", scale = 0.0, inputs = ["input_layer"], name = "nothing" },
            { class_name = "Add", inputs = ["place", "nothing"] },
        ]
        [networks.discriminator]
        layers = [{ class_name = "Input", shape = [2] }, { class_name = "Dense", units = 1 }]
        [[phases]]
        name = "d"
        trains = ["discriminator"]
    "#;

    /// What such a generator makes under the conditions of the real samples are these samples, one by one.
    #[test]
    fn samples_are_drawn_under_the_conditions_of_those_that_they_are_compared_with() {
        let (data, spec) = (places(true), TrainSpec::from_toml(HANDS_ON).unwrap());
        let codec = data.learn(&data.split(None, spec.seed)).unwrap();
        let backend = CpuBackend::new(CpuOptions::default()).unwrap();
        let mut sampler = Sampler::new(&spec, &codec, None, &backend).unwrap();
        let mut of = |data: &Dataset, whole: bool| {
            let metrics = Some(vec!["sliced_wasserstein".to_string()]);
            let options = EvaluateOptions { samples: Some(150), metrics, whole, ..EvaluateOptions::default() };
            compare(&spec, &codec, &mut sampler, &options, data, &backend, (&AtomicBool::new(false), &|_| {})).unwrap()
        };
        let found = of(&data, false);
        assert_eq!(found.drawn, "`place` of the real samples");
        assert!(found.scores[0].estimate.value < 1e-6, "{:?}", found.scores);
        assert!(found.scores[0].reference.unwrap() > 0.01, "{:?}", found.scores);
        // Other data may not have the field: then it is said, and numbers do not compare.
        let other = of(&places(false), true);
        assert_eq!(other.drawn, "`place` in turn");
        let said = "generating under `place` of the real samples: the data has no field `place`";
        assert!(other.left_out.iter().any(|line| line.contains(said)), "{:?}", other.left_out);
        assert!(other.scores[0].estimate.value > 0.01, "{:?}", other.scores);
        assert_ne!(of(&data, true).scores[0].protocol, other.scores[0].protocol);
    }

    /// Points of two numbers with a label: 12 bytes a sample.
    #[test]
    fn bytes_are_those_of_samples() {
        let ring = ring(1);
        let bytes = |samples, metric: &str| {
            let metrics = Some(vec![metric.to_string()]);
            let options = EvaluateOptions { samples: Some(samples), metrics, ..EvaluateOptions::default() };
            let taken = evaluation_bytes(&ring.spec, &ring.data, &options, &ring.backend).unwrap();
            assert_eq!(taken.shared, 0, "points need no networks");
            taken.own
        };
        // Three sets, one side of the references again, and on both sides 8 projections of 8 bytes and 11 counts.
        assert_eq!(bytes(1000, "sliced_wasserstein"), 1000 * (3 * 12 + 8 + 2 * (8 * 8 + 11 * 4)));
        // Features of such samples are the samples again.
        assert!(bytes(1000, "frechet") > 1000 * (3 * 12 + 3 * 8));
        assert_eq!(bytes(2000, "sliced_wasserstein"), 2 * bytes(1000, "sliced_wasserstein"));
        let options = EvaluateOptions { samples: Some(4_000_000_000), ..EvaluateOptions::default() };
        assert!(evaluation_bytes(&ring.spec, &ring.data, &options, &ring.backend).is_err());
    }
}
