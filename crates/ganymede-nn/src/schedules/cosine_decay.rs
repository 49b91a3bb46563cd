//! Decay along half a cosine, with an optional warm-up. Not here: with restarts (`cosine_decay_restarts.rs`).

use super::Decay;
use crate::config::{Invalid, configured};
use crate::family::{not_negative, positive};
use std::f64::consts::PI;

configured! {
    /// top·((1 − alpha)·½(1 + cos(π·step / decay_steps)) + alpha), step at most decay_steps. Without `warmup_target`
    /// top is the initial value; with it, the value first goes straight from the initial one to the target in
    /// `warmup_steps`, and decays from there.
    ///
    /// # Source
    /// Loshchilov, Hutter (2017), "SGDR: Stochastic Gradient Descent with Warm Restarts", arXiv:1608.03983.
    pub struct CosineDecay {
        /// Value at step 0.
        initial_learning_rate: f64 = 0.0,
        /// Steps of the decay.
        decay_steps: f64 = 1.0,
        ;
        /// Value at the end, as a multiple of the top: above 1 the value rises.
        alpha: f64 = 0.0,
        /// Value at the end of the warm-up.
        warmup_target: Option<f64> = None,
        /// Steps of the warm-up.
        warmup_steps: f64 = 0.0,
    }
}

impl Decay for CosineDecay {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("initial_learning_rate", self.initial_learning_rate)?;
        positive("decay_steps", self.decay_steps)?;
        not_negative("alpha", self.alpha)?;
        not_negative("warmup_target", self.warmup_target.unwrap_or(0.0))?;
        not_negative("warmup_steps", self.warmup_steps)
    }

    fn value(&self, step: f64) -> f64 {
        let (step, top) = match self.warmup_target {
            Some(target) if step < self.warmup_steps => {
                let done = step / self.warmup_steps;
                return (target - self.initial_learning_rate) * done + self.initial_learning_rate;
            }
            Some(target) => (step - self.warmup_steps, target),
            None => (step, self.initial_learning_rate),
        };
        let cosine = 0.5 * (1.0 + libm::cos(PI * (step.min(self.decay_steps) / self.decay_steps)));
        top * ((1.0 - self.alpha) * cosine + self.alpha)
    }
}
