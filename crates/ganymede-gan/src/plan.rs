//! What a training takes of memory, known before its first step, part by part. Not here: how values share an arena
//! (`ganymede_graph::plan`), what the machine has (`resources.rs`).

use crate::evaluate::{EvaluateOptions, evaluation_bytes};
use crate::metrics::Taken;
use crate::sampler::Sampler;
use crate::spec::TrainSpec;
use crate::step::Stepper;
use crate::trainer::COLUMNS;
use ganymede_data::{Codec, Dataset, PREFETCH};
use ganymede_runtime::Backend;
use std::collections::BTreeMap;

/// What a training takes, known before its first step: bytes of each part, operations, numbers in each network.
///
/// Parts that are never there together count once: [`PlanReport::peak_bytes`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanReport {
    /// All states: parameters, slots, statistics, averages.
    pub state_bytes: u64,
    /// Values within a step, at their peak; all programs share them, those of the sampler and of evaluations too.
    pub arena_bytes: u64,
    /// Inputs, outputs and constants of the step's programs.
    pub fixed_bytes: u64,
    /// Batches: those of a step, those read ahead, and the one that is being read.
    pub batch_bytes: u64,
    /// The sampling generator: its own states, inputs and outputs.
    pub sampler_bytes: u64,
    /// Samples of a snapshot, and the image or table that is made of them.
    pub snapshot_bytes: u64,
    /// Writing a checkpoint: the largest state, as it is read and as it is written.
    pub saving_bytes: u64,
    /// What evaluations take beside the training.
    pub evaluation_bytes: u64,
    /// Samples that lie in memory, not in the cache's file, and what is known of each sample.
    pub data_bytes: u64,
    /// Floating-point operations of a step, in the mean of many.
    pub flops: u64,
    /// Numbers in each network: (trainable, other).
    pub parameters: BTreeMap<String, (u64, u64)>,
}

impl PlanReport {
    /// What a whole training takes: steps, snapshots, data, and the evaluations that its spec asks for.
    pub fn of(
        spec: &TrainSpec,
        (stepper, sampler): (&Stepper, &Sampler),
        codec: &Codec,
        dataset: &Dataset,
        backend: &dyn Backend,
    ) -> PlanReport {
        let evaluation = spec.evaluate.as_ref().map_or(Taken::default(), |due| {
            let most = dataset.split(spec.data.options.holdout, spec.seed).train.len();
            let (samples, metrics) = ((due.samples <= most).then_some(due.samples), due.metrics.clone());
            let options = EvaluateOptions { samples, metrics, ..EvaluateOptions::default() };
            // An evaluation that cannot be had takes nothing: the training says why when it is due, and goes on.
            evaluation_bytes(spec, dataset, &options, backend).unwrap_or_default()
        });
        stepper.plan().drawing(sampler, codec).reading(dataset).evaluating(evaluation)
    }

    /// Peak memory in bytes: what is always there, and the largest of what comes and goes.
    pub fn peak_bytes(&self) -> u64 {
        let lasting = [
            self.state_bytes,
            self.arena_bytes,
            self.fixed_bytes,
            self.batch_bytes,
            self.sampler_bytes,
            self.data_bytes,
        ];
        let passing = [self.snapshot_bytes, self.saving_bytes, self.evaluation_bytes];
        lasting.into_iter().fold(0, u64::saturating_add).saturating_add(passing.into_iter().max().unwrap_or(0))
    }

    /// The parts with their names for the reader, the largest first; those without a byte are left out.
    pub fn parts(&self) -> Vec<(&'static str, u64)> {
        let mut parts = vec![
            ("states", self.state_bytes),
            ("values of a step", self.arena_bytes.saturating_add(self.fixed_bytes)),
            ("batches", self.batch_bytes),
            ("sampler", self.sampler_bytes),
            ("snapshots", self.snapshot_bytes),
            ("checkpoints", self.saving_bytes),
            ("evaluation", self.evaluation_bytes),
            ("data", self.data_bytes),
        ];
        parts.retain(|(_, bytes)| *bytes > 0);
        parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        parts
    }

    /// Adds the generator that makes snapshots of such data.
    #[must_use]
    pub fn drawing(self, sampler: &Sampler, codec: &Codec) -> PlanReport {
        let memory = sampler.memory();
        PlanReport {
            arena_bytes: self.arena_bytes.max(memory.arena_bytes as u64),
            sampler_bytes: sampler.state_bytes() + memory.fixed_bytes as u64,
            snapshot_bytes: snapshot_bytes(codec),
            ..self
        }
    }

    /// Adds the data that is read.
    #[must_use]
    pub fn reading(self, dataset: &Dataset) -> PlanReport {
        let samples = dataset.len() as u64;
        let in_memory = if dataset.cache_file().is_none() { samples * dataset.sample_type().bytes() as u64 } else { 0 };
        let labels = dataset.labels().map_or(0, |labels| labels.len() as u64 * 4);
        // The numbers of the samples to train on, in the split and in the loader.
        PlanReport { data_bytes: in_memory + labels + 2 * 4 * samples, ..self }
    }

    /// Adds evaluations that take so many bytes beside the training, on its backend.
    #[must_use]
    pub fn evaluating(self, taken: Taken) -> PlanReport {
        PlanReport { arena_bytes: self.arena_bytes.max(taken.shared), evaluation_bytes: taken.own, ..self }
    }
}

/// Bytes of a batch as it is read: every field in the data's own type.
pub(crate) fn batch_bytes(spec: &TrainSpec, codec: &Codec) -> u64 {
    let sample: usize = codec.fields().iter().map(|field| field.ty.bytes()).sum();
    (spec.train.batch * sample) as u64
}

/// How many batches there are at the same time: those of a step, those that are ready, and the one that is being read,
/// which is there twice when its bytes become numbers.
pub(crate) fn held_batches(in_a_step: u64) -> u64 {
    in_a_step + PREFETCH as u64 + 2
}

/// A checkpoint is written state by state: its value, its bytes, and the buffer of the file.
pub(crate) fn saving_bytes(largest: u64) -> u64 {
    2 * largest
}

/// A snapshot: the numbers generated, and what is made of them: a byte a number, and an image of them in which small samples are
/// enlarged, twice while it is packed; or lines of text, of a dozen letters a number, beside the numbers in `f64`.
fn snapshot_bytes(codec: &Codec) -> u64 {
    let preview = codec.modality().preview();
    let numbers = preview.samples * codec.shape().iter().product::<usize>() as u64;
    let scale = codec.modality().preview_scale(codec, [COLUMNS, preview.samples as usize / COLUMNS]) as u64;
    let made = if preview.files.contains(&"csv") { 8 + 12 } else { 1 + 2 * scale * scale };
    numbers * (4 + made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_and_batches_are_counted_by_hand() {
        use ganymede_tensor::TensorType;
        // 64 images of 8 x 8 x 3 numbers: 4 bytes as generated, a byte as pixels, 8 x 8 of each in the image and as packed.
        let images = Codec::stand_in(TensorType::f32([8, 8, 3]), [-1.0, 1.0], Vec::new());
        let preview = images.modality().preview();
        assert_eq!(snapshot_bytes(&images), preview.samples * 192 * (5 + 2 * 64));
        // Points: 4 bytes as generated, 8 in f64, a dozen letters.
        let points = Codec::stand_in(TensorType::f32([2]), [-1.0, 1.0], Vec::new());
        assert_eq!(snapshot_bytes(&points), points.modality().preview().samples * 2 * 24);
        let mut spec = TrainSpec::default();
        spec.train.batch = 10;
        let field: usize = images.fields().iter().map(|field| field.ty.bytes()).sum();
        assert_eq!(batch_bytes(&spec, &images), 10 * field as u64);
        assert_eq!((held_batches(6), saving_bytes(50)), (8 + PREFETCH as u64, 100));
    }

    #[test]
    fn what_comes_and_goes_counts_once() {
        let lasting = PlanReport {
            state_bytes: 1,
            arena_bytes: 20,
            fixed_bytes: 300,
            batch_bytes: 4_000,
            sampler_bytes: 50_000,
            data_bytes: 600_000,
            ..PlanReport::default()
        };
        assert_eq!(lasting.peak_bytes(), 654_321);
        let passing = PlanReport { snapshot_bytes: 5_000_000, saving_bytes: 7_000_000, ..lasting.clone() };
        assert_eq!(passing.peak_bytes(), 7_654_321);
        let evaluated = passing.evaluating(Taken { own: 9_000_000, shared: 7 });
        assert_eq!(evaluated.peak_bytes(), 9_654_321);
        assert_eq!(
            evaluated.evaluating(Taken { own: 9_000_000, shared: 25 }).peak_bytes(),
            9_654_326,
            "25 instead of 20"
        );
        let parts = lasting.parts();
        assert_eq!(parts[0], ("data", 600_000));
        assert_eq!(parts.iter().map(|(_, bytes)| bytes).sum::<u64>(), 654_321);
        assert_eq!(parts.len(), 5, "{parts:?}");
    }
}
