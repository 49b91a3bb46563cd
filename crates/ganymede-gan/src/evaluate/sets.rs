//! Which samples an evaluation compares, and which are left to learn from. Not here: how they are compared
//! (`ganymede-metrics`).

use super::conditions::Conditions;
use super::protocol::Protocol;
use super::tables;
use super::{EvaluateOptions, SEED, check, kept};
use crate::checkpoint;
use crate::error::GanError;
use crate::metrics::{Facts, MetricError, Others, Set, Sides, Sizes, Stage, Stop};
use crate::resources;
use crate::sampler::Sampler;
use crate::spec::TrainSpec;
use ganymede_data::{Codec, DataOptions, Dataset, Resolution, Source, Split, cache_folder};
use ganymede_tensor::{Rng, Tensor, stream_of};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

/// Samples that are compared by default, or as many as there are.
const DEFAULT_SAMPLES: usize = 5000;
/// Where samples have labels, the part (1 / this) that is compared by default: as many are left for the references, and to
/// learn from.
const COMPARED: usize = 3;
/// Most real samples that a classifier learns from.
const LEARNED: usize = 20_000;
/// Of what is left to learn from, the part (1 / this) that a classifier is tested on, where none were held out.
const TESTED: usize = 5;
/// Fewest samples to learn from, a class.
const LEAST: usize = 10;
/// Real samples that are decoded at a time, and generated ones that are made.
pub(super) const CHUNK: usize = 256;
/// Classes of the images of `stacked-fashion-mnist`.
const STACKED: usize = 10;

/// Which of the real samples are compared, which learned from, which tested on: disjoint parts of their order.
pub(super) struct Rows {
    compared: usize,
    reference: usize,
    learned: Range<usize>,
    /// Places in the order, or what was held out.
    tested: Result<Range<usize>, usize>,
    /// Whether those that are compared are held out, and all others as above.
    held_out: bool,
}

impl Rows {
    /// For these options.
    ///
    /// # Errors
    /// [`GanError::Argument`] when there are not so many samples.
    pub fn of(dataset: &Dataset, split: &Split, options: &EvaluateOptions) -> Result<Rows, GanError> {
        let (used, held_out) = match options.whole {
            true => (dataset.len(), 0),
            false => (split.train.len(), split.holdout.len()),
        };
        let learnable = dataset.labels().is_some() || dataset.codec().modality().lines().is_some();
        if !options.held_out {
            return Rows::share(used, held_out, learnable, options.samples);
        }
        let compared = options.samples.unwrap_or(DEFAULT_SAMPLES.min(held_out));
        if !(1..=held_out).contains(&compared) {
            let reason = match held_out {
                0 => "expected samples that were held out of the training, found none: train with --holdout 0.1".into(),
                most => format!("expected 1 to {most} samples, as many as were held out, found {compared}"),
            };
            return Err(GanError::Argument { what: "samples".into(), reason });
        }
        Ok(Rows { compared, held_out: true, ..Rows::share(used, held_out, learnable, Some(compared))? })
    }

    /// Of so many samples, and those that were held out. What is left over by those that are compared is for the references and to
    /// learn from, half each.
    fn share(used: usize, held_out: usize, labelled: bool, asked: Option<usize>) -> Result<Rows, GanError> {
        let most = if labelled { used.div_ceil(COMPARED) } else { used };
        let compared = asked.unwrap_or(DEFAULT_SAMPLES.min(most));
        let left = used.saturating_sub(compared);
        let learnable = if labelled { (left / 2).min(LEARNED * (TESTED + 1) / TESTED) } else { 0 };
        let reference = compared.min((used - learnable) / 2);
        if compared == 0 || compared > used || reference == 0 {
            let reason = format!("expected 1 to {used} samples, and 2 or more real ones, found {compared}");
            return Err(GanError::Argument { what: "samples".into(), reason });
        }
        let of_order = if held_out > 0 { 0 } else { learnable / TESTED };
        let learned = used - learnable..(used - of_order).min(used - learnable + LEARNED);
        let tested = if held_out > 0 { Err(held_out) } else { Ok(used - of_order..used) };
        Ok(Rows { compared, reference, learned, tested, held_out: false })
    }

    /// How many there are of each kind.
    pub fn sizes(&self) -> Sizes {
        let tested = self.tested.as_ref().map_or_else(|held_out| *held_out, Range::len);
        Sizes { samples: self.compared, reference: self.reference, learned: self.learned.len(), tested }
    }
}

/// What metrics are told of the data.
pub(super) fn facts(codec: &Codec, asked: Result<(), String>) -> Facts {
    let stacked = if codec.format == "stacked-fashion-mnist" { STACKED } else { 0 };
    let modality = codec.modality().name().to_string();
    let (columns, rules) = codec.modality().lines().map_or((Vec::new(), Vec::new()), tables::facts);
    let shape = if columns.is_empty() { codec.shape().to_vec() } else { vec![columns.len()] };
    Facts { modality, shape, classes: codec.classes().len(), stacked, asked, columns, rules }
}

/// What is compared, and what is learned from.
pub(super) struct Sets<'a> {
    dataset: &'a Dataset,
    codec: &'a Codec,
    /// What is known of the samples.
    pub facts: Facts,
    /// The samples.
    pub sides: Sides,
    /// Numbers of real samples that classifiers and mixtures learn from.
    learned: Vec<u32>,
    /// Numbers of real samples that nothing learns from.
    tested: Vec<u32>,
    /// Whether the training saw none of these.
    unseen: bool,
    /// Whether all real samples are others than those of the training.
    other: bool,
    /// Under which conditions samples are generated.
    pub conditions: Conditions,
    /// Where what was learned is kept.
    cache: Option<PathBuf>,
    /// What that depends on beside the way of learning.
    key: Protocol,
    /// What numbers depend on.
    pub protocol: Protocol,
}

impl<'a> Sets<'a> {
    /// Takes real samples and generates as many.
    ///
    /// # Errors
    /// [`GanError::Argument`] for too little data; what reading and generating give.
    pub fn draw(
        spec: &TrainSpec,
        codec: &'a Codec,
        sampler: &mut Sampler,
        options: &EvaluateOptions,
        dataset: &'a Dataset,
        backend: &str,
        (stop, watch): (Stop<'_>, &dyn Fn(Stage<'_>)),
    ) -> Result<Sets<'a>, GanError> {
        let split = dataset.split(spec.data.options.holdout, spec.seed);
        let rows = Rows::of(dataset, &split, options)?;
        let sizes = rows.sizes();
        let used: Vec<u32> = if options.whole { (0..dataset.len() as u32).collect() } else { split.train };
        let order = Rng::new(SEED, stream_of("evaluate/order")).permutation(used.len());
        let order: Vec<u32> = order.into_iter().map(|at| used[at]).collect();
        let apart = Rng::new(SEED, stream_of("evaluate/held_out")).permutation(split.holdout.len());
        let apart: Vec<u32> = apart.into_iter().map(|at| split.holdout[at]).collect();
        let compared = if rows.held_out { &apart[..sizes.samples] } else { &order[..sizes.samples] };
        let learned = order[rows.learned].to_vec();
        let unseen = options.unseen || rows.tested.is_err();
        let tested = rows.tested.map_or(split.holdout, |places| order[places].to_vec());
        let conditions = Conditions::of(sampler, codec, dataset);
        let asked = conditions.asked();
        let labels = asked.as_ref().ok().and_then(|()| labels(dataset, compared));
        let facts = Facts { classes: dataset.classes().len(), ..facts(codec, asked) };
        check(sizes, &facts, options)?;
        let protocol = Protocol::of(dataset, codec, compared, &conditions.of_protocol());
        let protocol = protocol.with_rows(&learned).with_rows(&tested);
        let key = Protocol::of(dataset, codec, &learned, "learned").with(backend);
        let fake = conditions.draw(sampler, codec, dataset, compared, (stop, watch))?;
        let fake = match codec.modality().lines() {
            Some(table) => tables::rows(table, table.compared(fake.as_f32().map_err(misshapen)?))?,
            None => fake,
        };
        let fake = Set::new("real", fake);
        let fake = match &labels {
            Some(labels) => fake.labelled(labels)?,
            None => fake,
        };
        watch(Stage { what: "reading real samples", done: 0, of: 0 });
        let set = |numbers: &[u32]| set(dataset, codec, numbers, stop);
        let sides = Sides { real: set(compared)?, fake, second: set(&order[sizes.reference..2 * sizes.reference])? };
        let cache = cache_folder().filter(|_| spec.data.options.use_cache);
        let other = options.unseen;
        Ok(Sets { dataset, codec, facts, sides, learned, tested, unseen, other, conditions, cache, key, protocol })
    }

    /// Labelled real samples that are not compared.
    fn apart(&self, numbers: &[u32], least: usize, what: &str) -> Result<Set, MetricError> {
        if self.dataset.labels().is_none() && self.facts.columns.is_empty() {
            return Err(MetricError::Missing("the data has no classes".into()));
        }
        if numbers.len() < least {
            let (n, used) = (numbers.len(), self.dataset.len());
            return Err(MetricError::Missing(format!(
                "expected at least {least} real samples {what} which are not compared, found {n} of {used}; ask for fewer with --n"
            )));
        }
        let bytes = numbers.len() * self.facts.shape.iter().product::<usize>() * size_of::<f32>();
        match resources::check(bytes as u64, resources::available()) {
            Err(error) => Err(MetricError::Missing(error.to_string())),
            Ok(()) => set(self.dataset, self.codec, numbers, Stop::NEVER).map_err(outside),
        }
    }

    /// The file that keeps what was learned in this way.
    fn file(&self, what: &str) -> Option<PathBuf> {
        let digits = self.key.clone().with(env!("CARGO_PKG_VERSION")).with(what).digits();
        Some(self.cache.as_ref()?.join(format!("classifier-{digits}.safetensors")))
    }
}

impl Others for Sets<'_> {
    fn learned(&self) -> Result<Set, MetricError> {
        self.apart(&self.learned, LEAST * self.facts.classes.max(1), "to learn from")
    }

    fn tested(&self) -> Result<Set, MetricError> {
        // What is near to rows of the training is no copy if these are rows of the training, too.
        if !self.facts.columns.is_empty() && !self.unseen {
            return Err(MetricError::Missing("no row was held out: train with --holdout 0.1".into()));
        }
        self.apart(&self.tested, LEAST, "to test a classifier on")
    }

    fn trained(&self) -> Result<Set, MetricError> {
        match self.other {
            true => {
                let reason = "copies are looked for among the rows of the training: name no other data";
                Err(MetricError::Missing(reason.into()))
            }
            false => self.learned(),
        }
    }

    fn parts(&self) -> Result<Set, MetricError> {
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let resolution = Resolution { width: side(self.facts.shape[1]), height: side(self.facts.shape[0]) };
        let options = DataOptions { resolution: Some(resolution), channels: Some(1), ..DataOptions::default() };
        let source = Source::parse("fashion-mnist").map_err(|e| outside(e.into()))?;
        let images = Dataset::open(&source, &options, &()).map_err(|e| outside(e.into()))?;
        let all: Vec<u32> = (0..images.len() as u32).collect();
        set(&images, images.codec(), &all, Stop::NEVER).map_err(outside)
    }

    fn recall(&self, what: &str) -> Option<BTreeMap<String, Tensor>> {
        checkpoint::read_tensors(&self.file(what)?).ok()
    }

    fn keep(&self, what: &str, states: &BTreeMap<String, Tensor>) {
        // What cannot be written is not missed.
        if let (Some(file), Some(folder)) = (self.file(what), &self.cache)
            && std::fs::create_dir_all(folder).is_ok()
        {
            let _ = kept::write(&file, states);
        }
    }
}

fn outside(error: GanError) -> MetricError {
    MetricError::Others(Box::new(error))
}

/// Labels of real samples by their numbers.
fn labels(dataset: &Dataset, numbers: &[u32]) -> Option<Vec<u32>> {
    dataset.labels().map(|all| numbers.iter().map(|&i| all[i as usize]).collect())
}

pub(crate) fn misshapen(error: ganymede_tensor::TensorError) -> GanError {
    GanError::Argument { what: "samples".into(), reason: error.to_string() }
}

/// Real samples by their numbers, in the network's range, with their labels where they have any.
fn set(dataset: &Dataset, codec: &Codec, numbers: &[u32], stop: Stop<'_>) -> Result<Set, GanError> {
    let samples = match codec.modality().lines() {
        Some(table) => {
            let mut bytes = vec![0; numbers.len() * dataset.sample_type().bytes()];
            dataset.read(numbers, &mut bytes)?;
            tables::rows(table, table.compared_stored(&bytes))?
        }
        None => scaled(dataset, codec, numbers, stop)?,
    };
    let samples = Set::new("real", samples);
    Ok(match labels(dataset, numbers) {
        Some(labels) => samples.labelled(&labels)?,
        None => samples,
    })
}

/// Real samples by their numbers, in the network's range.
fn scaled(dataset: &Dataset, codec: &Codec, numbers: &[u32], stop: Stop<'_>) -> Result<Tensor, GanError> {
    let (scale, offset) = codec.scaling();
    let sample = codec.sample_type();
    let mut values = Vec::with_capacity(numbers.len() * sample.elements());
    for chunk in numbers.chunks(CHUNK) {
        stop.check()?;
        values.extend(dataset.gather(chunk)?.to_f64().into_iter().map(|raw| (raw * scale + offset) as f32));
    }
    let shape: Vec<usize> = [numbers.len()].iter().chain(sample.shape.iter()).copied().collect();
    Tensor::from_f32(shape, values).map_err(misshapen)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (compared, reference, learned, tested); of the tested `true` where they were held out.
    fn share(
        used: usize,
        held_out: usize,
        labelled: bool,
        asked: Option<usize>,
    ) -> (usize, usize, Range<usize>, Option<Range<usize>>) {
        let Rows { compared, reference, learned, tested, .. } = Rows::share(used, held_out, labelled, asked).unwrap();
        (compared, reference, learned, tested.ok())
    }

    #[test]
    fn real_samples_are_shared_out_by_hand() {
        // Without labels nothing is learned, and all are compared.
        assert_eq!(share(900, 0, false, None), (900, 450, 900..900, Some(900..900)));
        assert_eq!(share(60_000, 0, false, None), (5000, 5000, 60_000..60_000, Some(60_000..60_000)));
        // With labels a third each is compared, refers, and is learned from: of that a fifth is tested on.
        assert_eq!(share(900, 0, true, None), (300, 300, 600..840, Some(840..900)));
        assert_eq!(share(900, 60, true, None), (300, 300, 600..900, None));
        assert_eq!(share(900, 0, true, Some(800)), (800, 425, 850..890, Some(890..900)));
        assert_eq!(share(900, 0, true, Some(900)), (900, 450, 900..900, Some(900..900)));
        // No more than 20,000 are learned from.
        assert_eq!(share(60_000, 0, true, None), (5000, 5000, 36_000..55_200, Some(55_200..60_000)));
        assert_eq!(share(60_000, 9, true, None), (5000, 5000, 36_000..56_000, None));
        assert_eq!(share(2, 0, true, Some(1)), (1, 1, 2..2, Some(2..2)));
        for (used, asked) in [(0, None), (1, None), (10, Some(11)), (10, Some(0))] {
            let error = Rows::share(used, 0, true, asked).err().unwrap().to_string();
            assert!(error.contains(&format!("expected 1 to {used} samples")), "{error}");
        }
    }

    /// Raw values 0 to 8 are −1 to 1 to a network: v/4 − 1.
    #[test]
    fn real_samples_are_in_the_networks_range() {
        let rows: Vec<[f32; 2]> = (0..5).map(|i| [i as f32, 8.0 - i as f32]).collect();
        let data = Dataset::from_samples("line", rows, [2]).labels(vec![0, 1, 0, 1, 1], ["a", "b"]).build().unwrap();
        let sample = ganymede_data::Field::sample(data.sample_type().clone(), [0.0, 8.0]);
        let codec = data.codec().with(vec![sample], data.codec().modality().clone()).unwrap();
        let set = set(&data, &codec, &[4, 0, 2], Stop::NEVER).unwrap();
        assert_eq!(set.samples().as_f32().unwrap(), [0.0, 0.0, -1.0, 1.0, -0.5, 0.5]);
        assert_eq!(set.labels(), Some(vec![1, 0, 0]));
    }

    /// What a classifier learned of samples in one range says nothing of the same in another.
    #[test]
    fn what_was_learned_is_kept_by_the_runs_range() {
        let data =
            Dataset::from_samples("line", (0..90).map(|i| [i as f32, 0.0]).collect::<Vec<_>>(), [2]).build().unwrap();
        let spec = crate::presets::preset("mlp", data.codec()).unwrap();
        let backend = ganymede_runtime::CpuBackend::new(Default::default()).unwrap();
        let key = |range: [f64; 2]| {
            let sample = ganymede_data::Field::sample(data.sample_type().clone(), range);
            let codec = data.codec().with(vec![sample], data.codec().modality().clone()).unwrap();
            let mut sampler = Sampler::new(&spec, &codec, None, &backend).unwrap();
            let options = EvaluateOptions { samples: Some(30), ..EvaluateOptions::default() };
            let sets = Sets::draw(&spec, &codec, &mut sampler, &options, &data, "cpu", (Stop::NEVER, &|_| {})).unwrap();
            sets.key.digits()
        };
        assert_eq!(key([0.0, 89.0]), key([0.0, 89.0]));
        assert_ne!(key([0.0, 89.0]), key([0.0, 100.0]));
    }

    /// Those that were held out are compared, whatever there is beside them; there have to be some.
    #[test]
    fn held_out_samples_are_compared_where_they_are_asked_for() {
        let rows: Vec<[f32; 2]> = (0..200).map(|i| [i as f32, 1.0]).collect();
        let data = Dataset::from_samples("line", rows, [2]).build().unwrap();
        let spec = crate::presets::preset("mlp", data.codec()).unwrap();
        let backend = ganymede_runtime::CpuBackend::new(Default::default()).unwrap();
        let drawn = |holdout: f64, samples: Option<usize>| {
            let mut spec = spec.clone();
            spec.data.options.holdout = Some(holdout);
            let mut sampler = Sampler::new(&spec, data.codec(), None, &backend).unwrap();
            let options = EvaluateOptions { samples, held_out: true, ..EvaluateOptions::default() };
            Sets::draw(&spec, data.codec(), &mut sampler, &options, &data, "cpu", (Stop::NEVER, &|_| {})).map(|sets| {
                let firsts = sets.sides.real.samples().as_f32().unwrap().to_vec();
                (firsts, sets.sides.second.len(), data.split(Some(holdout), spec.seed).holdout)
            })
        };
        let (found, second, held_out) = drawn(0.2, None).unwrap();
        let raw = |scaled: &[f32]| {
            let (scale, offset) = data.codec().scaling();
            let mut all: Vec<u32> =
                scaled.chunks(2).map(|v| ((f64::from(v[0]) - offset) / scale).round() as u32).collect();
            all.sort_unstable();
            all
        };
        let mut held_out: Vec<u32> = held_out;
        held_out.sort_unstable();
        assert_eq!((raw(&found), found.len(), second), (held_out.clone(), 80, 40));
        let (some, ..) = drawn(0.2, Some(7)).unwrap();
        assert!(some.len() == 14 && raw(&some).iter().all(|row| held_out.contains(row)));
        let told = |holdout: f64, samples| drawn(holdout, samples).err().unwrap().to_string();
        assert!(told(0.2, Some(41)).contains("expected 1 to 40 samples, as many as were held out, found 41"));
        assert!(told(0.0, None).contains("found none: train with --holdout 0.1"));
    }

    /// What is learned from is neither compared, nor of a reference, nor tested on, whatever there is and is asked for.
    #[test]
    fn what_is_learned_from_is_never_compared() {
        for used in 2..400 {
            for asked in
                [None, Some(1), Some(used / 2), Some(used - 1), Some(used)].into_iter().filter(|n| *n != Some(0))
            {
                for held_out in [0, 7] {
                    let (compared, reference, learned, tested) = share(used, held_out, true, asked);
                    let last = compared.max(2 * reference);
                    assert!(last <= learned.start || learned.is_empty(), "{used} {asked:?}: {last}, {learned:?}");
                    assert!(reference <= compared && 2 * reference <= used);
                    if let Some(tested) = tested {
                        assert!(learned.end <= tested.start && last <= tested.start && tested.end == used);
                    }
                }
            }
        }
    }
}
