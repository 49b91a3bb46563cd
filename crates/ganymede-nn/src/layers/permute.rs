//! The axes of each sample in another order.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// The axes of each sample in another order. The batch axis stays first.
    ///
    /// # Shapes
    /// Axis i of the result is axis dims\[i − 1\] of the input, both from 1.
    pub struct Permute {
        /// The axes from 1, each once.
        dims: Vec<usize> = Vec::new(),
        ;
    }
}

impl Layer for Permute {
    described!("Permute");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let axes = x.rank().saturating_sub(1);
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(1..=axes) {
            let message = format!("expected dims with each of 1 to {axes} once, found {:?}", self.dims);
            return scope.builder().error(message, None);
        }
        let order: Vec<usize> = [0].into_iter().chain(self.dims.iter().copied()).collect();
        x.transpose(&order)
    }
}
