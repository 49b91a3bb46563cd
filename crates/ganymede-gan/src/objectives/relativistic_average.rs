//! The relativistic objective against the average of the other kind (RaGAN). Not here: pairs (`relativistic_paired.rs`).

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "each sample is compared with the average of the other kind; Jolicoeur-Martineau 2018";

/// The relativistic average objective, with logits l:
///
/// - discriminator: E softplus(−(l_real − E l_fake)) + E softplus(l_fake − E l_real);
/// - generator: E softplus(−(l_fake − E l_real)) + E softplus(l_real − E l_fake).
///
/// The generator's loss judges the real samples too, at the parameters that the discriminator has in its phase.
///
/// # Shapes
/// Logits (N, …); the means are over all their elements.
///
/// # Source
/// Jolicoeur-Martineau (2018), "The relativistic discriminator: a key element missing from standard GAN",
/// arXiv:1807.00734, equations 11 and 12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelativisticAverage {}

/// What the side wants whose samples have the logits `high`.
fn wish<'g>(high: Expr<'g>, low: Expr<'g>) -> Expr<'g> {
    (low.mean() - high).softplus().mean() + (low - high.mean()).softplus().mean()
}

impl GanObjective for RelativisticAverage {
    fn margin<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        real.logits - fake.logits.mean()
    }

    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        wish(real.logits, fake.logits)
    }

    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        wish(fake.logits, s.discriminator(s.real()).logits)
    }
}
