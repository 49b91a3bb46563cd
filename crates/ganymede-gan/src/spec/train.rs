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
    /// Ends after so many thousand real samples at the latest, however long it may train: more would be learned by heart. A length in
    /// steps or samples that is asked for takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_kimg: Option<f64>,
    /// From this part of the training on, the learning rates of all phases fall linearly, to 2 % of themselves in its last step.
    /// Minutes are then turned into steps before it begins, because the rates have to be a function of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay_from: Option<f64>,
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
            most_kimg: None,
            decay_from: None,
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

    /// The step after which the training ends, if steps or samples say so: the smallest of them.
    pub fn last_step(&self) -> Option<u64> {
        [self.steps, self.kimg.map(|kimg| self.steps_of(kimg)), self.most_step()].into_iter().flatten().min()
    }

    /// Ends as one of these says, instead of how it would end. Minutes keep what it may see at most.
    pub fn end_after(&mut self, steps: Option<u64>, kimg: Option<f64>, minutes: Option<f64>) {
        (self.steps, self.kimg, self.minutes) = (steps, kimg, minutes);
        self.most_kimg = self.most_kimg.filter(|_| minutes.is_some());
    }

    /// The step after which more would be learned by heart, where that is known.
    pub fn most_step(&self) -> Option<u64> {
        self.most_kimg.map(|kimg| self.steps_of(kimg))
    }

    fn steps_of(&self, kimg: f64) -> u64 {
        (kimg * 1000.0 / self.images_per_step().max(1) as f64).ceil() as u64
    }

    /// What the learning rates are multiplied with in a step: 1 until `decay_from` of the training, then falling linearly to
    /// 0.02 in the last step. 1 where nothing says how many steps there are.
    pub fn rate_factor(&self, step: u64) -> f64 {
        let (Some(from), Some(last)) = (self.decay_from, self.last_step()) else { return 1.0 };
        let (done, last) = (step as f64, last.saturating_sub(1).max(1) as f64);
        let begins = from * last;
        if done <= begins {
            1.0
        } else {
            (1.0 - (1.0 - LEAST_RATE) * (done - begins) / (last - begins)).max(LEAST_RATE)
        }
    }
}

/// Part of a learning rate that is left in the last step of a training whose rates fall.
const LEAST_RATE: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of 101 steps, 0 to 100, half stay; step 75 has half of the way from 1 to 0.02.
    #[test]
    fn rates_fall_from_their_part_to_the_last_step() {
        let train = TrainSection { steps: Some(101), decay_from: Some(0.5), ..TrainSection::default() };
        for (step, factor) in [(0, 1.0), (50, 1.0), (75, 0.51), (100, 0.02), (5000, 0.02)] {
            assert!((train.rate_factor(step) - factor).abs() < 1e-12, "{step}: {}", train.rate_factor(step));
        }
        assert_eq!(TrainSection { decay_from: None, ..train.clone() }.rate_factor(100), 1.0);
        assert_eq!(TrainSection { steps: None, ..train.clone() }.rate_factor(100), 1.0);
        for steps in [1, 2] {
            let short = TrainSection { steps: Some(steps), ..train.clone() };
            assert!((0..4).all(|step| short.rate_factor(step).is_finite()), "{steps}");
        }
        assert_eq!(TrainSection { decay_from: Some(1.0), ..train.clone() }.rate_factor(100), 1.0);
        // 5,000 samples in steps of 64 at the latest.
        assert_eq!(TrainSection { most_kimg: Some(5.0), ..train.clone() }.last_step(), Some(79));
        assert_eq!(TrainSection { most_kimg: Some(50.0), ..train }.last_step(), Some(101));
    }
}
