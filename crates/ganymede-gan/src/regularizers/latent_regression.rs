//! Latents are to be read off samples by a third network, a term of both players.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "a third network reconstructs the latent from the sample; Zhu et al. 2017";

/// E |E(G(z)) − z|, the mean over all elements, of a network E: samples from which E cannot tell the latent are penalized, so that a
/// generator that gives the same for all latents is, too. The phase that has it trains the generator, E, or both.
///
/// # Errors
/// Recorded when the spec has no such network, or its output is no latent.
///
/// # Source
/// Zhu, Zhang, Pathak, Darrell, Efros, Wang, Shechtman (2017), "Toward multimodal image-to-image translation",
/// arXiv:1711.11586, equation 5 (latent regression); there with weight 0.5, and E is not trained by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatentRegression {
    /// Name of the network E.
    #[serde(default = "encoder")]
    pub network: String,
}

fn encoder() -> String {
    "encoder".into()
}

impl Regularizer for LatentRegression {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator, Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let (fake, z) = (s.fake(), s.latent());
        let read = s.network(&self.network, &[fake])[0]; // (N, …latent)
        if !read.is_poison() && read.shape() != z.shape() {
            let message = format!(
                "`latent_regression` expected `{}` to give latents {}, found {}",
                self.network,
                z.shape(),
                read.shape()
            );
            return s.builder().error(message, Some("end it in as many units as the generator's Input has".into()));
        }
        (read - z).abs().mean() // ()
    }
}
