//! The least-squares objective.

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use crate::ranges::{FINITE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "logits are regressed on numbers for real and fake; Mao et al. 2017";

/// The least-squares objective, with logits l:
///
/// - discriminator: ½ E (l_real − real_label)² + ½ E (l_fake − fake_label)²;
/// - generator: ½ E (l_fake − generator_label)².
///
/// # Shapes
/// Logits (N, …); the means are over all their elements.
///
/// # Source
/// Mao, Li, Xie, Lau, Wang, Smolley (2017), "Least squares generative adversarial networks", arXiv:1611.04076,
/// equations 2 and 9: with the defaults 1, 0, 1; with 1, −1, 0 it is Pearson's χ² divergence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeastSquares {
    /// b: the discriminator's target for real samples.
    #[serde(default = "one")]
    pub real_label: Scheduled,
    /// a: the discriminator's target for fakes.
    #[serde(default = "zero")]
    pub fake_label: Scheduled,
    /// c: the generator's target for fakes.
    #[serde(default = "one")]
    pub generator_label: Scheduled,
}

fn one() -> Scheduled {
    1.0.into()
}

fn zero() -> Scheduled {
    0.0.into()
}

impl LeastSquares {
    /// What the discriminator wants of real samples, and of fakes; ().
    fn labels<'g>(&self, s: &LossScope<'g>) -> (Expr<'g>, Expr<'g>) {
        (s.value("real_label", &self.real_label), s.value("fake_label", &self.fake_label))
    }
}

impl GanObjective for LeastSquares {
    fn check(&self) -> Result<(), String> {
        within("real_label", &self.real_label, &FINITE)?;
        within("fake_label", &self.fake_label, &FINITE)?;
        within("generator_label", &self.generator_label, &FINITE)
    }

    fn margin<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, _: &Verdict<'g>) -> Expr<'g> {
        let (high, low) = self.labels(s);
        (real.logits - (high + low) * 0.5) * (high - low).sign()
    }

    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        let (high, low) = self.labels(s);
        ((real.logits - high).square().mean() + (fake.logits - low).square().mean()) * 0.5
    }

    fn generator_loss<'g>(&self, s: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (fake.logits - s.value("generator_label", &self.generator_label)).square().mean() * 0.5
    }
}
