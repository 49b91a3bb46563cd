//! The LeCam regularizer.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use crate::ranges::{SHARE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "logits of real samples stay near the moving average of the fakes', and the other way round; Tseng et al. 2021";

/// E (D(x) − α_fake)² + E (D(G(z)) − α_real)², where α_real and α_fake are moving averages of the mean logits of real and
/// generated samples: for little data. Both are states of the phase, 0 at first; the penalty sees them as they were before
/// the step.
///
/// # Source
/// Tseng, Jiang, Liu, Yang, Yang (2021), "Regularizing generative adversarial networks under limited data",
/// arXiv:2104.03310, equation 4.
///
/// # Differs
/// The averages start at 0 without a correction: for the first hundred updates the penalty mainly holds all logits near 0. A
/// schedule of its weight can leave it out until then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeCam {
    /// Fraction of an average that stays at each update.
    #[serde(default = "decay")]
    pub decay: Scheduled,
}

fn decay() -> Scheduled {
    0.99.into()
}

impl Regularizer for LeCam {
    fn check(&self) -> Result<(), String> {
        within("decay", &self.decay, &SHARE)
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let (real, fake) = (s.discriminator(s.real()).logits, s.discriminator(s.fake()).logits);
        let decay = s.value("decay", &self.decay);
        let average = |name: &str, logits: Expr<'g>| {
            let old = s.state(name, TensorType::f32(Shape::scalar()));
            s.assign(name, old * decay + logits.mean() * (1.0 - decay));
            old
        };
        let (of_real, of_fake) = (average("lecam_real", real), average("lecam_fake", fake));
        (real - of_fake).square().mean() + (fake - of_real).square().mean() // ()
    }
}
