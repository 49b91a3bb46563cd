//! The rectifier with a slope for negative values, as a layer.

use super::Layer;
use crate::activations;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// x where x > 0, else negative_slope·x. The shape stays.
    ///
    /// # Source
    /// Maas, Hannun, Ng (2013), "Rectifier Nonlinearities Improve Neural Network Acoustic Models".
    pub struct LeakyReLU {
        ;
        /// Slope of the negative side. The activation function of this name has another default: 0.2.
        negative_slope: f64 = 0.3,
    }
}

impl Layer for LeakyReLU {
    described!("LeakyReLU");

    fn call<'g>(&self, _: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        activations::leaky_relu(x, self.negative_slope)
    }
}
