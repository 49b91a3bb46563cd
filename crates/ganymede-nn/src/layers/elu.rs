//! The exponential linear unit, as a layer.

use super::Layer;
use crate::activations;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// x where x > 0, else alpha·(eˣ − 1). The shape stays.
    ///
    /// # Source
    /// Clevert, Unterthiner, Hochreiter (2016), "Fast and Accurate Deep Network Learning by Exponential Linear
    /// Units", arXiv:1511.07289.
    pub struct ELU {
        ;
        /// The limit for very negative x, negated.
        alpha: f64 = 1.0,
    }
}

impl Layer for ELU {
    described!("ELU");

    fn call<'g>(&self, _: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        activations::elu(x, self.alpha)
    }
}
