//! Decay as one over time. Not here: geometric decay (`exponential_decay.rs`).

use super::Decay;
use crate::config::{Invalid, configured};
use crate::family::{not_negative, positive};

configured! {
    /// initial_learning_rate / (1 + decay_rate · step / decay_steps).
    pub struct InverseTimeDecay {
        /// Value at step 0.
        initial_learning_rate: f64 = 0.0,
        /// Steps in which the divisor grows by the rate.
        decay_steps: f64 = 1.0,
        /// The rate.
        decay_rate: f64 = 0.0,
        ;
        /// Whether step / decay_steps is rounded down.
        staircase: bool = false,
    }
}

impl Decay for InverseTimeDecay {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("initial_learning_rate", self.initial_learning_rate)?;
        positive("decay_steps", self.decay_steps)?;
        not_negative("decay_rate", self.decay_rate)
    }

    fn value(&self, step: f64) -> f64 {
        let p = step / self.decay_steps;
        self.initial_learning_rate / (1.0 + self.decay_rate * if self.staircase { p.floor() } else { p })
    }
}
