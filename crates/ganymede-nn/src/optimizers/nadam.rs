//! Adam with Nesterov's momentum. Not here: Adam (`adam.rs`).

use super::{Optimizer, Updated, average, decay_rate, power};
use crate::config::{Invalid, configured};
use crate::family::not_negative;
use crate::schedules::Scheduled;
use ganymede_graph::Expr;

configured! {
    /// m and v as in [`Adam`](super::Adam); with uᵢ = β₁·(1 − ½·0.96ⁱ) and Uₜ = u₁·…·uₜ:
    /// m̂ = uₜ₊₁·m / (1 − Uₜ₊₁) + (1 − uₜ)·g / (1 − Uₜ), v̂ = v / (1 − β₂ᵗ), p ← p − η·m̂ / (√v̂ + ε).
    ///
    /// # Source
    /// Dozat (2016), "Incorporating Nesterov Momentum into Adam", ICLR workshop.
    ///
    /// # Differs
    /// Keras keeps Uₜ as a variable; here it is computed from t, so that nothing is to be saved.
    pub struct Nadam {
        ;
        /// Decay rate of the average of gradients.
        beta_1: Scheduled = Scheduled::Constant(0.9),
        /// Decay rate of the average of squares.
        beta_2: Scheduled = Scheduled::Constant(0.999),
        /// Keeps the divisor above 0, ε.
        epsilon: f64 = 1e-7,
    }
}

/// 1 − ½·0.96ⁱ.
fn warming(i: u64) -> f64 {
    1.0 - 0.5 * power(0.96, i)
}

/// Uₜ = β₁ᵗ·Π (1 − ½·0.96ⁱ), i up to t. From i = 1000 on a factor is 1 in `f64`.
fn product(beta_1: f64, t: u64) -> f64 {
    power(beta_1, t) * (1..=t.min(1000)).map(warming).product::<f64>()
}

impl Optimizer for Nadam {
    fn check(&self) -> Result<(), Invalid> {
        decay_rate("beta_1", &self.beta_1)?;
        decay_rate("beta_2", &self.beta_2)?;
        not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<&'static str> {
        vec!["momentum", "velocity"]
    }

    fn scalars(&self, learning_rate: f64, iteration: u64) -> Vec<(&'static str, f64)> {
        let (beta_1, beta_2, t) = (self.beta_1.value(iteration), self.beta_2.value(iteration), iteration + 1);
        let (now, next) = (beta_1 * warming(t), beta_1 * warming(t + 1));
        let product = product(beta_1, t);
        vec![
            ("momentum_rate", learning_rate * next / (1.0 - product * next)),
            ("gradient_rate", learning_rate * (1.0 - now) / (1.0 - product)),
            ("velocity_scale", 1.0 / (1.0 - power(beta_2, t))),
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
        let step = momentum * scalar("momentum_rate") + gradient * scalar("gradient_rate");
        let divisor = (velocity * scalar("velocity_scale")).sqrt() + self.epsilon;
        Updated { parameter: parameter - step / divisor, slots: vec![momentum, velocity] }
    }
}
