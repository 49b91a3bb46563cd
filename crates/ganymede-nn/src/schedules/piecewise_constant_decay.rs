//! Constant values between boundaries. Not here: steps of a geometric decay (`exponential_decay.rs` with `staircase`).

use super::Decay;
use crate::config::{Invalid, configured};
use crate::family::{not_negative, require};

configured! {
    /// values\[i\] with i the number of boundaries below step: a boundary itself still has the value before it.
    pub struct PiecewiseConstantDecay {
        /// Steps after which the value changes, in ascending order.
        boundaries: Vec<f64> = vec![0.0],
        /// Values, one more than boundaries.
        values: Vec<f64> = vec![0.0, 0.0],
        ;
    }
}

impl Decay for PiecewiseConstantDecay {
    fn check(&self) -> Result<(), Invalid> {
        let ascending = self.boundaries.windows(2).all(|pair| pair[0] < pair[1]);
        let boundaries = format!("{:?}", self.boundaries);
        require("boundaries", ascending && !self.boundaries.is_empty(), "a list in ascending order", boundaries)?;
        let expected = format!("{} numbers, one more than boundaries", self.boundaries.len() + 1);
        require("values", self.values.len() == self.boundaries.len() + 1, &expected, self.values.len())?;
        self.values.iter().try_for_each(|&value| not_negative("values", value))
    }

    fn value(&self, step: f64) -> f64 {
        self.values[self.boundaries.iter().filter(|&&boundary| boundary < step).count()]
    }
}
