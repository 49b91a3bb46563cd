//! Geometric decay. Not here: decay with restarts (`cosine_decay_restarts.rs`).

use super::Decay;
use crate::config::{Invalid, configured};
use crate::family::{not_negative, positive, require};

configured! {
    /// initial_learning_rate · decay_rate^(step / decay_steps).
    pub struct ExponentialDecay {
        /// Value at step 0.
        initial_learning_rate: f64 = 0.0,
        /// Steps in which the value is multiplied by the rate.
        decay_steps: f64 = 1.0,
        /// The rate.
        decay_rate: f64 = 1.0,
        ;
        /// Whether the exponent is rounded down.
        staircase: bool = false,
    }
}

impl Decay for ExponentialDecay {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("initial_learning_rate", self.initial_learning_rate)?;
        positive("decay_steps", self.decay_steps)?;
        require("decay_rate", self.decay_rate > 0.0, "a number above 0", self.decay_rate)
    }

    fn value(&self, step: f64) -> f64 {
        let p = step / self.decay_steps;
        self.initial_learning_rate * libm::pow(self.decay_rate, if self.staircase { p.floor() } else { p })
    }
}
