//! The minimax objective.

use super::non_saturating::one;
use super::{GanObjective, NonSaturating};
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the generator minimises ln(1 − D(fake)); Goodfellow et al. 2014";

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
pub struct Minimax {
    /// The target of D(x) for real samples: 0.9 keeps the discriminator from being overconfident; Salimans et al.
    /// (2016), "Improved techniques for training GANs", arXiv:1606.03498, section 3.4.
    #[serde(default = "one")]
    pub real_label: Scheduled,
}

impl Minimax {
    /// The objective whose discriminator it has.
    fn discriminator(&self) -> NonSaturating {
        NonSaturating { real_label: self.real_label.clone() }
    }
}

impl GanObjective for Minimax {
    fn check(&self) -> Result<(), String> {
        self.discriminator().check()
    }

    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        self.discriminator().discriminator_loss(s, real, fake)
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        -fake.logits.softplus().mean()
    }
}
