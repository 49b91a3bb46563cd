//! `[train]`: when a training ends, and how a step goes. Not here: the loop (`trainer/`).

use super::numerics;
use ganymede_runtime::Numerics;
use serde::{Deserialize, Serialize};

/// `[train]`. A step is one generator update with its `n_critic` discriminator updates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSection {
    /// Samples in a batch.
    #[serde(default = "batch")]
    pub batch: usize,
    /// Ends after so many steps in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Ends after so many thousand real samples were shown to the discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kimg: Option<f64>,
    /// Ends after so many minutes of training in this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// Whether later phases see the networks as earlier phases of the step left them.
    #[serde(default)]
    pub update: Update,
    /// Whether each phase draws its own latents; otherwise the phases of a step share one batch of fakes.
    #[serde(default)]
    pub fresh_fakes: bool,
    /// Whether each phase that sees real samples takes its own batch of them.
    #[serde(default)]
    pub fresh_reals: bool,
    /// Discriminator updates in a step, each on a batch of its own.
    #[serde(default = "n_critic")]
    pub n_critic: u64,
    /// Parts that a batch is computed in, one after another: the gradients are those of the whole batch where nothing
    /// joins its samples, the memory that of a part.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub micro_batches: usize,
    /// How exact convolutions are.
    #[serde(default, with = "numerics")]
    pub numerics: Numerics,
    /// Steps between two lines of scalars.
    #[serde(default = "tick_every")]
    pub tick_every: u64,
    /// Steps between two grids of samples; 0 for none but the first and last.
    #[serde(default = "snapshot_every")]
    pub snapshot_every: u64,
    /// Steps between two checkpoints; 0 for none but the first and last.
    #[serde(default = "checkpoint_every")]
    pub checkpoint_every: u64,
    /// How many of the newest checkpoints stay (every tenth stays anyway).
    #[serde(default = "keep")]
    pub keep: usize,
}

/// How the phases of a step see each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Update {
    /// One after the other: the generator's loss goes through the updated discriminator.
    #[default]
    Alternating,
    /// All from the same parameters, as the TensorFlow tutorial does.
    Simultaneous,
}

fn batch() -> usize {
    64
}

fn n_critic() -> u64 {
    1
}

fn whole() -> usize {
    1
}

fn is_whole(parts: &usize) -> bool {
    *parts == 1
}

fn tick_every() -> u64 {
    50
}

fn snapshot_every() -> u64 {
    500
}

fn checkpoint_every() -> u64 {
    500
}

fn keep() -> usize {
    3
}

impl Default for TrainSection {
    fn default() -> Self {
        TrainSection {
            batch: batch(),
            steps: None,
            kimg: None,
            minutes: None,
            update: Update::default(),
            fresh_fakes: false,
            fresh_reals: false,
            n_critic: n_critic(),
            micro_batches: whole(),
            numerics: Numerics::default(),
            tick_every: tick_every(),
            snapshot_every: snapshot_every(),
            checkpoint_every: checkpoint_every(),
            keep: keep(),
        }
    }
}

impl TrainSection {
    /// Real samples that a step shows to the discriminator.
    pub fn images_per_step(&self) -> u64 {
        self.n_critic * self.batch as u64
    }

    /// The step after which the training ends, if steps or kimg say so: the smaller of both.
    pub fn last_step(&self) -> Option<u64> {
        let by_kimg = self.kimg.map(|kimg| (kimg * 1000.0 / self.images_per_step().max(1) as f64).ceil() as u64);
        match (self.steps, by_kimg) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}
