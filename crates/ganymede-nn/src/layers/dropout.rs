//! Dropout of elements and of whole channels. Not here: noise that keeps every element (`gaussian.rs`).

use super::{Layer, axes};
use crate::arguments::ChannelsLast;
use crate::config::configured;
use crate::scope::{Mode, Scope};
use ganymede_graph::Expr;
use ganymede_tensor::Shape;

configured! {
    /// In training every element is 0 with probability `rate`, else divided by 1 − rate. The shape stays.
    ///
    /// # Source
    /// Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting".
    pub struct Dropout {
        /// Probability that an element is dropped.
        rate: f64 = 0.0,
        ;
        ; fixed
        noise_shape = null, "use SpatialDropout1D, 2D or 3D to drop whole channels";
        seed = null, "randomness follows the seed of the run: remove it";
    }
}

configured! {
    /// In training every channel of a sample is 0 with probability `rate`, else divided by 1 − rate. The shape stays.
    ///
    /// # Source
    /// Tompson et al. (2015), "Efficient Object Localization Using Convolutional Networks", arXiv:1411.4280.
    pub struct SpatialDropout<const N: usize> {
        /// Probability that a channel is dropped.
        rate: f64 = 0.0,
        ;
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        ; fixed
        seed = null, "randomness follows the seed of the run: remove it";
    }
}

/// Dropout of the channels of a sequence.
pub type SpatialDropout1D = SpatialDropout<1>;
/// Dropout of the channels of an image.
pub type SpatialDropout2D = SpatialDropout<2>;
/// Dropout of the channels of a volume.
pub type SpatialDropout3D = SpatialDropout<3>;

/// x with elements dropped; `mask` is the shape of the independent decisions.
pub(super) fn drop<'g>(scope: &Scope<'g>, x: Expr<'g>, rate: f64, mask: impl Into<Shape>) -> Expr<'g> {
    let builder = scope.builder();
    if !(0.0..=1.0).contains(&rate) {
        return builder.error_as(format!("expected a rate from 0 to 1, found {rate}"), None, x.ty());
    }
    if scope.mode() == Mode::Infer || rate == 0.0 {
        return x;
    }
    let shape = x.shape();
    if rate == 1.0 {
        return builder.full(shape, 0.0);
    }
    let kept = builder.uniform(mask).greater_equal(rate);
    kept.select(x * (1.0 / (1.0 - rate)), builder.full(shape, 0.0))
}

impl Layer for Dropout {
    described!("Dropout");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        drop(scope, x, self.rate, x.shape())
    }
}

impl<const N: usize> Layer for SpatialDropout<N> {
    described!(["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match axes::spatial::<N>(scope, x) {
            Ok((_, channels)) => {
                let mut mask = vec![1; N + 2];
                (mask[0], mask[N + 1]) = (x.shape()[0], channels);
                drop(scope, x, self.rate, mask)
            }
            Err(poison) => poison,
        }
    }
}
