//! Which samples an evaluation compares. Not here: how (`scores.rs`).

use super::protocol::Protocol;
use super::{EvaluateOptions, SEED};
use crate::error::GanError;
use crate::resources;
use crate::sampler::{Labels, Sampler};
use crate::spec::TrainSpec;
use ganymede_data::{Codec, Dataset};
use ganymede_tensor::{Rng, Tensor, stream_of};

/// Samples that are compared when nothing is said, or as many as there are.
const DEFAULT_SAMPLES: usize = 5000;
/// Most real samples that a classifier learns from.
const LEARNED: usize = 20_000;
/// Of real samples that all were trained on, the part (1 / this) that a classifier is tested on instead of learning from it.
const TESTED: usize = 5;
/// Real samples that are decoded at a time.
const CHUNK: usize = 256;

/// What is compared, and what a classifier learns from.
pub(super) struct Sets<'a> {
    pub dataset: &'a Dataset,
    codec: &'a Codec,
    /// Real samples and generated ones, as many.
    pub real: Tensor,
    pub fake: Tensor,
    /// Numbers of the real samples in the order that they are taken in: first those that are compared.
    order: Vec<u32>,
    /// Number of the real samples on each side of a reference.
    reference: usize,
    /// Labels that the generated samples were drawn for, when they are the real samples'.
    pub asked: Option<Vec<u32>>,
    /// Why they are not, when the generator draws classes.
    pub in_turn: Option<String>,
    /// Numbers of real samples that no classifier learns from.
    pub tested: Vec<u32>,
    /// How many of the order a classifier may learn from.
    learnable: usize,
    /// Whether what is computed from data may be kept in the cache.
    pub use_cache: bool,
    pub protocol: Protocol,
}

impl<'a> Sets<'a> {
    /// Takes real samples and draws as many.
    ///
    /// # Errors
    /// [`GanError::Argument`] for data that is not like the run's, or too little of it; what reading and drawing give.
    pub fn draw(
        spec: &TrainSpec,
        codec: &'a Codec,
        sampler: &mut Sampler,
        options: &EvaluateOptions,
        dataset: &'a Dataset,
    ) -> Result<Sets<'a>, GanError> {
        let refuse = |reason| GanError::Argument { what: "data".into(), reason };
        codec.comparable(dataset.codec()).map_err(refuse)?;
        let split = dataset.split(spec.data.options.holdout, spec.seed);
        let used: Vec<u32> = if options.whole { (0..dataset.len() as u32).collect() } else { split.train };
        let count = options.samples.unwrap_or(DEFAULT_SAMPLES.min(used.len()));
        let reference = count.min(used.len() / 2);
        if count == 0 || count > used.len() || reference == 0 {
            let reason = format!("expected 1 to {} samples, and 2 or more real ones, found {count}", used.len());
            return Err(GanError::Argument { what: "samples".into(), reason });
        }
        // Generated, real, one half of the reference, and copies of two sets in a metric.
        let elements: usize = codec.shape().iter().product();
        let held = (4 * count + reference) * elements * size_of::<f32>();
        resources::check(held as u64, resources::available())?;
        let order = Rng::new(SEED, stream_of("evaluate/order")).permutation(used.len());
        let order: Vec<u32> = order.into_iter().map(|at| used[at]).collect();
        let labels = |numbers: &[u32]| dataset.labels().map(|all| numbers.iter().map(|&i| all[i as usize]).collect());
        let (mut asked, mut in_turn): (Option<Vec<u32>>, _) = (None, None);
        if sampler.classes() > 0 {
            match labels(&order[..count]) {
                None => in_turn = Some("the data has no classes".to_string()),
                Some(_) if dataset.classes() != codec.classes() => {
                    let names = |classes: &[String]| classes.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
                    let (own, other) = (names(codec.classes()), names(dataset.classes()));
                    in_turn = Some(format!("the run's classes ({own} …) have other names than the data's ({other} …)"));
                }
                found => asked = found,
            }
        }
        let fake = sampler.draw(0..count as u64, asked.as_deref().map_or(Labels::InTurn, Labels::Each))?;
        let of_order = if asked.is_some() { order.len() / TESTED } else { 0 };
        let (tested, learnable) = match split.holdout.is_empty() || options.whole {
            true => (order[order.len() - of_order..].to_vec(), order.len() - of_order),
            false => (split.holdout, order.len()),
        };
        let drawn = if in_turn.is_some() { "classes in turn" } else { "" };
        let protocol = Protocol::of(dataset, codec, &order[..count], drawn);
        let real = read(dataset, codec, &order[..count])?;
        let use_cache = spec.data.options.use_cache;
        Ok(Sets {
            dataset,
            codec,
            real,
            fake,
            order,
            reference,
            asked,
            in_turn,
            tested,
            learnable,
            use_cache,
            protocol,
        })
    }

    /// Number of generated and of real samples that are compared.
    pub fn count(&self) -> usize {
        self.real.shape()[0]
    }

    /// Number of real samples on each side of a reference.
    pub fn reference(&self) -> usize {
        self.reference
    }

    /// Two disjoint parts of the real samples: the first ones of those that are compared, and others.
    pub fn halves(&self) -> Result<[Tensor; 2], GanError> {
        let others = &self.order[self.reference..2 * self.reference];
        Ok([self.real.rows(0..self.reference), read(self.dataset, self.codec, others)?])
    }

    /// What a classifier learns from: numbers of samples and their labels. None without labels.
    pub fn learned(&self) -> Option<(&[u32], Vec<u32>)> {
        let numbers = &self.order[..self.learnable.min(LEARNED)];
        Some((numbers, self.labels(numbers)?))
    }

    /// Whether classifiers may learn from all of the real samples that are compared.
    pub fn all_learnable(&self) -> bool {
        self.count() <= self.learnable
    }

    /// Labels of real samples by their numbers.
    pub fn labels(&self, numbers: &[u32]) -> Option<Vec<u32>> {
        self.dataset.labels().map(|all| numbers.iter().map(|&i| all[i as usize]).collect())
    }

    /// Labels of the real samples that are compared.
    pub fn real_labels(&self) -> Option<Vec<u32>> {
        self.labels(&self.order[..self.count()])
    }

    /// Real samples by their numbers, in the network's range.
    ///
    /// # Errors
    /// [`GanError::Memory`] when there is no room for them; what reading gives.
    pub fn read(&self, numbers: &[u32]) -> Result<Tensor, GanError> {
        let bytes = numbers.len() * self.codec.shape().iter().product::<usize>() * size_of::<f32>();
        resources::check(bytes as u64, resources::available())?;
        read(self.dataset, self.codec, numbers)
    }
}

/// Real samples in the network's range.
pub(super) fn read(dataset: &Dataset, codec: &Codec, indices: &[u32]) -> Result<Tensor, GanError> {
    let (scale, offset) = codec.scaling();
    let mut values = Vec::with_capacity(indices.len() * codec.shape().iter().product::<usize>());
    for chunk in indices.chunks(CHUNK) {
        values.extend(dataset.gather(chunk)?.to_f64().into_iter().map(|raw| (raw * scale + offset) as f32));
    }
    let shape: Vec<usize> = [indices.len()].iter().chain(codec.shape()).copied().collect();
    Tensor::from_f32(shape, values)
        .map_err(|e| GanError::Argument { what: "the run's data".into(), reason: e.to_string() })
}
