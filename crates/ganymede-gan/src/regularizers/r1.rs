//! The zero-centred gradient penalty on real samples.

use super::slope::slope;
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the discriminator's slope at real samples is held at 0; Mescheder et al. 2018";

/// ½ E ‖∇D(x)‖₂² at real samples x: with the weight γ of its term it is the paper's (γ/2) E ‖∇D(x)‖². The slope is
/// that of the logits. Its gradient is a gradient of a gradient.
///
/// # Source
/// Mescheder, Geiger, Nowozin (2018), "Which training methods for GANs do actually converge?", arXiv:1801.04406,
/// equation 9.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct R1 {}

impl Regularizer for R1 {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        half_square_slope(s, s.real())
    }
}

/// ½ E ‖∇D(x)‖₂² at the samples x.
pub(super) fn half_square_slope<'g>(s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
    slope(s, x).square().sum_per_sample().mean() * 0.5 // ()
}
