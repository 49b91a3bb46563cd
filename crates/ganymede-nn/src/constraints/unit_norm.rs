//! Norm 1. Not here: bounds of a norm (`min_max_norm.rs`).

use super::{Axes, EPSILON, Project};
use crate::config::configured;
use ganymede_graph::Expr;

configured! {
    /// w / (‖w‖ + 10⁻⁷), the norm over `axis`.
    pub struct UnitNorm {
        ;
        /// Axes of the norm, as in [`MaxNorm`](super::MaxNorm).
        axis: Axes = Axes(vec![0]),
    }
}

impl Project for UnitNorm {
    fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        weight / (self.axis.norm(weight) + EPSILON)
    }
}
