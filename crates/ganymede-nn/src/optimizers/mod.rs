//! Optimizers: how parameters follow from gradients. The host computes what depends on the number of updates
//! (learning rates, powers of betas) in `f64` and writes it as scalar inputs; the graph does the rest. Not here: who
//! assigns the new values, and when (`ganymede-gan`); learning-rate schedules (`schedules/`).
//!
//! To add one: a file with its struct (`configured!`) and its [`Optimizer`]; a line in the table below. It is then
//! read and written by name, with clipping and weight decay (`apply.rs`), and meets Keras's numbers in the tests.

mod adam;
mod adam_w;
mod adamax;
mod apply;
mod lion;
mod nadam;
mod rms_prop;
mod sgd;

pub use adam::Adam;
pub use adam_w::AdamW;
pub use adamax::Adamax;
pub use apply::{Clip, OptimizerConfig, Update, Updated};
pub use lion::Lion;
pub use nadam::Nadam;
pub use rms_prop::RMSprop;
pub use sgd::SGD;

use crate::config::Invalid;
use crate::family::family;
use crate::schedules::Scheduled;
use ganymede_graph::Expr;

/// What every optimizer can do with one parameter.
pub trait Optimizer {
    /// Whether the arguments make sense.
    ///
    /// # Errors
    /// The argument and what it should be.
    fn check(&self) -> Result<(), Invalid>;

    /// Keras's default learning rate.
    fn default_learning_rate(&self) -> f64 {
        0.001
    }

    /// Keras's default weight decay.
    fn default_weight_decay(&self) -> Option<f64> {
        None
    }

    /// Names of the tensors that it keeps for each parameter: of the parameter's shape, zeros at the start.
    fn slots(&self) -> Vec<&'static str>;

    /// The scalars of the update that follows `iteration` updates: exactly those that [`update`](Optimizer::update)
    /// asks for.
    fn scalars(&self, learning_rate: f64, iteration: u64) -> Vec<(&'static str, f64)>;

    /// The new values of a parameter and its slots.
    fn update<'g>(
        &self,
        scalar: &dyn Fn(&str) -> Expr<'g>,
        parameter: Expr<'g>,
        gradient: Expr<'g>,
        slots: &[Expr<'g>],
    ) -> Updated<'g>;
}

family! {
    /// An optimizer, by Keras's name.
    pub enum OptimizerKind: Optimizer, "an optimizer" {
        SGD,
        RMSprop,
        Adam,
        AdamW,
        Adamax,
        Nadam,
        Lion,
    }
}

/// Requires a decay rate of a moving average: from 0 to below 1.
fn decay_rate(argument: &'static str, value: &Scheduled) -> Result<(), Invalid> {
    value.require(argument, |v| (0.0..1.0).contains(&v), "a number from 0 to below 1")
}

/// βᵗ, the same on every machine.
fn power(beta: f64, t: u64) -> f64 {
    libm::pow(beta, t as f64)
}

/// average + (value − average)·(1 − β): the moving average as Keras writes it, with 1 − β computed in `f64`.
fn average<'g>(average: Expr<'g>, value: Expr<'g>, one_minus_beta: Expr<'g>) -> Expr<'g> {
    average + (value - average) * one_minus_beta
}
