//! Path length regularization.

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use crate::ranges::{SHARE, within};
use ganymede_graph::Expr;
use ganymede_nn::schedules::Scheduled;
use ganymede_tensor::{Shape, TensorType};
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str =
    "steps of one length in the latent space change samples by one length; Karras et al. 2020";

/// E (‖Jᵀy‖₂ − a)², where J = ∂G(z)/∂z and y ~ N(0, 1) in every element of a sample, divided by the root of its number of
/// pixels; ‖Jᵀy‖ is a sample's norm of the derivative of G(z)·y by z. a is the moving average of the lengths, a state of the
/// phase, 0 at first, which takes the batch's mean in before it is used. Its gradient is a gradient of a gradient.
///
/// # Shapes
/// z (N, …); pixels are the elements of a sample without its last axis, of a point 1.
///
/// # Source
/// Karras, Laine, Aittala, Hellsten, Lehtinen, Aila (2020), "Analyzing and improving the image quality of StyleGAN",
/// arXiv:1912.04958, section 3.2.
///
/// # Differs
/// The paper takes the derivative by the style w; a generator without a mapping network has z alone.
/// The norm is √(Σ g² + 10⁻¹²), so that it can be differentiated at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathLength {
    /// Fraction of the average that is replaced at each update.
    #[serde(default = "rate")]
    pub rate: Scheduled,
}

fn rate() -> Scheduled {
    0.01.into()
}

impl Regularizer for PathLength {
    fn check(&self) -> Result<(), String> {
        within("rate", &self.rate, &SHARE)
    }

    fn players(&self) -> &'static [Player] {
        &[Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        let (z, fake) = (s.latent(), s.fake());
        let shape = fake.shape();
        let pixels: usize = shape.iter().skip(1).take(shape.rank().saturating_sub(2)).product();
        let y = {
            let _scope = s.enter("path_length");
            s.builder().normal(shape) * (1.0 / pixels.max(1) as f64).sqrt()
        };
        let length = (fake * y).sum().grad(&[z])[0].norm_per_sample(); // (N,)
        s.show("length", length.mean());
        let old = s.state("path_length", TensorType::f32(Shape::scalar()));
        let average = old.lerp(length.mean(), s.value("rate", &self.rate)).stop_gradient();
        s.assign("path_length", average);
        (length - average).square().mean() // ()
    }
}
