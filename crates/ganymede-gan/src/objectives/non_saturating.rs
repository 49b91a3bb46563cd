//! The non-saturating objective.

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

/// The non-saturating objective, with logits l = logit D(x):
///
/// - discriminator: E softplus(−l_real) + E softplus(l_fake), which is −E ln D(x) − E ln(1 − D(G(z)));
/// - generator: E softplus(−l_fake), which is −E ln D(G(z)).
///
/// # Shapes
/// Logits (N, …); the means are over all their elements.
///
/// # Source
/// Goodfellow et al. (2014), "Generative adversarial nets", arXiv:1406.2661, section 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonSaturating {}

impl GanObjective for NonSaturating {
    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (-real.logits).softplus().mean() + fake.logits.softplus().mean()
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (-fake.logits).softplus().mean()
    }
}
