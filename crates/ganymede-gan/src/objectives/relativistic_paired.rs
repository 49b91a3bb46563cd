//! The relativistic objective over pairs of a real and a generated sample (RpGAN).

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "real and fake are compared pair by pair; Jolicoeur-Martineau 2018";

/// The relativistic paired objective, with logits l; sample i of the batch of fakes is compared with real sample i:
///
/// - discriminator: E softplus(−(l_real − l_fake));
/// - generator: E softplus(−(l_fake − l_real)).
///
/// The generator's loss judges the real samples too, at the parameters that the discriminator has in its phase.
///
/// # Shapes
/// Logits (N, …), as many real as generated; the means are over all pairs.
///
/// # Source
/// Jolicoeur-Martineau (2018), "The relativistic discriminator: a key element missing from standard GAN",
/// arXiv:1807.00734, section 4; Huang, Gokaslan, Kuleshov, Tompkin (2024), "The GAN is dead; long live the GAN! A
/// modern GAN baseline", arXiv:2501.05441, section 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelativisticPaired {}

impl GanObjective for RelativisticPaired {
    fn margin<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        real.logits - fake.logits
    }

    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (fake.logits - real.logits).softplus().mean()
    }

    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (s.discriminator(s.real()).logits - fake.logits).softplus().mean()
    }
}
