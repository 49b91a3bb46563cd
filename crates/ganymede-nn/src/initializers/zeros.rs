//! Zeros. Not here: any other constant (`constant.rs`).

use super::Initialize;
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// All elements 0.
    pub struct Zeros {
        ;
    }
}

impl Initialize for Zeros {
    fn fill(&self, _: &mut Rng, shape: &Shape) -> Vec<f64> {
        vec![0.0; shape.elements()]
    }
}
