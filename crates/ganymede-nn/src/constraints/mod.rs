//! Constraints: what a weight is projected on after each update. Not here: what a weight adds to the loss
//! (`regularizers/`).
//!
//! To add one: a file with its struct (`configured!`) and its [`Project`]; a line in the table below. It is then
//! read and written by name, and a layer takes it as `kernel_constraint` and the like.

mod max_norm;
mod min_max_norm;
mod non_neg;
mod unit_norm;

pub use max_norm::MaxNorm;
pub use min_max_norm::MinMaxNorm;
pub use non_neg::NonNeg;
pub use unit_norm::UnitNorm;

use crate::arguments::Axes;
use crate::config::Invalid;
use crate::family::{Misspelt, by_value, family};
use ganymede_graph::Expr;

/// What every constraint can do.
pub trait Project {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument and what it should be.
    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// The projected weight.
    ///
    /// # Errors
    /// Recorded when the weight lacks an axis that is named.
    fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g>;
}

family! {
    /// A constraint, by Keras's name.
    pub enum Constraint: Project, "a constraint" {
        MaxNorm,
        NonNeg,
        UnitNorm,
        MinMaxNorm,
        ; Misspelt
    }
}
by_value!(Constraint, "a constraint");

impl Project for Misspelt {
    fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        self.record(weight)
    }
}

impl Constraint {
    /// The projected weight.
    ///
    /// # Errors
    /// Recorded when the weight lacks an axis that is named, or there is no constraint of its name.
    pub fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        if weight.is_poison() { weight } else { self.object().project(weight) }
    }
}

/// Keras's `backend.epsilon()`: keeps a division by a norm of 0 finite.
const EPSILON: f64 = 1e-7;

impl Axes {
    /// √Σ w² over the axes, which stay with size 1.
    ///
    /// # Errors
    /// Recorded when the weight lacks one of them.
    fn norm<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        let rank = weight.rank() as i64;
        let mut axes = Vec::with_capacity(self.0.len());
        for &axis in &self.0 {
            if !(-rank..rank).contains(&axis) {
                let message = format!("constraint expected an axis of a weight {}, found {axis}", weight.shape());
                return weight.builder().error(message, Some(format!("the weight has {rank} axes")));
            }
            axes.push(axis.rem_euclid(rank) as usize);
        }
        axes.sort_unstable();
        axes.dedup();
        weight.square().sum_keep(&axes).sqrt()
    }
}
