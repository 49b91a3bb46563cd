//! The class loss of AC-GAN, a term of both players.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "the discriminator names classes, the generator makes what it names; Odena et al. 2017";

/// The cross-entropy of the discriminator's logits of the classes with the labels:
///
/// - discriminator: that of real and that of generated samples;
/// - generator: that of generated samples, which are generated for the labels of the batch.
///
/// # Shapes
/// Logits of the classes (N, C), the discriminator's second output; labels (N,).
///
/// # Errors
/// Recorded when the discriminator has no second output of two axes, or the data no labels.
///
/// # Source
/// Odena, Olah, Shlens (2017), "Conditional image synthesis with auxiliary classifier GANs", arXiv:1610.09585,
/// equation 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuxiliaryClassifier {}

impl Regularizer for AuxiliaryClassifier {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator, Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let of_fake = cross_entropy(s, s.fake());
        match s.player() {
            Player::Discriminator => cross_entropy(s, s.real()) + of_fake,
            Player::Generator => of_fake,
        }
    }
}

/// −E ln P(label | x).
fn cross_entropy<'g>(s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
    let refuse = |found: &str, hint: &str| {
        let message = format!("`auxiliary_classifier` expected {found}");
        s.builder().error(message, Some(hint.to_string()))
    };
    let Some(label) = s.label() else {
        return refuse("data with labels, found none", "sub-folders of images are classes; or leave the term out");
    };
    let Some(logits) = s.discriminator(x).class_logits else {
        let hint = "end it in two layers: outputs = [\"logits\", \"classes\"] under [networks.discriminator]";
        return refuse("a discriminator whose second output are logits of the classes (N, C), found none", hint);
    };
    let (classes, known) = (logits.shape()[1], s.classes());
    if classes < known {
        let found = format!("logits of {known} classes, as many as the data has, found {classes}");
        return refuse(&found, &format!("set units of the discriminator's layer of classes to {known}"));
    }
    let chosen = logits.log_softmax(1) * label.one_hot(classes);
    -chosen.sum_axes(&[1]).mean()
}
