//! Mean of squares. Not here: of magnitudes (`mean_absolute_error.rs`).

use super::{LossFunction, mean_last};
use crate::config::configured;
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// Mean of (y − p)² over the last axis.
    pub struct MeanSquaredError {
        ;
    }
}

impl LossFunction for MeanSquaredError {
    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        mean_last("MeanSquaredError", (y_true.convert(DType::F32) - y_pred).square())
    }
}
