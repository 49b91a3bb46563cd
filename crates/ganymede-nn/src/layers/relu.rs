//! The rectifier with Keras's arguments, as a layer.

use super::Layer;
use crate::activations;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// min(x, max_value) where x > threshold, else negative_slope·(x − threshold). The shape stays.
    pub struct ReLU {
        ;
        /// Largest value, if there is one.
        max_value: Option<f64> = None,
        /// Slope below the threshold.
        negative_slope: f64 = 0.0,
        /// Below it nothing passes.
        threshold: f64 = 0.0,
    }
}

impl Layer for ReLU {
    described!("ReLU");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let (slope, threshold) = (self.negative_slope, self.threshold);
        if slope < 0.0 || threshold < 0.0 || self.max_value.is_some_and(|m| m < 0.0) {
            let message = format!(
                "expected max_value, negative_slope and threshold not negative, found {:?}, {slope} and {threshold}",
                self.max_value
            );
            return scope.builder().error_as(message, None, x.ty());
        }
        activations::relu(x, slope, self.max_value, threshold)
    }
}
