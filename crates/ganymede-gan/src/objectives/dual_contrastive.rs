//! The dual contrastive objective.

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "each real sample against all fakes, each fake against all real ones; Yu et al. 2021";

/// The dual contrastive objective, with logits l, one for each sample:
///
/// - discriminator: E_i ln(1 + Σ_j e^(l_fake,j − l_real,i)) + E_j ln(1 + Σ_i e^(l_fake,j − l_real,i)): a real sample is told
///   from all fakes of the batch, and a fake from all its real samples;
/// - generator: the opposite of it.
///
/// The generator's loss judges the real samples too, at the parameters that the discriminator has in its phase.
///
/// # Shapes
/// Logits (N, …) of one number a sample after the mean over the others.
///
/// # Source
/// Yu, Liu, Dundar, Tao, Catanzaro, Davis, Fritz (2021), "Dual contrastive loss and attention for GANs",
/// arXiv:2103.16748, equations 5 to 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DualContrastive {}

/// One logit a sample, (N,).
fn each<'g>(logits: Expr<'g>) -> Expr<'g> {
    let axes: Vec<usize> = (1..logits.rank()).collect();
    if axes.is_empty() { logits } else { logits.mean_axes(&axes) }
}

/// ln(1 + Σ eˣ) over an axis of (N, N).
fn log_one_plus_sum<'g>(x: Expr<'g>, axis: usize) -> Expr<'g> {
    let top = x.max_keep(&[axis]).maximum(0.0).stop_gradient();
    let sum = (x - top).exp().sum_keep(&[axis]) + (-top).exp();
    sum.log() + top
}

fn told_apart<'g>(real: Expr<'g>, fake: Expr<'g>) -> Expr<'g> {
    let (real, fake) = (each(real), each(fake));
    let (reals, fakes) = (real.shape().elements(), fake.shape().elements());
    let difference = fake.reshape([1, fakes]) - real.reshape([reals, 1]); // (real, fake)
    log_one_plus_sum(difference, 1).mean() + log_one_plus_sum(difference, 0).mean()
}

impl GanObjective for DualContrastive {
    fn margin<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        real.logits - fake.logits.mean()
    }

    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        told_apart(real.logits, fake.logits)
    }

    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        -told_apart(s.discriminator(s.real()).logits, fake.logits)
    }
}
