//! A vector as a sequence of itself.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// The vector of each sample, n times.
    ///
    /// # Shapes
    /// (N, C) → (N, n, C).
    pub struct RepeatVector {
        /// How often.
        n: usize = 1,
        ;
    }
}

impl Layer for RepeatVector {
    described!("RepeatVector");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        match x.shape()[..] {
            [batch, channels] if self.n > 0 => x.broadcast([batch, self.n, channels], &[0, 2]),
            [_, _] => scope.builder().error("expected n of at least 1, found 0".into(), None),
            _ => {
                let message = format!("expected an input (batch, channels), found {}", x.shape());
                scope.builder().error(message, Some("put a Flatten layer in front of it".into()))
            }
        }
    }
}
