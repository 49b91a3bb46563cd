//! The Wasserstein objective. Not here: what keeps the critic's slope bounded (`regularizers/gradient_penalty.rs`).

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "the difference of the critic's means, for a critic of bounded slope; Arjovsky et al. 2017";

/// The Wasserstein objective, with the critic's values l:
///
/// - discriminator (critic): E l_fake − E l_real, the estimate of the distance with its sign turned;
/// - generator: −E l_fake.
///
/// It estimates a distance only where the critic's slope is bounded: give it a gradient penalty.
///
/// # Shapes
/// Values (N, …); the means are over all their elements.
///
/// # Source
/// Arjovsky, Chintala, Bottou (2017), "Wasserstein GAN", arXiv:1701.07875, equation 2 and algorithm 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wasserstein {}

impl GanObjective for Wasserstein {
    fn margin<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        real.logits - fake.logits.mean()
    }

    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        fake.logits.mean() - real.logits.mean()
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        -fake.logits.mean()
    }
}
