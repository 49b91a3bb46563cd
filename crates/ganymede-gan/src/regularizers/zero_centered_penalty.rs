//! The zero-centred gradient penalty between real and generated samples.

use super::slope::{between, slope};
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the discriminator's slope between real and fake is held at 0; Thanh-Tung et al. 2019";

/// E ‖∇D(x̂)‖₂² at x̂ = ε·real + (1 − ε)·fake, ε ~ U(0, 1) a sample: a discriminator that is flat between the two
/// generalizes. The slope is that of the logits. Its gradient is a gradient of a gradient.
///
/// # Source
/// Thanh-Tung, Tran, Venkatesh (2019), "Improving generalization and stability of generative adversarial networks",
/// arXiv:1902.03984, equation 8 (0-GP).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZeroCenteredPenalty {}

impl Regularizer for ZeroCenteredPenalty {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        slope(s, between(s)).square().sum_per_sample().mean() // ()
    }
}
