//! Softmax, as a layer.

use super::{Layer, axes};
use crate::arguments::Axes;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// eˣ / Σ eˣ over `axis`. The shape stays.
    pub struct Softmax {
        ;
        /// The axes that the sum goes over.
        axis: Axes = Axes(vec![-1]),
    }
}

impl Layer for Softmax {
    described!("Softmax");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match axes::resolve_all(&self.axis, x.rank()) {
            Ok(axes) => {
                let exp = (x - x.max_keep(&axes).stop_gradient()).exp();
                exp / exp.sum_keep(&axes)
            }
            Err(message) => scope.builder().error_as(message, None, x.ty()),
        }
    }
}
