//! Steps of equal size along the sign of averaged gradients. Not here: steps that follow the size (`adam.rs`).

use super::{Optimizer, Updated, decay_rate};
use crate::config::{Invalid, configured};
use crate::schedules::Scheduled;
use ganymede_graph::Expr;

configured! {
    /// p ← p − η·sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g.
    ///
    /// # Source
    /// Chen et al. (2023), "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675.
    pub struct Lion {
        ;
        /// Weight of the average in the step.
        beta_1: Scheduled = Scheduled::Constant(0.9),
        /// Decay rate of the average.
        beta_2: Scheduled = Scheduled::Constant(0.99),
    }
}

impl Optimizer for Lion {
    fn check(&self) -> Result<(), Invalid> {
        // At 0 the average would play no part.
        self.beta_1.require("beta_1", |v| v > 0.0 && v <= 1.0, "a number above 0, at most 1")?;
        decay_rate("beta_2", &self.beta_2)
    }

    fn slots(&self) -> Vec<&'static str> {
        vec!["momentum"]
    }

    fn scalars(&self, learning_rate: f64, iteration: u64) -> Vec<(&'static str, f64)> {
        let (beta_1, beta_2) = (self.beta_1.value(iteration), self.beta_2.value(iteration));
        vec![
            ("learning_rate", learning_rate),
            ("beta_1", beta_1),
            ("one_minus_beta_1", 1.0 - beta_1),
            ("beta_2", beta_2),
            ("one_minus_beta_2", 1.0 - beta_2),
        ]
    }

    fn update<'g>(
        &self,
        scalar: &dyn Fn(&str) -> Expr<'g>,
        parameter: Expr<'g>,
        gradient: Expr<'g>,
        slots: &[Expr<'g>],
    ) -> Updated<'g> {
        let direction = slots[0] * scalar("beta_1") + gradient * scalar("one_minus_beta_1");
        let momentum = slots[0] * scalar("beta_2") + gradient * scalar("one_minus_beta_2");
        Updated { parameter: parameter - direction.sign() * scalar("learning_rate"), slots: vec![momentum] }
    }
}
