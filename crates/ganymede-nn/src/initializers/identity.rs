//! The identity matrix. Not here: random orthogonal matrices (`orthogonal.rs`).

use super::Initialize;
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// `gain` on the diagonal of a matrix, which need not be square; 0 elsewhere.
    pub struct Identity {
        ;
        /// Factor of the matrix.
        gain: f64 = 1.0,
    }
}

impl Initialize for Identity {
    fn check_shape(&self, shape: &Shape) -> Result<(), String> {
        if shape.rank() == 2 { Ok(()) } else { Err("a matrix (2 axes)".into()) }
    }

    fn fill(&self, _: &mut Rng, shape: &Shape) -> Vec<f64> {
        let columns = shape[1];
        (0..shape.elements()).map(|i| if i / columns == i % columns { self.gain } else { 0.0 }).collect()
    }
}
