//! Decay along a polynomial. Not here: along a cosine (`cosine_decay.rs`).

use super::Decay;
use crate::config::{Invalid, configured};
use crate::family::{not_negative, positive};

configured! {
    /// (initial − end)·(1 − step / decay_steps)^power + end, with step at most decay_steps; with `cycle` decay_steps
    /// becomes its smallest multiple that is not below step.
    pub struct PolynomialDecay {
        /// Value at step 0.
        initial_learning_rate: f64 = 0.0,
        /// Steps until the end value.
        decay_steps: f64 = 1.0,
        ;
        /// Value at the end.
        end_learning_rate: f64 = 0.0001,
        /// Degree.
        power: f64 = 1.0,
        /// Whether it starts again at the end.
        cycle: bool = false,
    }
}

impl Decay for PolynomialDecay {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("initial_learning_rate", self.initial_learning_rate)?;
        positive("decay_steps", self.decay_steps)?;
        not_negative("end_learning_rate", self.end_learning_rate)?;
        positive("power", self.power)
    }

    fn value(&self, step: f64) -> f64 {
        let (step, length) = match self.cycle {
            true => (step, self.decay_steps * (step / self.decay_steps).ceil().max(1.0)),
            false => (step.min(self.decay_steps), self.decay_steps),
        };
        let range = self.initial_learning_rate - self.end_learning_rate;
        range * libm::pow(1.0 - step / length, self.power) + self.end_learning_rate
    }
}
