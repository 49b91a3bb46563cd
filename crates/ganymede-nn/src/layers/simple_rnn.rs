//! The plain recurrent layer. Not here: what recurrent layers share (`recurrent.rs`).

use super::Layer;
use super::recurrent::{sequence, unrolled, weights};
use crate::config::configured;
use crate::initializers::Orthogonal;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// At each step h ← activation(x·K + h·R + b). The state starts as zeros.
    ///
    /// # Shapes
    /// x (N, steps, C), K (C, units), R (units, units), b (units,); the last h, (N, units), or all of them, (N, steps, units).
    ///
    /// # Errors
    /// Recorded for another number of axes, and more than 1024 steps: each step is a part of the graph.
    ///
    /// # Source
    /// Elman (1990), "Finding structure in time".
    pub struct SimpleRNN {
        /// Size of the state.
        units: usize = 1,
        ;
        /// What is applied to the sum.
        activation: Activation = Activation::tanh(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where K starts.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where R starts.
        recurrent_initializer: Initializer = Orthogonal::new().into(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// What K adds to the loss.
        kernel_regularizer: Option<Regularizer> = None,
        /// What R adds to the loss.
        recurrent_regularizer: Option<Regularizer> = None,
        /// What b adds to the loss.
        bias_regularizer: Option<Regularizer> = None,
        /// What K is projected on after each update.
        kernel_constraint: Option<Constraint> = None,
        /// What R is projected on after each update.
        recurrent_constraint: Option<Constraint> = None,
        /// What b is projected on after each update.
        bias_constraint: Option<Constraint> = None,
        /// Probability that a channel of the input is dropped in training, at all steps of a sample alike.
        dropout: f64 = 0.0,
        /// Whether it gives the state after each step, (N, steps, units).
        return_sequences: bool = false,
        /// Whether it begins with the last step; states then come in the order in which they are made.
        go_backwards: bool = false,
        /// Keras's choice of how it computes; here steps are always unrolled.
        unroll: bool = false,
        ; fixed
        activity_regularizer = null, "add the term to the loss instead";
        recurrent_dropout = 0.0, "drop inputs with dropout, or put a Dropout layer behind it";
        seed = null, "randomness follows the seed of the run: remove it";
        return_state = false, "set return_sequences = true and take the last step";
        stateful = false, "each batch starts from zeros: remove it";
        zero_output_for_mask = false, "masks do not exist here: remove it";
    }
}

impl Layer for SimpleRNN {
    described!("SimpleRNN");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let x = match sequence(scope, x, self.units, self.dropout) {
            Ok(x) => x,
            Err(poison) => return poison,
        };
        let (units, cell) = (self.units, scope.child("simple_rnn_cell"));
        let (kernel, recurrent, bias) = weights!(self, &cell, x.shape()[2], units, [units], &self.bias_initializer);
        let mut given = x.matmul(kernel); // (N, steps, units)
        if let Some(bias) = bias {
            given = given + bias;
        }
        unrolled(given, units, (self.go_backwards, self.return_sequences), |x, [h]| {
            [self.activation.apply(x + h.matmul(recurrent))]
        })
    }
}
