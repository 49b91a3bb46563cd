//! A largest norm. Not here: a smallest one, too (`min_max_norm.rs`).

use super::{Axes, EPSILON, Project};
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use ganymede_graph::Expr;

configured! {
    /// w · min(‖w‖, max_value) / (‖w‖ + 10⁻⁷), the norm over `axis`.
    pub struct MaxNorm {
        ;
        /// Largest norm.
        max_value: f64 = 2.0,
        /// Axes of the norm: 0 for a `Dense` kernel, \[0, 1, 2\] for a `Conv2D` kernel, so that each unit has one.
        axis: Axes = Axes(vec![0]),
    }
}

impl Project for MaxNorm {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("max_value", self.max_value)
    }

    fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        let norm = self.axis.norm(weight);
        weight * (norm.minimum(self.max_value) / (norm + EPSILON))
    }
}
