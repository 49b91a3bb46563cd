//! Magnitudes and squares. Not here: one of them alone (`l1.rs`, `l2.rs`).

use super::Penalize;
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_graph::Expr;

configured! {
    /// l1·Σ |w| + l2·Σ w².
    pub struct L1L2 {
        ;
        /// Factor of the magnitudes.
        l1: f64 = 0.0,
        /// Factor of the squares.
        l2: f64 = 0.0,
    }
}

impl Penalize for L1L2 {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("l1", self.l1)?;
        not_negative("l2", self.l2)
    }

    fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        weight.abs().sum() * self.l1 + weight.square().sum() * self.l2
    }
}
