//! The sum of magnitudes. Not here: together with squares (`l1_l2.rs`).

use super::Penalize;
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_graph::Expr;

configured! {
    /// l1·Σ |w|.
    pub struct L1 {
        ;
        /// The factor.
        l1: f64 = 0.01,
    }
}

impl Penalize for L1 {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("l1", self.l1)
    }

    fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        weight.abs().sum() * self.l1
    }
}
