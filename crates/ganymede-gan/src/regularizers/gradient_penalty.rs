//! The gradient penalty of WGAN-GP.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the critic's slope between real and fake is held at 1; Gulrajani et al. 2017";

/// E (‖∇D(x̂)‖₂ − target)² at x̂ = ε·real + (1 − ε)·fake, ε ~ U(0, 1) a sample: the critic's slope is
/// held at `target`. Its gradient is a gradient of a gradient.
///
/// Where the discriminator judges `pac` samples as one (`ganymede>Pack`), those have one ε and one slope.
///
/// # Source
/// Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028, equation 3; `pac`: Xu et al.
/// (2019), "Modeling tabular data using conditional GAN", arXiv:1907.00503, algorithm 1.
///
/// # Differs
/// The norm is √(Σ g² + 10⁻¹²), so that it can be differentiated at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientPenalty {
    /// The slope that is wanted.
    #[serde(default = "one")]
    pub target: f64,
    /// Samples in a row that the discriminator judges as one.
    #[serde(default = "single")]
    pub pac: usize,
}

fn one() -> f64 {
    1.0
}

fn single() -> usize {
    1
}

impl Regularizer for GradientPenalty {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let (real, shape) = (s.real(), s.real().shape());
        let batch = shape.first().copied().unwrap_or(0);
        if self.pac == 0 || !batch.is_multiple_of(self.pac) {
            let message = format!("expected a batch that pac divides, found a batch of {batch} and pac = {}", self.pac);
            return real.builder().error(message, Some("set train.batch to a multiple of pac".into()));
        }
        let packs = batch / self.pac;
        let packed = |x: Expr<'g>| x.reshape([packs, shape.elements() / packs.max(1)]); // (N / pac, pac·elements)
        let x_hat = s.mix(packed(real), packed(s.fake())).reshape(shape.clone()); // (N, H, W, C)
        let slope = packed(s.discriminator(x_hat).logits.sum().grad(&[x_hat])[0]).norm_per_sample(); // (N / pac,)
        (slope - self.target).square().mean() // ()
    }
}
