//! The minimax objective.

use super::{GanObjective, NonSaturating};
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

/// The minimax objective, with logits l = logit D(x):
///
/// - discriminator: as [`NonSaturating`];
/// - generator: −E softplus(l_fake), which is E ln(1 − D(G(z))): its gradient vanishes where the
///   discriminator is sure.
///
/// # Shapes
/// Logits (N, …); the means are over all their elements.
///
/// # Source
/// Goodfellow et al. (2014), "Generative adversarial nets", arXiv:1406.2661, equation 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimax {}

impl GanObjective for Minimax {
    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        NonSaturating {}.discriminator_loss(s, real, fake)
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        -fake.logits.softplus().mean()
    }
}
