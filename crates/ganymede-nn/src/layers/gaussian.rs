//! Normal noise on every element. Not here: dropping elements (`dropout.rs`).

use super::Layer;
use crate::config::configured;
use crate::scope::{Mode, Scope};
use ganymede_graph::Expr;

configured! {
    /// In training, x + stddev·n with n standard normal. The shape stays.
    pub struct GaussianNoise {
        /// Standard deviation of the noise.
        stddev: f64 = 0.0,
        ;
        ; fixed
        seed = null, "randomness follows the seed of the run: remove it";
    }
}

configured! {
    /// In training, x·(1 + √(rate/(1 − rate))·n) with n standard normal. The shape stays.
    ///
    /// # Source
    /// Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 10.
    pub struct GaussianDropout {
        /// The rate of the dropout that has noise of the same variance.
        rate: f64 = 0.0,
        ;
        ; fixed
        seed = null, "randomness follows the seed of the run: remove it";
    }
}

impl Layer for GaussianNoise {
    described!("GaussianNoise");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        if !(self.stddev >= 0.0 && self.stddev.is_finite()) {
            let message = format!("expected stddev not negative, found {}", self.stddev);
            return scope.builder().error_as(message, None, x.ty());
        }
        if scope.mode() == Mode::Infer || self.stddev == 0.0 {
            return x;
        }
        x + scope.builder().normal(x.shape()) * self.stddev
    }
}

impl Layer for GaussianDropout {
    described!("GaussianDropout");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        if !(0.0..1.0).contains(&self.rate) {
            let message = format!("expected a rate from 0 to below 1, found {}", self.rate);
            return scope.builder().error_as(message, None, x.ty());
        }
        if scope.mode() == Mode::Infer || self.rate == 0.0 {
            return x;
        }
        let deviation = (self.rate / (1.0 - self.rate)).sqrt();
        x * (scope.builder().normal(x.shape()) * deviation + 1.0)
    }
}
