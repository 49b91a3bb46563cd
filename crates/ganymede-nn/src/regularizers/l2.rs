//! The sum of squares. Not here: together with magnitudes (`l1_l2.rs`).

use super::Penalize;
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_graph::Expr;

configured! {
    /// l2·Σ w².
    pub struct L2 {
        ;
        /// The factor.
        l2: f64 = 0.01,
    }
}

impl Penalize for L2 {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("l2", self.l2)
    }

    fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        weight.square().sum() * self.l2
    }
}
