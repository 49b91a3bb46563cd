//! Adam with weight decay. Not here: Adam itself (`adam.rs`), the decay (`apply.rs`).

use super::{Adam, Optimizer, Updated};
use crate::config::{Invalid, configured};
use crate::schedules::Scheduled;
use ganymede_graph::Expr;

configured! {
    /// [`Adam`] whose weight decay is 0.004 where nothing else is said: p ← p − η·0.004·p before each update.
    ///
    /// # Source
    /// Loshchilov, Hutter (2019), "Decoupled Weight Decay Regularization", arXiv:1711.05101.
    pub struct AdamW {
        ;
        /// As in [`Adam`].
        beta_1: Scheduled = Scheduled::Constant(0.9),
        /// As in [`Adam`].
        beta_2: Scheduled = Scheduled::Constant(0.999),
        /// As in [`Adam`].
        epsilon: f64 = 1e-7,
        /// As in [`Adam`].
        amsgrad: bool = false,
    }
}

impl AdamW {
    fn adam(&self) -> Adam {
        let AdamW { beta_1, beta_2, epsilon, amsgrad } = self.clone();
        Adam { beta_1, beta_2, epsilon, amsgrad }
    }
}

impl Optimizer for AdamW {
    fn check(&self) -> Result<(), Invalid> {
        self.adam().check()
    }

    fn default_weight_decay(&self) -> Option<f64> {
        Some(0.004)
    }

    fn slots(&self) -> Vec<&'static str> {
        self.adam().slots()
    }

    fn scalars(&self, learning_rate: f64, iteration: u64) -> Vec<(&'static str, f64)> {
        self.adam().scalars(learning_rate, iteration)
    }

    fn update<'g>(
        &self,
        scalar: &dyn Fn(&str) -> Expr<'g>,
        parameter: Expr<'g>,
        gradient: Expr<'g>,
        slots: &[Expr<'g>],
    ) -> Updated<'g> {
        self.adam().update(scalar, parameter, gradient, slots)
    }
}
