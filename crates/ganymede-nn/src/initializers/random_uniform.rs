//! Uniform values. Not here: bounds that follow from the shape (`variance_scaling.rs`).

use super::Initialize;
use crate::config::{Invalid, configured};
use crate::family::require;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// Uniform in [`minval`, `maxval`).
    pub struct RandomUniform {
        ;
        /// Lower bound.
        minval: f64 = -0.05,
        /// Upper bound.
        maxval: f64 = 0.05,
        /// A seed of its own.
        seed: Option<u64> = None,
    }
}

impl Initialize for RandomUniform {
    fn check(&self) -> Result<(), Invalid> {
        require("maxval", self.minval <= self.maxval, "a number not below `minval`", self.maxval)
    }

    fn own_seed(&self) -> Option<u64> {
        self.seed
    }

    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
        (0..shape.elements()).map(|_| rng.uniform_in(self.minval, self.maxval)).collect()
    }
}
