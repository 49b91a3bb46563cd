//! The one-sided gradient penalty.

use super::slope::{between, slope};
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the critic's slope between real and fake is held at 1 or below; Petzka et al. 2018";

/// E max(0, ‖∇D(x̂)‖₂ − 1)² at x̂ = ε·real + (1 − ε)·fake, ε ~ U(0, 1) a sample: slopes below 1 are none too low, as for
/// every 1-Lipschitz function. Its gradient is a gradient of a gradient.
///
/// # Source
/// Petzka, Fischer, Lukovnikov (2018), "On the regularization of Wasserstein GANs", arXiv:1709.08894, equation 8.
///
/// # Differs
/// The norm is √(Σ g² + 10⁻¹²), so that it can be differentiated at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LipschitzPenalty {}

impl Regularizer for LipschitzPenalty {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let slope = slope(s, between(s)).norm_per_sample(); // (N,)
        (slope - 1.0).relu().square().mean() // ()
    }
}
