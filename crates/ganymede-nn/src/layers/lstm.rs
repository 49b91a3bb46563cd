//! Long short-term memory. Not here: what recurrent layers share (`recurrent.rs`).

use super::Layer;
use super::recurrent::{gate, sequence, unrolled, weights};
use crate::config::configured;
use crate::initializers::{Orthogonal, UnitForgetBias};
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// Long short-term memory. At each step, with z = x·K + h·R + b of four blocks of columns i, f, c, o:
    /// c ← σ(z_f)·c + σ(z_i)·activation(z_c), h ← σ(z_o)·activation(c). States start as zeros.
    ///
    /// # Shapes
    /// x (N, steps, C), K (C, 4·units), R (units, 4·units), b (4·units,); the last h, (N, units), or all of them,
    /// (N, steps, units).
    ///
    /// # Errors
    /// Recorded for another number of axes, and more than 1024 steps: each step is a part of the graph.
    ///
    /// # Source
    /// Hochreiter, Schmidhuber (1997), "Long short-term memory"; the gate f: Gers, Schmidhuber, Cummins (2000), "Learning to forget".
    pub struct LSTM {
        /// Size of the state.
        units: usize = 1,
        ;
        /// What is applied to what is new, and to c.
        activation: Activation = Activation::tanh(),
        /// σ: what the gates are.
        recurrent_activation: Activation = Activation::sigmoid(),
        /// Whether b is added.
        use_bias: bool = true,
        /// Where K starts.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where R starts.
        recurrent_initializer: Initializer = Orthogonal::new().into(),
        /// Where b starts.
        bias_initializer: Initializer = Initializer::zeros(),
        /// Whether the gate f of b starts at 1.
        unit_forget_bias: bool = true,
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
        use_cudnn = "auto", "one implementation computes it here: remove it";
    }
}

impl Layer for LSTM {
    described!("LSTM");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let x = match sequence(scope, x, self.units, self.dropout) {
            Ok(x) => x,
            Err(poison) => return poison,
        };
        let columns = 4 * self.units;
        let bias_initializer = match self.unit_forget_bias {
            true => UnitForgetBias::new().initializer(self.bias_initializer.clone()).into(),
            false => self.bias_initializer.clone(),
        };
        let cell = scope.child("lstm_cell");
        let (kernel, recurrent, bias) = weights!(self, &cell, x.shape()[2], columns, [columns], &bias_initializer);
        let mut given = x.matmul(kernel); // (N, steps, 4·units)
        if let Some(bias) = bias {
            given = given + bias;
        }
        unrolled(given, self.units, (self.go_backwards, self.return_sequences), |x, [h, c]| {
            let z = x + h.matmul(recurrent);
            let [i, f, new, o] = [0, 1, 2, 3].map(|at| gate(z, self.units, at));
            let (open, new) = (|x| self.recurrent_activation.apply(x), self.activation.apply(new));
            let c = open(f) * c + open(i) * new;
            [open(o) * self.activation.apply(c), c]
        })
    }
}
