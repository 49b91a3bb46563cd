//! The layer that does nothing.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Its input.
    pub struct Identity { ; }
}

impl Layer for Identity {
    described!("Identity");

    fn call<'g>(&self, _: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        x
    }
}
