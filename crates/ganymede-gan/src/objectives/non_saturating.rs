//! The non-saturating objective.

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use crate::ranges::{SHARE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the generator maximises ln D(fake); Goodfellow et al. 2014";

/// The non-saturating objective, with logits l = logit D(x):
///
/// - discriminator: E softplus(−l_real) + E softplus(l_fake), which is −E ln D(x) − E ln(1 − D(G(z))); with
///   `real_label` t below 1 the first part is −E \[t ln D(x) + (1 − t) ln(1 − D(x))\];
/// - generator: E softplus(−l_fake), which is −E ln D(G(z)).
///
/// # Shapes
/// Logits (N, …); the means are over all their elements.
///
/// # Source
/// Goodfellow et al. (2014), "Generative adversarial nets", arXiv:1406.2661, section 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonSaturating {
    /// The target of D(x) for real samples: 0.9 keeps the discriminator from being overconfident; Salimans et al.
    /// (2016), "Improved techniques for training GANs", arXiv:1606.03498, section 3.4.
    #[serde(default = "one")]
    pub real_label: Scheduled,
}

pub(super) fn one() -> Scheduled {
    1.0.into()
}

impl GanObjective for NonSaturating {
    fn check(&self) -> Result<(), String> {
        within("real_label", &self.real_label, &SHARE)
    }

    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        let mut of_real = (-real.logits).softplus().mean();
        if self.real_label != one() {
            // softplus(−l) and softplus(l) differ by l.
            of_real = of_real + real.logits.mean() * (1.0 - s.value("real_label", &self.real_label));
        }
        of_real + fake.logits.softplus().mean()
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (-fake.logits).softplus().mean()
    }
}
