//! A layer of single samples at each step of a sequence. Not here: layers that remember (`lstm.rs`, `gru.rs`).

use super::{Inner, Layer};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// The layer at every step, with one set of weights.
    ///
    /// # Shapes
    /// (N, steps, …) → (N, steps, …) of what the layer gives for (N·steps, …).
    ///
    /// # Differs
    /// All steps are one batch: batch statistics are of all of them, where Keras takes those of one step after another.
    pub struct TimeDistributed {
        /// The layer.
        layer: Inner = Inner(std::sync::Arc::new(super::Identity::new())),
        ;
    }
}

impl Layer for TimeDistributed {
    described!("TimeDistributed");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        if shape.rank() < 3 {
            let message = format!("expected an input (batch, steps, …) of at least 3 axes, found {shape}");
            return scope.builder().error(message, Some("put a Reshape layer in front of it".into()));
        }
        let samples = shape[0].saturating_mul(shape[1]);
        let flat: Vec<usize> = [samples].into_iter().chain(shape[2..].iter().copied()).collect();
        let outputs = self.layer.0.build(scope, &[x.reshape(flat)]);
        let [y] = outputs[..] else {
            let class = self.layer.0.class_name();
            let message = format!("expected a layer that gives one tensor, found `{class}` with {}", outputs.len());
            return scope.builder().error(message, None);
        };
        let made = y.shape();
        if y.is_poison() || made.first() != Some(&samples) {
            return y;
        }
        y.reshape(shape[..2].iter().chain(&made[1..]).copied().collect::<Vec<_>>())
    }
}
