//! One value everywhere. Not here: the identity matrix (`identity.rs`).

use super::Initialize;
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// All elements `value`.
    pub struct Constant {
        ;
        /// The value.
        value: f64 = 0.0,
    }
}

impl Initialize for Constant {
    fn fill(&self, _: &mut Rng, shape: &Shape) -> Vec<f64> {
        vec![self.value; shape.elements()]
    }
}
