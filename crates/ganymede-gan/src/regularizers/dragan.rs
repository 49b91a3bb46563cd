//! The gradient penalty of DRAGAN.

use super::slope::slope;
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use crate::ranges::{NOT_NEGATIVE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the discriminator's slope around real samples is held at 1; Kodali et al. 2017";

/// E (‖∇D(x + δ)‖₂ − 1)² at real samples x with noise δ = deviation·σ·n, n standard normal in every element and σ the
/// standard deviation of all elements of the batch. Its gradient is a gradient of a gradient.
///
/// # Source
/// Kodali, Abernethy, Hays, Kira (2017), "On convergence and stability of GANs", arXiv:1705.07215, section 2.3.
///
/// # Differs
/// The paper's noise has a fixed variance c; as in its experiments it follows the deviation of the data here.
/// The norm is √(Σ g² + 10⁻¹²), so that it can be differentiated at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dragan {
    /// Standard deviation of the noise, in those of the batch.
    #[serde(default = "half")]
    pub deviation: Scheduled,
}

fn half() -> Scheduled {
    0.5.into()
}

impl Regularizer for Dragan {
    fn check(&self) -> Result<(), String> {
        within("deviation", &self.deviation, &NOT_NEGATIVE)
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let x = s.real();
        let axes: Vec<usize> = (0..x.rank()).collect();
        let sigma = x.variance_axes(&axes).sqrt(); // ()
        let noise = {
            let _scope = s.enter("dragan");
            s.builder().normal(x.shape())
        };
        let near = x + noise * sigma * s.value("deviation", &self.deviation); // (N, …sample)
        let slope = slope(s, near).norm_per_sample(); // (N,)
        (slope - 1.0).square().mean() // ()
    }
}
