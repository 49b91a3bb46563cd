//! The rectifier with a trained slope for negative values.

use super::{Layer, axes};
use crate::arguments::Axes;
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// x where x > 0, else α·x with a trained α. The shape stays.
    ///
    /// # Shapes
    /// α has the shape of a sample, with size 1 at the shared axes.
    ///
    /// # Source
    /// He, Zhang, Ren, Sun (2015), "Delving Deep into Rectifiers", arXiv:1502.01852.
    pub struct PReLU {
        ;
        /// Where α starts.
        alpha_initializer: Initializer = Initializer::zeros(),
        /// What α adds to the loss.
        alpha_regularizer: Option<Regularizer> = None,
        /// What α is projected on after each update.
        alpha_constraint: Option<Constraint> = None,
        /// Axes from 1 over which α is the same: `[1, 2]` for one α a channel of an image.
        shared_axes: Option<Axes> = None,
    }
}

impl Layer for PReLU {
    described!("PReLU");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        let mut sizes = shape.get(1..).unwrap_or(&[]).to_vec();
        if let Some(shared) = &self.shared_axes {
            match axes::resolve_all(shared, shape.rank()) {
                Ok(axes) => axes.iter().for_each(|&a| sizes[a - 1] = 1),
                Err(message) => return scope.builder().error_as(message, None, x.ty()),
            }
        }
        let spec = ParameterSpec::new(&self.alpha_regularizer, &self.alpha_constraint);
        let alpha = scope.parameter("alpha", sizes, &self.alpha_initializer, spec);
        x.relu() - alpha * (-x).relu()
    }
}
