//! The relativistic objective over pairs, with a margin. Not here: without one (`relativistic_paired.rs`).

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "real and fake are compared pair by pair, up to a margin of 1; Jolicoeur-Martineau 2018";

/// The relativistic hinge objective, with logits l; sample i of the batch of fakes is compared with real sample i:
///
/// - discriminator: E max(0, 1 − (l_real − l_fake));
/// - generator: E max(0, 1 − (l_fake − l_real)).
///
/// The generator's loss judges the real samples too, at the parameters that the discriminator has in its phase.
///
/// # Shapes
/// Logits (N, …), as many real as generated; the means are over all pairs.
///
/// # Source
/// Jolicoeur-Martineau (2018), "The relativistic discriminator: a key element missing from standard GAN",
/// arXiv:1807.00734, section 4 with the hinge of its appendix D.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelativisticHinge {}

impl GanObjective for RelativisticHinge {
    fn margin<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        real.logits - fake.logits
    }

    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (1.0 - (real.logits - fake.logits)).relu().mean()
    }

    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (1.0 - (fake.logits - s.discriminator(s.real()).logits)).relu().mean()
    }
}
