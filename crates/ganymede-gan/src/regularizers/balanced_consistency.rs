//! Consistency of the discriminator on real and on generated samples (bCR).

use super::consistency::{four, said_of_moved};
use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use crate::ranges::{NOT_NEGATIVE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "the discriminator's logits stay when real and generated images are moved and mirrored; Zhao et al. 2021";

/// E (D(x) − D(T(x)))² at real images x plus fake_share times the same at generated ones, with T as in
/// [`Consistency`](super::Consistency).
///
/// # Shapes
/// Images (N, H, W, C).
///
/// # Errors
/// Recorded for samples of other shapes.
///
/// # Source
/// Zhao, Singh, Lee, Zhang, Odena, Zhang (2021), "Improved consistency regularization for GANs", arXiv:2002.04724,
/// algorithm 1; both weights there are 10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalancedConsistency {
    /// Largest number of pixels that an image is moved by.
    #[serde(default = "four")]
    pub shift: usize,
    /// Weight of generated images relative to real ones.
    #[serde(default = "one")]
    pub fake_share: Scheduled,
}

fn one() -> Scheduled {
    1.0.into()
}

impl Regularizer for BalancedConsistency {
    fn check(&self) -> Result<(), String> {
        within("fake_share", &self.fake_share, &NOT_NEGATIVE)
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let share = s.value("fake_share", &self.fake_share);
        said_of_moved(s, s.real(), self.shift) + said_of_moved(s, s.fake(), self.shift) * share
    }
}
