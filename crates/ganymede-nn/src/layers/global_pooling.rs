//! Max and average over all positions. Not here: over windows (`pooling.rs`).

use super::{Layer, axes};
use crate::arguments::ChannelsLast;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// The mean of each channel over all positions.
    ///
    /// # Shapes
    /// (N, spatial…, C) → (N, C), or (N, 1…, C) with keepdims.
    pub struct GlobalAveragePooling<const N: usize> {
        ;
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// Whether the spatial axes stay, with size 1.
        keepdims: bool = false,
    }
}

configured! {
    /// The largest value of each channel over all positions. Ties share the cotangent.
    ///
    /// # Shapes
    /// (N, spatial…, C) → (N, C), or (N, 1…, C) with keepdims.
    pub struct GlobalMaxPooling<const N: usize> {
        ;
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// Whether the spatial axes stay, with size 1.
        keepdims: bool = false,
    }
}

/// Mean over steps.
pub type GlobalAveragePooling1D = GlobalAveragePooling<1>;
/// Mean over an image.
pub type GlobalAveragePooling2D = GlobalAveragePooling<2>;
/// Mean over a volume.
pub type GlobalAveragePooling3D = GlobalAveragePooling<3>;
/// Maximum over steps.
pub type GlobalMaxPooling1D = GlobalMaxPooling<1>;
/// Maximum over an image.
pub type GlobalMaxPooling2D = GlobalMaxPooling<2>;
/// Maximum over a volume.
pub type GlobalMaxPooling3D = GlobalMaxPooling<3>;

/// The spatial axes of an input that has some positions.
fn positions<'g, const N: usize>(scope: &Scope<'g>, x: Expr<'g>) -> Result<[usize; N], Expr<'g>> {
    let (sizes, _) = axes::spatial::<N>(scope, x)?;
    if sizes.contains(&0) {
        return Err(scope.builder().error(format!("expected at least one position, found {}", x.shape()), None));
    }
    Ok(std::array::from_fn(|axis| axis + 1))
}

impl<const N: usize> Layer for GlobalAveragePooling<N> {
    described!(["GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match positions::<N>(scope, x) {
            Ok(axes) if self.keepdims => x.mean_keep(&axes),
            Ok(axes) => x.mean_axes(&axes),
            Err(poison) => poison,
        }
    }
}

impl<const N: usize> Layer for GlobalMaxPooling<N> {
    described!(["GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"][N - 1]);

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match positions::<N>(scope, x) {
            Ok(axes) if self.keepdims => x.max_keep(&axes),
            Ok(axes) => x.max_axes(&axes),
            Err(poison) => poison,
        }
    }
}
