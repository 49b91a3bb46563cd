//! Instance noise.

use super::Augmentation;
use crate::loss_scope::LossScope;
use crate::ranges::{NOT_NEGATIVE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "normal noise on all that the discriminator sees; Sønderby et al. 2016";

/// x + sigma·n with n standard normal in every element: the distributions of real and generated samples overlap, so
/// that the discriminator cannot part them for certain. A schedule lets it fade.
///
/// # Units
/// `sigma` in those of the networks' range, [−1, 1] for images.
///
/// # Source
/// Sønderby, Caballero, Theis, Shi, Huszár (2016), "Amortised MAP inference for image super-resolution",
/// arXiv:1610.04490, section 3.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceNoise {
    /// Standard deviation of the noise.
    #[serde(default = "sigma")]
    pub sigma: Scheduled,
}

fn sigma() -> Scheduled {
    Scheduled::Constant(0.1)
}

impl Augmentation for InstanceNoise {
    fn check(&self) -> Result<(), String> {
        within("sigma", &self.sigma, &NOT_NEGATIVE)
    }

    fn apply<'g>(&self, s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
        x + s.builder().normal(x.shape()) * s.number("sigma", &self.sigma)
    }
}
