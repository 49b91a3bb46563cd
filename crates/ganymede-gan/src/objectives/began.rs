//! The objective of BEGAN, whose discriminator is an autoencoder.

use super::GanObjective;
use crate::loss_scope::{LossScope, Verdict};
use crate::ranges::{NOT_NEGATIVE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "the discriminator is an autoencoder that is to rebuild real samples alone; Berthelot et al. 2017";

/// The boundary equilibrium objective. D(x) has the shape of x, and L(x) = E |x − D(x)|:
///
/// - discriminator: L(real) − k L(fake), and afterwards k ← k + lambda (gamma L(real) − L(fake)), within \[0, 1\];
/// - generator: L(fake).
///
/// k is a state of the discriminator's phase, 0 at first. x is what the discriminator sees of a sample, after augmentation.
///
/// # Shapes
/// The discriminator's output has as many elements as its input.
///
/// # Errors
/// Recorded when it has not.
///
/// # Source
/// Berthelot, Schumm, Metz (2017), "BEGAN: boundary equilibrium generative adversarial networks", arXiv:1703.10717,
/// section 3.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// The ratio L(fake) / L(real) that is held; a lower one gives better samples with less variety.
    #[serde(default = "gamma")]
    pub gamma: Scheduled,
    /// The rate at which k adapts.
    #[serde(default = "lambda")]
    pub lambda: Scheduled,
}

fn gamma() -> Scheduled {
    0.5.into()
}

fn lambda() -> Scheduled {
    0.001.into()
}

/// E |x − D(x)|.
fn error<'g>(verdict: &Verdict<'g>) -> Expr<'g> {
    let (x, rebuilt) = (verdict.input, verdict.logits);
    if x.is_poison() || rebuilt.is_poison() || x.shape().elements() == rebuilt.shape().elements() {
        return (x - rebuilt.reshape(x.shape())).abs().mean();
    }
    let message =
        format!("`began` expected a discriminator that gives samples {} back, found {}", x.shape(), rebuilt.shape());
    x.builder().error(message, Some("make it an autoencoder, or take another objective".into()))
}

impl GanObjective for Began {
    fn check(&self) -> Result<(), String> {
        within("gamma", &self.gamma, &NOT_NEGATIVE)?;
        within("lambda", &self.lambda, &NOT_NEGATIVE)
    }

    /// The discriminator gives samples back, and no score.
    fn ranks(&self) -> bool {
        false
    }

    fn discriminator_loss<'g>(&self, s: &LossScope<'g>, real: &Verdict<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        let (real, fake) = (error(real), error(fake));
        let k = s.state("k", TensorType::f32(Shape::scalar()));
        let [gamma, lambda] =
            [("gamma", &self.gamma), ("lambda", &self.lambda)].map(|(name, value)| s.value(name, value));
        s.show("k", k);
        s.assign("k", (k + (real * gamma - fake) * lambda).clamp(0.0, 1.0));
        real - fake * k
    }

    fn generator_loss<'g>(&self, _: &LossScope<'g>, fake: &Verdict<'g>) -> Expr<'g> {
        error(fake)
    }
}
