//! A smallest and a largest norm. Not here: norm 1 (`unit_norm.rs`).

use super::{Axes, EPSILON, Project};
use crate::config::{Invalid, configured};
use crate::family::{not_negative, require};
use ganymede_graph::Expr;

configured! {
    /// w · (rate·clip(‖w‖, min_value, max_value) + (1 − rate)·‖w‖) / (‖w‖ + 10⁻⁷), the norm over `axis`.
    pub struct MinMaxNorm {
        ;
        /// Smallest norm.
        min_value: f64 = 0.0,
        /// Largest norm.
        max_value: f64 = 1.0,
        /// How far toward the bounds one projection goes: 1 all the way.
        rate: f64 = 1.0,
        /// Axes of the norm, as in [`MaxNorm`](super::MaxNorm).
        axis: Axes = Axes(vec![0]),
    }
}

impl Project for MinMaxNorm {
    fn check(&self) -> Result<(), Invalid> {
        not_negative("min_value", self.min_value)?;
        require("max_value", self.min_value <= self.max_value, "a number not below min_value", self.max_value)?;
        require("rate", (0.0..=1.0).contains(&self.rate), "a number from 0 to 1", self.rate)
    }

    fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        let norm = self.axis.norm(weight);
        let desired = norm.clamp(self.min_value, self.max_value) * self.rate + norm * (1.0 - self.rate);
        weight * (desired / (norm + EPSILON))
    }
}
