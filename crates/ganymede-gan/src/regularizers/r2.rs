//! The zero-centred gradient penalty on generated samples.

use super::r1::half_square_slope;
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the discriminator's slope at generated samples is held at 0; Mescheder et al. 2018";

/// ½ E ‖∇D(x)‖₂² at generated samples x: with the weight γ of its term it is the paper's (γ/2) E ‖∇D(G(z))‖².
/// It is what [`R1`](super::R1) is for real samples.
///
/// # Source
/// Mescheder, Geiger, Nowozin (2018), "Which training methods for GANs do actually converge?", arXiv:1801.04406,
/// equation 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct R2 {}

impl Regularizer for R2 {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        half_square_slope(s, s.fake())
    }
}
