//! Ones. Not here: any other constant (`constant.rs`).

use super::Initialize;
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// All elements 1.
    pub struct Ones {
        ;
    }
}

impl Initialize for Ones {
    fn fill(&self, _: &mut Rng, shape: &Shape) -> Vec<f64> {
        vec![1.0; shape.elements()]
    }
}
