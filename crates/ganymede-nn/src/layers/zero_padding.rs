//! Zeros around the positions.

use super::{Layer, axes};
use crate::arguments::{Borders, ChannelsLast};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Zeros before and after the positions of each spatial axis.
    ///
    /// # Shapes
    /// (N, spatial…, C) → (N, start + spatial + end…, C).
    pub struct ZeroPadding<const N: usize> {
        ;
        /// Numbers of zeros.
        padding: Borders<N> = Borders([[1; 2]; N]),
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
    }
}

/// Zeros around steps.
pub type ZeroPadding1D = ZeroPadding<1>;
/// Zeros around an image.
pub type ZeroPadding2D = ZeroPadding<2>;
/// Zeros around a volume.
pub type ZeroPadding3D = ZeroPadding<3>;

impl<const N: usize> Layer for ZeroPadding<N> {
    described!(["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        if let Err(poison) = axes::spatial::<N>(scope, x) {
            return poison;
        }
        let side = |side: usize| [0].into_iter().chain(self.padding.0.map(|b| b[side])).chain([0]).collect::<Vec<_>>();
        x.pad(&side(0), &side(1), &vec![0; N + 2], 0.0)
    }
}
