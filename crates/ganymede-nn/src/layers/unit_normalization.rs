//! Vectors of length one.

use super::{Layer, axes};
use crate::arguments::Axes;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// x / √(Σ x²) over `axis`; a length below 10⁻¹² counts as 10⁻¹². The shape stays.
    pub struct UnitNormalization {
        ;
        /// The axes that the length goes over.
        axis: Axes = Axes(vec![-1]),
    }
}

impl Layer for UnitNormalization {
    described!("UnitNormalization");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match axes::resolve_all(&self.axis, x.rank()) {
            Ok(axes) => x * x.square().sum_keep(&axes).maximum(1e-24).rsqrt(),
            Err(message) => scope.builder().error_as(message, None, x.ty()),
        }
    }
}
