//! Normal values. Not here: normal values cut at two standard deviations (`truncated_normal.rs`).

use super::Initialize;
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// N(`mean`, `stddev`²).
    pub struct RandomNormal {
        ;
        /// Mean.
        mean: f64 = 0.0,
        /// Standard deviation.
        stddev: f64 = 0.05,
        /// A seed of its own.
        seed: Option<u64> = None,
    }
}

impl Initialize for RandomNormal {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("stddev", self.stddev)
    }

    fn own_seed(&self) -> Option<u64> {
        self.seed
    }

    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
        (0..shape.elements()).map(|_| self.mean + self.stddev * rng.normal()).collect()
    }
}
