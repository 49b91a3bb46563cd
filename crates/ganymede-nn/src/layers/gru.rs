//! The gated recurrent unit. Not here: what recurrent layers share (`recurrent.rs`).

use super::Layer;
use super::recurrent::{gate, sequence, unrolled, weights};
use crate::config::configured;
use crate::initializers::Orthogonal;
use crate::scope::{ParameterSpec, Scope};
use crate::{Activation, Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// Gated recurrent unit. At each step, with x·K + b of three blocks of columns z, r, n, and h·R + b′ alike:
    /// z = σ(x_z + h_z), r = σ(x_r + h_r), n = activation(x_n + r·h_n), h ← z·h + (1 − z)·n. Without `reset_after`, b′ is not there and
    /// h_n is (r·h)·R_n, in place of r·h_n. The state starts as zeros.
    ///
    /// # Shapes
    /// x (N, steps, C), K (C, 3·units), R (units, 3·units), b and b′ as the rows of (2, 3·units), or b (3·units,) alone; the last h,
    /// (N, units), or all of them, (N, steps, units).
    ///
    /// # Errors
    /// Recorded for another number of axes, and more than 1024 steps: each step is a part of the graph.
    ///
    /// # Source
    /// Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    /// arXiv:1406.1078, in version 1 as with `reset_after`, in version 3 as without.
    pub struct GRU {
        /// Size of the state.
        units: usize = 1,
        ;
        /// What is applied to what is new.
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
        /// Whether r acts behind R.
        reset_after: bool = true,
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

impl Layer for GRU {
    described!("GRU");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let x = match sequence(scope, x, self.units, self.dropout) {
            Ok(x) => x,
            Err(poison) => return poison,
        };
        let (units, columns) = (self.units, 3 * self.units);
        let bias = if self.reset_after { vec![2, columns] } else { vec![columns] };
        let cell = scope.child("gru_cell");
        let (kernel, recurrent, bias) = weights!(self, &cell, x.shape()[2], columns, bias, &self.bias_initializer);
        let row = |bias: Expr<'g>, at: usize| match self.reset_after {
            true => bias.slice_axis(0, at..at + 1).reshape([columns]),
            false => bias,
        };
        let mut given = x.matmul(kernel); // (N, steps, 3·units)
        if let Some(bias) = bias {
            given = given + row(bias, 0);
        }
        let behind = bias.filter(|_| self.reset_after).map(|bias| row(bias, 1));
        let open = |x: Expr<'g>| self.recurrent_activation.apply(x);
        unrolled(given, units, (self.go_backwards, self.return_sequences), |x, [h]| {
            let [x_z, x_r, x_n] = [0, 1, 2].map(|at| gate(x, units, at));
            let (z, n) = if self.reset_after {
                let product = h.matmul(recurrent);
                let inner = behind.map_or(product, |bias| product + bias);
                let [h_z, h_r, h_n] = [0, 1, 2].map(|at| gate(inner, units, at));
                (open(x_z + h_z), x_n + open(x_r + h_r) * h_n)
            } else {
                let inner = h.matmul(recurrent.slice_axis(1, 0..2 * units));
                let [h_z, h_r] = [0, 1].map(|at| gate(inner, units, at));
                (open(x_z + h_z), x_n + (open(x_r + h_r) * h).matmul(gate(recurrent, units, 2)))
            };
            [self.activation.apply(n).lerp(h, z)]
        })
    }
}
