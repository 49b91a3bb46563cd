//! Gradient descent scaled by the recent size of each element's gradients. Not here: with averaged gradients (`adam.rs`).

use super::{Optimizer, Updated};
use crate::config::{Invalid, configured};
use crate::family::{not_negative, require};
use ganymede_graph::Expr;

configured! {
    /// v ← ρ·v + (1 − ρ)·g², step η·g / √(v + ε); centered: a ← ρ·a + (1 − ρ)·g, step η·g / √(v − a² + ε).
    /// p ← p − step; with momentum μ: m ← μ·m + step, p ← p − m.
    ///
    /// # Source
    /// Tieleman, Hinton (2012), "Lecture 6.5: RMSProp"; centered: Graves (2013), arXiv:1308.0850, equation 40.
    pub struct RMSprop {
        ;
        /// Decay rate of the averages, ρ.
        rho: f64 = 0.9,
        /// How much of the last step is repeated, μ.
        momentum: f64 = 0.0,
        /// Keeps the divisor above 0, ε.
        epsilon: f64 = 1e-7,
        /// Whether the variance of gradients replaces their mean square.
        centered: bool = false,
    }
}

impl Optimizer for RMSprop {
    fn check(&self) -> Result<(), Invalid> {
        require("rho", (0.0..1.0).contains(&self.rho), "a number from 0 to below 1", self.rho)?;
        not_negative("momentum", self.momentum)?;
        not_negative("epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<&'static str> {
        let momentum = (self.momentum > 0.0).then_some("momentum");
        let average = self.centered.then_some("average_gradient");
        std::iter::once("velocity").chain(momentum).chain(average).collect()
    }

    fn scalars(&self, learning_rate: f64, _: u64) -> Vec<(&'static str, f64)> {
        vec![("learning_rate", learning_rate)]
    }

    fn update<'g>(
        &self,
        scalar: &dyn Fn(&str) -> Expr<'g>,
        parameter: Expr<'g>,
        gradient: Expr<'g>,
        slots: &[Expr<'g>],
    ) -> Updated<'g> {
        let average = |old: Expr<'g>, new: Expr<'g>| old * self.rho + new * (1.0 - self.rho);
        let velocity = average(slots[0], gradient.square());
        let mut variance = velocity;
        let mut average_gradient = None;
        if self.centered {
            let a = average(slots[slots.len() - 1], gradient);
            variance = velocity - a.square();
            average_gradient = Some(a);
        }
        let mut step = gradient * scalar("learning_rate") / (variance + self.epsilon).sqrt();
        let mut updated = vec![velocity];
        if self.momentum > 0.0 {
            step = slots[1] * self.momentum + step;
            updated.push(step);
        }
        updated.extend(average_gradient);
        Updated { parameter: parameter - step, slots: updated }
    }
}
