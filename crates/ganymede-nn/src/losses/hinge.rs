//! Hinge loss. Not here: the hinge objectives of GANs (`ganymede-gan`).

use super::{LossFunction, mean_last};
use crate::config::configured;
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// Mean of max(1 − y·p, 0) over the last axis, y = ±1; where all of y are 0 or 1, they stand for −1 and 1.
    pub struct Hinge {
        ;
    }
}

impl LossFunction for Hinge {
    fn losses<'g>(&self, y_true: Expr<'g>, y_pred: Expr<'g>) -> Expr<'g> {
        let y = y_true.convert(DType::F32);
        let neither = !y.equal(0.0).or(y.equal(1.0));
        let binary = neither.convert(DType::F32).sum().equal(0.0); // ()
        let y = binary.select(y * 2.0 - 1.0, y);
        mean_last("Hinge", (1.0 - y * y_pred).maximum(0.0))
    }
}
