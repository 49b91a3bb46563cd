//! Consistency in the latent space (zCR), a term of both players.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use crate::ranges::{NOT_NEGATIVE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "for nearby latents the discriminator's logits stay and the generator's samples differ; Zhao et al. 2021";

/// With δ ~ N(0, deviation²) in every element of the latents z:
///
/// - discriminator: E (D(G(z)) − D(G(z + δ)))²;
/// - generator: −E (G(z) − G(z + δ))², the mean over all elements: samples of latents apart are to differ.
///
/// # Source
/// Zhao, Singh, Lee, Zhang, Odena, Zhang (2021), "Improved consistency regularization for GANs", arXiv:2002.04724,
/// algorithm 2; weights there are 5 for the discriminator, 0.5 for the generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatentConsistency {
    /// Standard deviation of δ.
    #[serde(default = "deviation")]
    pub deviation: Scheduled,
}

fn deviation() -> Scheduled {
    0.07.into()
}

impl Regularizer for LatentConsistency {
    fn check(&self) -> Result<(), String> {
        within("deviation", &self.deviation, &NOT_NEGATIVE)
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator, Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let (fake, z) = (s.newest_fake(), s.latent());
        let noise = {
            let _scope = s.enter("latent_consistency");
            s.builder().normal(z.shape())
        };
        let near = s.generator(z + noise * s.value("deviation", &self.deviation));
        match s.player() {
            Player::Discriminator => (s.discriminator(fake).logits - s.discriminator(near).logits).square().mean(),
            Player::Generator => -(fake - near).square().mean(),
        }
    }
}
