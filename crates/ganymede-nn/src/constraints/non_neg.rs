//! No negative values. Not here: bounds of a norm (`max_norm.rs` and its neighbours).

use super::Project;
use crate::config::configured;
use ganymede_graph::Expr;

configured! {
    /// max(w, 0).
    pub struct NonNeg {
        ;
    }
}

impl Project for NonNeg {
    fn project<'g>(&self, weight: Expr<'g>) -> Expr<'g> {
        weight.maximum(0.0)
    }
}
