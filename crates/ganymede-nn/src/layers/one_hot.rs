//! Whole numbers as one-hot vectors. Keras has `CategoryEncoding`, whose default is another one.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Each number as a vector that is 1 at its place and 0 elsewhere; no derivative flows to the number.
    ///
    /// # Shapes
    /// Numbers (N,) → (N, classes). A number outside 0..classes gives zeros.
    pub struct OneHot {
        /// How many numbers there are.
        classes: usize = 1,
        ;
    }
}

impl Layer for OneHot {
    described!("ganymede>OneHot");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        if self.classes == 0 || x.rank() != 1 {
            let message =
                format!("expected numbers (batch,) and at least 1 class, found {} and {}", x.ty(), self.classes);
            return scope.builder().error(message, None);
        }
        x.one_hot(self.classes)
    }
}
