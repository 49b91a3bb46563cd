//! The inner product of two tensors. Not here: element by element (`merging.rs`).

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Σ_f a_f b_f of each sample; of the vectors at length 1 with `normalize`.
    ///
    /// # Shapes
    /// (N, F) and (N, F) → (N, 1).
    ///
    /// # Errors
    /// Recorded for other shapes, or `axes` that are not 1 or −1.
    ///
    /// # Differs
    /// Keras takes more axes, too.
    pub struct Dot {
        /// The axis that is summed over: 1, or −1.
        axes: i64 = 1,
        ;
        /// Whether both are brought to length 1 first.
        normalize: bool = false,
    }
}

impl Layer for Dot {
    described!("Dot");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        if let Some(poison) = inputs.iter().find(|x| x.is_poison()) {
            return vec![*poison];
        }
        let shapes: Vec<_> = inputs.iter().map(|x| x.shape()).collect();
        let fits = shapes.len() == 2 && shapes[0] == shapes[1] && shapes[0].rank() == 2 && matches!(self.axes, 1 | -1);
        if !fits {
            let found: Vec<String> = shapes.iter().map(|s| s.to_string()).collect();
            let message = format!(
                "expected two inputs (N, F) of one shape and axes = 1, found {} and axes = {}",
                found.join(" and "),
                self.axes
            );
            return vec![scope.builder().error(message, None)];
        }
        let unit = |x: Expr<'g>| match self.normalize {
            true => x * x.square().sum_keep(&[1]).maximum(1e-12).rsqrt(),
            false => x,
        };
        vec![(unit(inputs[0]) * unit(inputs[1])).sum_keep(&[1])]
    }
}
