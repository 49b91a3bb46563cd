//! What recurrent layers share: the check of their input, their weights, the loop over the steps. Not here: what happens at a step
//! (`lstm.rs`, `gru.rs`, `simple_rnn.rs`).

use super::dropout;
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};

/// Most steps of a sequence: each is some nodes of the graph.
const MOST_STEPS: usize = 1024;
/// Most units.
const MOST_UNITS: usize = 1 << 24;

/// A sequence with dropped inputs: those of a sample at all steps alike, as in Keras.
///
/// # Errors
/// The recorded error's poison when it is no sequence, or too long, or there are no units.
pub(super) fn sequence<'g>(scope: &Scope<'g>, x: Expr<'g>, units: usize, rate: f64) -> Result<Expr<'g>, Expr<'g>> {
    let shape = x.shape();
    let refuse = |message: String, hint: &str| Err(scope.builder().error(message, Some(hint.into())));
    if shape.rank() != 3 {
        let hint = "put a Reshape layer in front of it: (steps, channels)";
        return refuse(format!("expected an input of 3 axes (batch, steps, channels), found {shape}"), hint);
    }
    if !(1..=MOST_STEPS).contains(&shape[1]) {
        let hint = "its steps are unrolled: cut the sequences, or put a Conv1D with strides in front of it";
        return refuse(format!("expected from 1 to {MOST_STEPS} steps, found {}", shape[1]), hint);
    }
    if !(1..=MOST_UNITS).contains(&units) {
        return refuse(format!("expected units from 1 to {MOST_UNITS}, found {units}"), "set units");
    }
    Ok(dropout::drop(scope, x, rate, [shape[0], 1, shape[2]]))
}

/// The kernel (channels, columns), the recurrent kernel (units, columns) and, if there is one, the bias of a layer with Keras's arguments.
macro_rules! weights {
    ($layer:expr, $scope:expr, $channels:expr, $columns:expr, $bias:expr, $bias_initializer:expr) => {{
        let (layer, scope) = ($layer, $scope);
        let spec = ParameterSpec::new(&layer.kernel_regularizer, &layer.kernel_constraint);
        let kernel = scope.parameter("kernel", [$channels, $columns], &layer.kernel_initializer, spec);
        let spec = ParameterSpec::new(&layer.recurrent_regularizer, &layer.recurrent_constraint);
        let shape = [layer.units, $columns];
        let recurrent = scope.parameter("recurrent_kernel", shape, &layer.recurrent_initializer, spec);
        let bias = layer.use_bias.then(|| {
            let spec = ParameterSpec::new(&layer.bias_regularizer, &layer.bias_constraint);
            scope.parameter("bias", $bias, $bias_initializer, spec)
        });
        (kernel, recurrent, bias)
    }};
}
pub(super) use weights;

/// Columns `units` · `gate` and on, as many as there are units.
pub(super) fn gate(x: Expr<'_>, units: usize, gate: usize) -> Expr<'_> {
    x.slice_axis(x.rank() - 1, gate * units..(gate + 1) * units)
}

/// The first state after the last step, or after each step: (N, steps, units). `x` is (N, steps, …), the states start as zeros (N, units).
pub(super) fn unrolled<'g, const STATES: usize>(
    x: Expr<'g>,
    units: usize,
    (backwards, sequences): (bool, bool),
    step: impl Fn(Expr<'g>, [Expr<'g>; STATES]) -> [Expr<'g>; STATES],
) -> Expr<'g> {
    if x.is_poison() {
        return x;
    }
    let shape = x.shape();
    let (batch, steps) = (shape[0], shape[1]);
    let mut states = [x.builder().full([batch, units], 0.0); STATES];
    let mut all = Vec::with_capacity(steps);
    for t in 0..steps {
        let at = if backwards { steps - 1 - t } else { t };
        states = step(x.slice_axis(1, at..at + 1).reshape([batch, shape[2]]), states);
        all.push(states[0]);
    }
    if !sequences {
        return states[0];
    }
    let rows: Vec<Expr> = all.into_iter().map(|h| h.reshape([batch, 1, units])).collect();
    concat(&rows, 1)
}
