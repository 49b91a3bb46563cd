//! Normal values cut at two standard deviations. Not here: a standard deviation that follows from the
//! shape (`variance_scaling.rs`).

use super::Initialize;
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// N(`mean`, `stddev`²), drawn again where it is more than 2 `stddev` from the mean; its standard deviation
    /// is therefore 0.8796 `stddev`.
    pub struct TruncatedNormal {
        ;
        /// Mean.
        mean: f64 = 0.0,
        /// Standard deviation before the cut.
        stddev: f64 = 0.05,
        /// A seed of its own.
        seed: Option<u64> = None,
    }
}

impl Initialize for TruncatedNormal {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("stddev", self.stddev)
    }

    fn own_seed(&self) -> Option<u64> {
        self.seed
    }

    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
        (0..shape.elements()).map(|_| self.mean + self.stddev * truncated(rng)).collect()
    }
}

/// A standard normal within ±2, by rejection.
pub(super) fn truncated(rng: &mut Rng) -> f64 {
    loop {
        let z = rng.normal();
        if z.abs() <= 2.0 {
            return z;
        }
    }
}
