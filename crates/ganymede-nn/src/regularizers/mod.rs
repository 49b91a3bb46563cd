//! Regularizers of weights: what a weight adds to the loss. Not here: penalties of a GAN such as R1
//! (`ganymede-gan`), projections after an update (`constraints/`).
//!
//! To add one: a file with its struct (`configured!`) and its [`Penalize`]; a line in the table below. It is then
//! read and written by name, and a layer takes it as `kernel_regularizer` and the like.

mod l1;
mod l1_l2;
mod l2;
mod orthogonal;

pub use l1::L1;
pub use l1_l2::L1L2;
pub use l2::L2;
pub use orthogonal::{Mode, OrthogonalRegularizer};

use crate::config::Invalid;
use crate::family::{Misspelt, by_value, family};
use ganymede_graph::Expr;

/// What every regularizer can do.
pub trait Penalize {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument and what it should be.
    fn check(&self) -> Result<(), Invalid>;

    /// The penalty of a weight, a scalar.
    ///
    /// # Errors
    /// Recorded when the weight has a shape that it does not take.
    fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g>;
}

family! {
    /// A regularizer, by Keras's name.
    pub enum Regularizer: Penalize, "a regularizer" {
        L1,
        L2,
        L1L2,
        OrthogonalRegularizer,
        ; Misspelt
    }
}
by_value!(Regularizer, "a regularizer");

impl Penalize for Misspelt {
    fn check(&self) -> Result<(), Invalid> {
        Ok(()) // what is read is never misspelt
    }
    fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        self.record(weight).sum()
    }
}

impl Regularizer {
    /// The penalty of a weight, a scalar that is added to the loss.
    ///
    /// # Errors
    /// Recorded when the weight has a shape that it does not take, or there is no regularizer of its name.
    pub fn penalty<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        if weight.is_poison() { weight } else { self.object().penalty(weight) }
    }
}
