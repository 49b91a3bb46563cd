//! The densely connected layer.

use super::Layer;
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// Densely connected layer: y = activation(x·W + b).
    ///
    /// # Shapes
    /// x (N, …, C), W (C, units), b (units,), y (N, …, units).
    pub struct Dense {
        /// Size of the output's last axis.
        units: usize = 1,
        ;
        /// What is applied to the sum.
        activation: Activation = Activation::linear(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where W starts.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What W adds to the loss.
        kernel_regularizer: Option<Regularizer> = None,
        /// What b adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What W is projected on after each update.
        kernel_constraint: Option<Constraint> = None,
        /// What b is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
        lora_rank = null, "low-rank adaptation does not exist here: remove it";
        lora_alpha = null, "low-rank adaptation does not exist here: remove it";
        quantization_config = null, "quantization does not exist here: remove it";
    }
}

impl Layer for Dense {
    described!("Dense");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        let Some(last) = shape.rank().checked_sub(1).filter(|&last| last >= 1) else {
            return scope.builder().error(format!("expected an input (batch, …, channels), found {shape}"), None);
        };
        if self.units == 0 {
            return scope.builder().error("expected units of at least 1, found 0".into(), None);
        }
        let spec = ParameterSpec::new(&self.kernel_regularizer, &self.kernel_constraint);
        let kernel = scope.parameter("kernel", [shape[last], self.units], &self.kernel_initializer, spec);
        let mut y = x.matmul(kernel); // (N, …, units)
        if self.use_bias {
            let spec = ParameterSpec::new(&self.bias_regularizer, &self.bias_constraint);
            y = y + scope.parameter("bias", [self.units], &self.bias_initializer, spec);
        }
        self.activation.apply(y)
    }
}
