//! The gradient penalty of WGAN-GP.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

/// E (‖∇D(x̂)‖₂ − target)² at x̂ = ε·real + (1 − ε)·fake, ε ~ U(0, 1) a sample: the critic's slope is
/// held at `target`. Its gradient is a gradient of a gradient.
///
/// # Source
/// Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028, equation 3.
///
/// # Differs
/// The norm is √(Σ g² + 10⁻¹²), so that it can be differentiated at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientPenalty {
    /// The slope that is wanted.
    #[serde(default = "one")]
    pub target: f64,
}

fn one() -> f64 {
    1.0
}

impl Regularizer for GradientPenalty {
    fn player(&self) -> Player {
        Player::Discriminator
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let x_hat = s.mix(s.real(), s.fake()); // (N, H, W, C)
        let slope = s.discriminator(x_hat).logits.sum().grad(&[x_hat])[0].norm_per_sample(); // (N,)
        (slope - self.target).square().mean() // ()
    }
}
