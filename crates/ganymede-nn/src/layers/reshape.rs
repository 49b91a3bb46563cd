//! The same elements of each sample under other sizes.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;
use ganymede_tensor::{Shape, TensorType};

configured! {
    /// The same elements of each sample, in row-major order, under other sizes.
    ///
    /// # Shapes
    /// (N, …) → (N, target_shape…). One size may be −1: it follows from the others.
    pub struct Reshape {
        /// Sizes without the batch axis.
        target_shape: Vec<i64> = Vec::new(),
        ;
    }
}

impl Reshape {
    /// The sizes with −1 resolved for samples of `elements`, or what is wrong with them.
    fn target(&self, elements: usize) -> Result<Vec<usize>, String> {
        let text = || self.target_shape.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let unknown = self.target_shape.iter().filter(|&&s| s == -1).count();
        if unknown > 1 || self.target_shape.iter().any(|&s| s < -1) {
            return Err(format!("expected a target_shape of sizes with at most one -1, found ({})", text()));
        }
        let sizes = self.target_shape.iter().filter(|&&s| s != -1).map(|&s| s as usize);
        let known = sizes.fold(1usize, usize::saturating_mul);
        if unknown == 1 && (known == 0 || !elements.is_multiple_of(known)) {
            return Err(format!("expected a multiple of {known} values for ({}), found {elements}", text()));
        }
        Ok(self.target_shape.iter().map(|&s| if s == -1 { elements / known } else { s as usize }).collect())
    }
}

impl Layer for Reshape {
    described!("Reshape");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let builder = scope.builder();
        let ty = x.ty();
        let Some(&batch) = ty.shape.first() else {
            return builder.error("expected an input with a batch axis, found a scalar".into(), None);
        };
        let found = ty.shape[1..].iter().product::<usize>();
        let target = match self.target(found) {
            Ok(target) => Shape::from(target),
            Err(message) => return builder.error(message, None),
        };
        let expected = target.elements();
        let full: Vec<usize> = [batch].into_iter().chain(target.iter().copied()).collect();
        if expected != found {
            let message = format!("expected {expected} values for {target}, found {found}");
            let hint = (ty.shape.rank() == 2).then(|| format!("use Dense({expected}) in front of it"));
            return builder.error_as(message, hint, TensorType::new(ty.dtype, full));
        }
        x.reshape(full)
    }
}
