//! Gradient descent. Not here: step sizes for each element (`rms_prop.rs`, `adam.rs`).

use super::{Optimizer, Updated};
use crate::config::{Invalid, configured};
use crate::family::require;
use ganymede_graph::Expr;

configured! {
    /// p ← p − η·g; with momentum μ: m ← μ·m − η·g and p ← p + m, or with Nesterov's p ← p + μ·m − η·g.
    ///
    /// # Source
    /// Sutskever, Martens, Dahl, Hinton (2013), "On the importance of initialization and momentum in deep learning", ICML.
    pub struct SGD {
        ;
        /// How much of the last step is repeated, μ.
        momentum: f64 = 0.0,
        /// Nesterov's form.
        nesterov: bool = false,
    }
}

impl Optimizer for SGD {
    fn check(&self) -> Result<(), Invalid> {
        require("momentum", (0.0..=1.0).contains(&self.momentum), "a number from 0 to 1", self.momentum)
    }

    fn default_learning_rate(&self) -> f64 {
        0.01
    }

    fn slots(&self) -> Vec<&'static str> {
        if self.momentum == 0.0 { vec![] } else { vec!["momentum"] }
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
        let step = gradient * scalar("learning_rate");
        let Some(&momentum) = slots.first() else {
            return Updated { parameter: parameter - step, slots: vec![] };
        };
        let momentum = momentum * self.momentum - step;
        let parameter = parameter + if self.nesterov { momentum * self.momentum - step } else { momentum };
        Updated { parameter, slots: vec![momentum] }
    }
}
