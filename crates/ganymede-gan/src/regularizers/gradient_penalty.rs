//! The gradient penalty of WGAN-GP.

use super::slope::{between, slope};
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use crate::ranges::{NOT_NEGATIVE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the critic's slope between real and fake is held at 1; Gulrajani et al. 2017";

/// E (‖∇D(x̂)‖₂ − target)² at x̂ = ε·real + (1 − ε)·fake, ε ~ U(0, 1) a sample: the critic's slope is
/// held at `target`. Its gradient is a gradient of a gradient.
///
/// Where the discriminator judges several samples as one (`ganymede>Pack`), those have one ε and one slope.
///
/// # Source
/// Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028, equation 3; of several samples as one: Xu et
/// al. (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503, algorithm 1.
///
/// # Differs
/// The norm is √(Σ g² + 10⁻¹²), so that it can be differentiated at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientPenalty {
    /// The norm of the gradient that is aimed at.
    #[serde(default = "one")]
    pub target: Scheduled,
}

fn one() -> Scheduled {
    1.0.into()
}

impl Regularizer for GradientPenalty {
    fn check(&self) -> Result<(), String> {
        within("target", &self.target, &NOT_NEGATIVE)
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let slope = slope(s, between(s)).norm_per_sample(); // (N,)
        (slope - s.value("target", &self.target)).square().mean() // ()
    }
}
