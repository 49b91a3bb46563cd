//! Evaluating a generator: its samples beside real ones, by every metric. Not here: the metrics (`metrics/`), drawing
//! (`sampler.rs`).

use crate::error::GanError;
use crate::metrics::features::{Classifier, Labelled, VERSION, random};
use crate::metrics::{self, Better, Entry, Estimate, METRICS, Matrix, Mixture, Of, Value};
use crate::resources;
use crate::run_dir;
use crate::sampler::{Labels, Sampler, SamplerOptions};
use crate::spec::TrainSpec;
use ganymede_data::{Codec, DataOptions, Dataset, Resolution, Source};
use ganymede_runtime::Backend;
use ganymede_tensor::{Rng, Tensor, stream_of};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Samples that are compared when nothing is said, or as many as there are.
const DEFAULT_SAMPLES: usize = 5000;
/// Most real samples that a classifier learns from.
const LEARNED: usize = 20_000;
/// Seed of what is random in a metric.
const SEED: u64 = 0;
/// Real samples that are decoded at a time.
const CHUNK: usize = 256;
/// Version of the metrics; raised when one gives other numbers than before.
const PROTOCOL: u32 = 1;
/// Hexadecimal digits of a protocol.
const DIGITS: usize = 12;
/// Images in a picture of `stacked-fashion-mnist`, and the combinations of their ten classes.
const STACKED: usize = 3;
const COMBINATIONS: usize = 1000;
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
    /// Samples on both sides.
    pub n: usize,
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
/// samples that it was trained on. These are taken in an order that the run's seed fixes, because files often stand in the
/// order of their classes; a generator of classes draws those of the real samples. References compare two disjoint parts
/// of the real samples.
///
/// # Units
/// All samples are in the network's range [−1, 1].
///
/// # Errors
/// [`GanError::Argument`] when there are not so many real samples, [`GanError::Unknown`] for a metric that is not there; what
/// loading and running give.
pub fn evaluate(
    run: &Path,
    options: &EvaluateOptions,
    dataset: &Dataset,
    backend: &dyn Backend,
) -> Result<Evaluation, GanError> {
    let spec = run_dir::read_spec(run)?;
    let (mut sampler, codec, checkpoint) = Sampler::open(run, options.generator, backend)?;
    let compared = compare(&spec, &codec, &mut sampler, options, dataset, backend)?;
    Ok(Evaluation { checkpoint, ..compared })
}

/// The same of a generator that is in memory.
pub(crate) fn compare(
    spec: &TrainSpec,
    codec: &Codec,
    sampler: &mut Sampler,
    options: &EvaluateOptions,
    dataset: &Dataset,
    backend: &dyn Backend,
) -> Result<Evaluation, GanError> {
    let known = metric_names();
    if let Some(name) = options.metrics.iter().flatten().find(|name| !known.contains(&name.as_str())) {
        let known = known.iter().map(|name| name.to_string()).collect();
        return Err(GanError::Unknown { kind: "a metric", name: name.clone(), known });
    }
    let split = dataset.split(spec.data.options.holdout, spec.seed);
    let used: Vec<u32> = if options.whole { (0..dataset.len() as u32).collect() } else { split.train };
    let count = options.samples.unwrap_or(DEFAULT_SAMPLES.min(used.len()));
    let reference = count.min(used.len() / 2);
    if count == 0 || count > used.len() || reference == 0 {
        let reason = format!("expected 1 to {} samples, and 2 or more real ones, found {count}", used.len());
        return Err(GanError::Argument { what: "samples".into(), reason });
    }
    if dataset.codec().shape != codec.shape {
        let reason = format!("expected samples {:?}, as the run's, found {:?}", codec.shape, dataset.codec().shape);
        return Err(GanError::Argument { what: "data".into(), reason });
    }
    let elements: usize = codec.shape.iter().product();
    let held = (2 * count + 2 * reference + LEARNED.min(used.len())) * elements * size_of::<f32>();
    resources::check(held as u64, resources::available())?;
    let order = Rng::new(spec.seed, stream_of("evaluate/order")).permutation(used.len());
    let order: Vec<u32> = order.into_iter().map(|at| used[at]).collect();
    let labels: Option<Vec<u32>> = dataset.labels().map(|all| order.iter().map(|&i| all[i as usize]).collect());
    let same_classes = dataset.classes() == codec.classes;
    let asked = labels.as_deref().filter(|_| sampler.classes() > 0 && same_classes).map(|labels| &labels[..count]);
    let fake = sampler.draw(0..count as u64, asked.map_or(Labels::InTurn, Labels::Each))?;
    let [first, second] = [0, 1].map(|half| &order[half * reference..(half + 1) * reference]);
    let holdout: &[u32] = if split.holdout.is_empty() || options.whole { second } else { &split.holdout };
    let sets = Sets {
        real: read(dataset, codec, &order[..count])?,
        fake,
        halves: [read(dataset, codec, first)?, read(dataset, codec, second)?],
        labels: labels.as_deref(),
        asked,
        classes: dataset.classes().len(),
        stacked: dataset.codec().format == "stacked-fashion-mnist",
        learned: read(dataset, codec, &order[..LEARNED.min(order.len())])?,
        held_out: (read(dataset, codec, holdout)?, holdout, dataset.labels()),
        protocol: format!("{PROTOCOL} {} {:?} {:?}", dataset.fingerprint(), codec.shape, codec.range),
    };
    let wanted = |name: &str| options.metrics.as_ref().is_none_or(|names| names.iter().any(|n| n == name));
    let (scores, left_out) = sets.scores(&wanted, backend)?;
    Ok(Evaluation { checkpoint: PathBuf::new(), samples: count, reference_samples: reference, scores, left_out })
}

/// What is compared.
struct Sets<'a> {
    real: Tensor,
    fake: Tensor,
    halves: [Tensor; 2],
    /// Labels of the real samples in their order: of `real` and of `learned`.
    labels: Option<&'a [u32]>,
    /// Labels that the generated samples were drawn for.
    asked: Option<&'a [u32]>,
    classes: usize,
    /// Whether each picture is three images of classes that are known.
    stacked: bool,
    /// What a classifier learns from.
    learned: Tensor,
    /// Samples that it did not see, their numbers in the data, and all labels.
    held_out: (Tensor, &'a [u32], Option<&'a [u32]>),
    protocol: String,
}

type Found = (Vec<Score>, Vec<String>);

impl Sets<'_> {
    fn scores(&self, wanted: &dyn Fn(&str) -> bool, backend: &dyn Backend) -> Result<Found, GanError> {
        let pictures = self.real.shape().rank() == 4;
        let mut left_out = Vec::new();
        let mut scores = Vec::new();
        let count = self.real.shape().first().copied().unwrap_or(0);
        let score = |value: Value, of: &str, reference: Option<f64>| Score {
            metric: value.name.into(),
            of: of.into(),
            estimate: value.estimate,
            better: value.better,
            reference,
            n: count,
            protocol: self.protocol(of, count),
        };
        let mut pair = |values: Vec<Value>, references: Vec<Value>, of: &str| {
            let reference = |name: &str| references.iter().find(|v| v.name == name).map(|v| v.estimate.value);
            values.into_iter().map(|v| (reference(v.name), v)).for_each(|(r, v)| scores.push(score(v, of, r)));
        };
        let [first, second] = &self.halves;
        let chosen: Vec<&Entry> = METRICS.iter().filter(|entry| wanted(entry.name)).collect();
        for entry in &chosen {
            match entry.of {
                Of::Samples(of) => pair(of(&self.real, &self.fake, SEED)?, of(first, second, SEED)?, "samples"),
                Of::Pictures(of) if pictures => match of(&self.real, &self.fake, SEED) {
                    Ok(values) => pair(values, of(first, second, SEED)?, "samples"),
                    Err(error) => left_out.push(format!("{}: {error}", entry.name)),
                },
                Of::Pictures(_) | Of::Features(_) => {}
            }
        }
        let mut classifier = None;
        if pictures && self.labels.is_some() && self.classes > 1 {
            let labels = &self.labels.unwrap_or(&[])[..self.learned.shape()[0]];
            let learned = Labelled { samples: &self.learned, labels };
            let needed = wanted("classes") || chosen.iter().any(|entry| matches!(entry.of, Of::Features(_)));
            classifier = needed.then(|| Classifier::learn(learned, self.classes, backend)).transpose()?;
        }
        let mut spaces: Vec<(&str, [Matrix; 4])> = Vec::new();
        if chosen.iter().any(|entry| matches!(entry.of, Of::Features(_))) {
            let sets = [&self.real, &self.fake, first, second];
            let all = |of: &mut dyn FnMut(&Tensor) -> Result<Matrix, GanError>| -> Result<[Matrix; 4], GanError> {
                Ok([of(sets[0])?, of(sets[1])?, of(sets[2])?, of(sets[3])?])
            };
            if pictures {
                spaces.push(("random", all(&mut |x| random(x, backend))?));
            } else {
                spaces.push(("samples", all(&mut |x| whole(x))?));
            }
            match &mut classifier {
                Some(classifier) => spaces.push(("classifier", all(&mut |x| classifier.features(x))?)),
                None if pictures => left_out.push("features of a classifier: the data has no classes".into()),
                None => {}
            }
        }
        for entry in &chosen {
            for (space, [real, fake, first, second]) in &spaces {
                let Of::Features(of) = entry.of else { continue };
                match of(real, fake, SEED) {
                    Ok(values) => pair(values, of(first, second, SEED).unwrap_or_default(), space),
                    Err(error) => left_out.push(format!("{} of {space}: {error}", entry.name)),
                }
            }
        }
        if wanted("modes") && self.stacked {
            let found = self.combinations(backend)?;
            let [fake, real] = found.map(|found| metrics::modes(&found, COMBINATIONS, SEED));
            pair(fake, real, "classifier");
        } else if wanted("modes") && !pictures {
            match self.labels {
                Some(labels) => {
                    let mixture = Mixture::of(&self.real, &labels[..count], self.classes)?;
                    let of = |set: &Tensor| {
                        let found = metrics::covered(&mixture, set.as_f32().unwrap_or(&[]));
                        metrics::modes(&found, self.classes, SEED)
                    };
                    pair(of(&self.fake), of(&self.real), "samples");
                }
                None => left_out.push("modes: the data has no classes".into()),
            }
        }
        if wanted("classes") {
            match (&mut classifier, self.asked) {
                (Some(classifier), Some(asked)) => {
                    let (values, references) = self.classes(classifier, asked, backend)?;
                    pair(values, references, "classifier");
                }
                _ => left_out.push("classes: the generator draws none, or the data has none".into()),
            }
        }
        Ok((scores, left_out))
    }

    /// The classes of the three images of each generated and each real picture, as one number: by a classifier of the images
    /// that they are stacked from.
    fn combinations(&self, backend: &dyn Backend) -> Result<[Vec<Option<usize>>; 2], GanError> {
        let shape = self.real.shape();
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let resolution = Resolution { width: side(shape[2]), height: side(shape[1]) };
        let options = DataOptions { resolution: Some(resolution), channels: Some(1), ..DataOptions::default() };
        let images = Dataset::open(&Source::parse("fashion-mnist")?, &options, &())?;
        let all: Vec<u32> = (0..images.len() as u32).collect();
        let samples = read(&images, images.codec(), &all)?;
        let labels = images.labels().unwrap_or(&[]);
        let classes = images.classes().len();
        let mut classifier = Classifier::learn(Labelled { samples: &samples, labels }, classes, backend)?;
        let mut of = |set: &Tensor| -> Result<Vec<Option<usize>>, GanError> {
            let values = set.as_f32().unwrap_or(&[]);
            let sizes: Vec<usize> = set.shape()[..3].iter().copied().chain([1]).collect();
            let mut found = vec![0; sizes[0]];
            for channel in 0..STACKED {
                let plane = values.iter().skip(channel).step_by(STACKED).copied().collect();
                let plane = Tensor::from_f32(sizes.clone(), plane)
                    .map_err(|e| GanError::Argument { what: "modes".into(), reason: e.to_string() })?;
                let said = classifier.classify(&plane)?;
                found.iter_mut().zip(said).for_each(|(number, class)| *number = *number * classes + class as usize);
            }
            Ok(found.into_iter().map(Some).collect())
        };
        Ok([of(&self.fake)?, of(&self.real)?])
    }

    /// Whether generated samples are of the classes that they were drawn for, by a classifier of real ones; and how many
    /// real samples a classifier tells that learned from generated ones alone, beside one that learned from as many real.
    fn classes(
        &self,
        classifier: &mut Classifier,
        asked: &[u32],
        backend: &dyn Backend,
    ) -> Result<(Vec<Value>, Vec<Value>), GanError> {
        let mut rng = Rng::new(SEED, stream_of("metrics/classes"));
        let (samples, numbers, labels) = &self.held_out;
        let labels: Vec<u32> = numbers.iter().filter_map(|&i| labels.map(|labels| labels[i as usize])).collect();
        let held_out = Labelled { samples, labels: &labels };
        let real = Labelled { samples: &self.real, labels: &self.labels.unwrap_or(&[])[..asked.len()] };
        let fake = Labelled { samples: &self.fake, labels: asked };
        let mut value =
            |name, each: Vec<f64>| Value { name, better: Better::Higher, estimate: Estimate::mean(&each, &mut rng) };
        let mut of_fake = Classifier::learn(fake, self.classes, backend)?;
        let mut of_real = Classifier::learn(real, self.classes, backend)?;
        let values = vec![
            value("class_accuracy", classifier.right(fake)?),
            value("train_synthetic_test_real", of_fake.right(held_out)?),
        ];
        let references = vec![
            value("class_accuracy", classifier.right(held_out)?),
            value("train_synthetic_test_real", of_real.right(held_out)?),
        ];
        Ok((values, references))
    }

    fn protocol(&self, of: &str, count: usize) -> String {
        let text = format!("{} {of} {count} {}", self.protocol, VERSION);
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..DIGITS].to_string()
    }
}

/// Samples as they are, as rows.
fn whole(samples: &Tensor) -> Result<Matrix, GanError> {
    let columns = samples.shape().iter().skip(1).product();
    let values = samples.as_f32().map_err(|e| GanError::Argument { what: "samples".into(), reason: e.to_string() })?;
    Matrix::new(columns, values.to_vec())
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
