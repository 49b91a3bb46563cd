//! Joins tensors one after another. Not here: element by element (`merging.rs`).

use super::{Layer, axes};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};

configured! {
    /// The inputs one after another along an axis.
    ///
    /// # Shapes
    /// Tensors that differ in the size of `axis` at most; the result has the sum of those sizes.
    pub struct Concatenate {
        ;
        /// The axis; negative ones count from the end.
        axis: i64 = -1,
    }
}

impl Layer for Concatenate {
    described!("Concatenate");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        if let Some(poison) = inputs.iter().find(|x| x.is_poison()) {
            return vec![*poison];
        }
        let builder = scope.builder();
        let Some(first) = inputs.first().filter(|_| inputs.len() > 1) else {
            let message = format!("`Concatenate` expected at least two inputs, found {}", inputs.len());
            return vec![builder.error(message, Some("name the layers that it joins in its inputs".into()))];
        };
        let shape = first.shape();
        let axis = match axes::resolve(self.axis, shape.rank()) {
            Ok(axis) => axis,
            Err(message) => return vec![builder.error(message, None)],
        };
        let fits = |x: &Expr<'g>| x.rank() == shape.rank() && x.shape().with(axis, 0) == shape.with(axis, 0);
        if let Some(other) = inputs.iter().find(|x| !fits(x)) {
            let message = format!(
                "expected inputs that differ in the size of axis {axis} only, found {shape} and {}",
                other.shape()
            );
            return vec![
                builder.error(message, Some("bring them to one size, with Reshape, UpSampling or Cropping".into())),
            ];
        }
        vec![concat(inputs, axis)]
    }
}
