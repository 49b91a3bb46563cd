//! Adam with the largest instead of the mean square gradient. Not here: Adam (`adam.rs`).

use super::{Optimizer, Updated, average, decay_rate, power};
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use crate::schedules::Scheduled;
use ganymede_graph::Expr;

configured! {
    /// m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g|), p ← p − η / (1 − β₁ᵗ) · m / (u + ε).
    ///
    /// # Source
    /// Kingma, Ba (2014), "Adam: A Method for Stochastic Optimization", arXiv:1412.6980, section 7.1.
    pub struct Adamax {
        ;
        /// Decay rate of the average of gradients.
        beta_1: Scheduled = Scheduled::Constant(0.9),
        /// Decay rate of the largest gradient.
        beta_2: Scheduled = Scheduled::Constant(0.999),
        /// Keeps the divisor above 0, ε.
        epsilon: f64 = 1e-7,
    }
}

impl Optimizer for Adamax {
    fn check(&self) -> Result<(), Invalid> {
        decay_rate("beta_1", &self.beta_1)?;
        decay_rate("beta_2", &self.beta_2)?;
        not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<&'static str> {
        vec!["momentum", "norm"]
    }

    fn scalars(&self, learning_rate: f64, iteration: u64) -> Vec<(&'static str, f64)> {
        let beta_1 = self.beta_1.value(iteration);
        vec![
            ("alpha", learning_rate / (1.0 - power(beta_1, iteration + 1))),
            ("one_minus_beta_1", 1.0 - beta_1),
            ("beta_2", self.beta_2.value(iteration)),
        ]
    }

    fn update<'g>(
        &self,
        scalar: &dyn Fn(&str) -> Expr<'g>,
        parameter: Expr<'g>,
        gradient: Expr<'g>,
        slots: &[Expr<'g>],
    ) -> Updated<'g> {
        let momentum = average(slots[0], gradient, scalar("one_minus_beta_1"));
        let norm = (slots[1] * scalar("beta_2")).maximum(gradient.abs());
        let parameter = parameter - momentum * scalar("alpha") / (norm + self.epsilon);
        Updated { parameter, slots: vec![momentum, norm] }
    }
}
