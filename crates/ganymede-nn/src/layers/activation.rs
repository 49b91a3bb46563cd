//! The layer that applies an activation by name. Not here: the functions (`activations.rs`).

use super::Layer;
use crate::Activation;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Keras's `Activation`: an activation at every element. The shape stays.
    pub struct ActivationLayer {
        /// Which activation.
        activation: Activation = Activation::linear(),
        ;
    }
}

impl Layer for ActivationLayer {
    described!("Activation");

    fn call<'g>(&self, _: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        self.activation.apply(x)
    }
}
