//! Mean of magnitudes. Not here: of squares (`mean_squared_error.rs`).

use super::{LossFunction, mean_last};
use crate::config::configured;
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// Mean of |y − p| over the last axis.
    pub struct MeanAbsoluteError {
        ;
    }
}

impl LossFunction for MeanAbsoluteError {
    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        mean_last("MeanAbsoluteError", (y_true.convert(DType::F32) - y_pred).abs())
    }
}
