//! Decay along half a cosine, again and again. Not here: once, with a warm-up (`cosine_decay.rs`).

use super::Decay;
use crate::config::{Invalid, configured};
use crate::family::{not_negative, positive, require};
use std::f64::consts::PI;

configured! {
    /// initial·((1 − alpha)·m_mulⁱ·½(1 + cos(π·c)) + alpha) in period i, of which the fraction c has passed; period i
    /// has first_decay_steps · t_mulⁱ steps.
    ///
    /// # Source
    /// Loshchilov, Hutter (2017), "SGDR: Stochastic Gradient Descent with Warm Restarts", arXiv:1608.03983.
    pub struct CosineDecayRestarts {
        /// Value at step 0.
        initial_learning_rate: f64 = 0.0,
        /// Steps of the first period.
        first_decay_steps: f64 = 1.0,
        ;
        /// Factor of a period's length over the one before.
        t_mul: f64 = 2.0,
        /// Factor of a period's first value over the one before.
        m_mul: f64 = 1.0,
        /// Value at the end of a period, as a fraction of the initial one.
        alpha: f64 = 0.0,
    }
}

impl Decay for CosineDecayRestarts {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("initial_learning_rate", self.initial_learning_rate)?;
        positive("first_decay_steps", self.first_decay_steps)?;
        require("t_mul", self.t_mul >= 1.0, "a number not below 1", self.t_mul)?;
        not_negative("m_mul", self.m_mul)?;
        not_negative("alpha", self.alpha)
    }

    fn value(&self, step: f64) -> f64 {
        let passed = step / self.first_decay_steps;
        let (period, fraction) = if self.t_mul == 1.0 {
            (passed.floor(), passed - passed.floor())
        } else {
            // Where period i starts, in first periods.
            let start = |i: f64| (libm::pow(self.t_mul, i) - 1.0) / (self.t_mul - 1.0);
            let mut period = (libm::log(1.0 + passed * (self.t_mul - 1.0)) / libm::log(self.t_mul)).floor();
            // The logarithm may be a rounding error below a whole number.
            if start(period + 1.0) <= passed {
                period += 1.0;
            }
            (period, (passed - start(period)) / libm::pow(self.t_mul, period))
        };
        let cosine = 0.5 * libm::pow(self.m_mul, period) * (1.0 + libm::cos(PI * fraction));
        self.initial_learning_rate * ((1.0 - self.alpha) * cosine + self.alpha)
    }
}
