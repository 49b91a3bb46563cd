//! Averaged gradients over the root of averaged squares. Not here: its decoupled weight decay as a default (`adam_w.rs`).

use super::{Optimizer, Updated, average, decay_rate, power};
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use crate::schedules::Scheduled;
use ganymede_graph::Expr;

configured! {
    /// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², p ← p − η·√(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε). With `amsgrad` the
    /// largest v so far takes its place in the last step.
    ///
    /// # Source
    /// Kingma, Ba (2014), "Adam: A Method for Stochastic Optimization", arXiv:1412.6980, the form before section 2.1;
    /// AMSGrad: Reddi, Kale, Kumar (2018), arXiv:1904.09237.
    ///
    /// # Differs
    /// As in Keras: ε is added before the correction (the paper's "ε hat"); where a β follows a schedule, βᵗ is the power
    /// of its current value.
    pub struct Adam {
        ;
        /// Decay rate of the average of gradients.
        beta_1: Scheduled = Scheduled::Constant(0.9),
        /// Decay rate of the average of squares.
        beta_2: Scheduled = Scheduled::Constant(0.999),
        /// Keeps the divisor above 0, ε.
        epsilon: f64 = 1e-7,
        /// Whether v never falls.
        amsgrad: bool = false,
    }
}

impl Optimizer for Adam {
    fn check(&self) -> Result<(), Invalid> {
        decay_rate("beta_1", &self.beta_1)?;
        decay_rate("beta_2", &self.beta_2)?;
        not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<&'static str> {
        if self.amsgrad { vec!["momentum", "velocity", "velocity_hat"] } else { vec!["momentum", "velocity"] }
    }

    fn scalars(&self, learning_rate: f64, iteration: u64) -> Vec<(&'static str, f64)> {
        let (beta_1, beta_2, t) = (self.beta_1.value(iteration), self.beta_2.value(iteration), iteration + 1);
        vec![
            ("alpha", learning_rate * (1.0 - power(beta_2, t)).sqrt() / (1.0 - power(beta_1, t))),
            ("one_minus_beta_1", 1.0 - beta_1),
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
        let momentum = average(slots[0], gradient, scalar("one_minus_beta_1"));
        let velocity = average(slots[1], gradient.square(), scalar("one_minus_beta_2"));
        let mut updated = vec![momentum, velocity];
        if self.amsgrad {
            updated.push(slots[2].maximum(velocity));
        }
        let divisor = updated[updated.len() - 1].sqrt() + self.epsilon;
        Updated { parameter: parameter - momentum * scalar("alpha") / divisor, slots: updated }
    }
}
