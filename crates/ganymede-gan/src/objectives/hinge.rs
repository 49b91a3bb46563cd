//! The hinge objective. Not here: Keras's `Hinge`, a loss of one verdict (`ganymede-nn`).

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the discriminator wants a margin of 1 and no more; Lim, Ye 2017";

/// The hinge objective, with logits l:
///
/// - discriminator: E max(0, 1 − l_real) + E max(0, 1 + l_fake): what is beyond the margin no longer counts;
/// - generator: −E l_fake.
///
/// # Shapes
/// Logits (N, …); the means are over all their elements.
///
/// # Source
/// Lim, Ye (2017), "Geometric GAN", arXiv:1705.02894; Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral
/// normalization for generative adversarial networks", arXiv:1802.05957, equations 16 and 17.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hinge {}

impl GanObjective for Hinge {
    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (1.0 - real.logits).relu().mean() + (fake.logits + 1.0).relu().mean()
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        -fake.logits.mean()
    }
}
