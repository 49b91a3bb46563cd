//! Squares near 0, magnitudes far from it. Not here: either alone.

use super::{LossFunction, mean_last};
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// Mean over the last axis of ½·e² where |e| ≤ delta, else delta·|e| − ½·delta², with e = p − y.
    ///
    /// # Source
    /// Huber (1964), "Robust Estimation of a Location Parameter".
    pub struct Huber {
        ;
        /// Where squares end.
        delta: f64 = 1.0,
    }
}

impl LossFunction for Huber {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("delta", self.delta)
    }

    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        let error = y_pred - y_true.convert(DType::F32);
        let size = error.abs();
        let far = size * self.delta - 0.5 * self.delta * self.delta;
        mean_last("Huber", size.less_equal(self.delta).select(error.square() * 0.5, far))
    }
}
