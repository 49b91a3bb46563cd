//! Feature matching, a term of the generator.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "generated samples have the discriminator's mean features of real ones; Salimans et al. 2016";

/// Σ over features f of the mean of (E f(x) − E f(G(z)))²: the generator is to meet statistics that the discriminator has
/// found useful. Features are the outputs of the discriminator after the logits, with `auxiliary_classifier` after the logits
/// of the classes; the spec names them under `outputs` of the network.
///
/// # Errors
/// Recorded when the discriminator has no such output.
///
/// # Source
/// Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen (2016), "Improved techniques for training GANs",
/// arXiv:1606.03498, section 3.1.
///
/// # Differs
/// The paper sums over the elements of a feature; their mean makes the weight independent of the layer's size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureMatching {}

impl Regularizer for FeatureMatching {
    fn players(&self) -> &'static [Player] {
        &[Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let (real, fake) = (s.discriminator(s.real()).features, s.discriminator(s.fake()).features);
        let distances =
            real.into_iter().zip(fake).map(|(a, b)| (a.mean_axes(&[0]) - b.mean_axes(&[0])).square().mean());
        distances.reduce(|sum, term| sum + term).unwrap_or_else(|| {
            let message = "`feature_matching` expected a discriminator with features among its outputs, found none";
            let hint = "name its last layer and others after it, such as outputs = [\"dense\", \"conv2d_1\"], under \
                        [networks.discriminator]";
            s.builder().error(message.into(), Some(hint.into()))
        })
    }
}
