//! The least-squares objective.

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use ganymede_graph::Expr;
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
    /// b: what the discriminator wants of real samples.
    #[serde(default = "one")]
    pub real_label: f64,
    /// a: what it wants of fakes.
    #[serde(default)]
    pub fake_label: f64,
    /// c: what the generator wants of fakes.
    #[serde(default = "one")]
    pub generator_label: f64,
}

fn one() -> f64 {
    1.0
}

impl GanObjective for LeastSquares {
    fn discriminator_loss<'g>(&self, _: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        ((real.logits - self.real_label).square().mean() + (fake.logits - self.fake_label).square().mean()) * 0.5
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        (fake.logits - self.generator_label).square().mean() * 0.5
    }
}
