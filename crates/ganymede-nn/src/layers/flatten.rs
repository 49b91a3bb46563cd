//! Every sample as one vector.

use super::Layer;
use crate::arguments::ChannelsLast;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Every sample as one vector, in row-major order.
    ///
    /// # Shapes
    /// (N, a, b, …) → (N, a·b·…); (N,) → (N, 1).
    pub struct Flatten {
        ;
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
    }
}

impl Layer for Flatten {
    described!("Flatten");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        match shape.first() {
            Some(&batch) => x.reshape([batch, shape[1..].iter().product()]),
            None => scope.builder().error("expected an input with a batch axis, found a scalar".into(), None),
        }
    }
}
