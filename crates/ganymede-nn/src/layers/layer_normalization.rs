//! Layer normalization.

use super::{Layer, axes};
use crate::arguments::Axes;
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// γ·(x − μ)/√(σ² + ε) + β, with μ and σ² (population variance) of each sample over `axis`.
    ///
    /// # Shapes
    /// The shape stays; γ and β have the sizes of `axis`.
    ///
    /// # Source
    /// Ba, Kiros, Hinton (2016), "Layer Normalization", arXiv:1607.06450.
    pub struct LayerNormalization {
        ;
        /// The axes that mean and variance go over.
        axis: Axes = Axes(vec![-1]),
        /// ε.
        epsilon: f64 = 1e-3,
        /// Whether β is added.
        center: bool = true,
        /// Whether γ multiplies.
        scale: bool = true,
        /// Where β starts.
        beta_initializer: Initializer = Initializer::zeros(),
        /// Where γ starts.
        gamma_initializer: Initializer = Initializer::ones(),
        /// What β adds to the loss.
        beta_regularizer: Option<Regularizer> = None,
        /// What γ adds to the loss.
        gamma_regularizer: Option<Regularizer> = None,
        /// What β is projected on after each update.
        beta_constraint: Option<Constraint> = None,
        /// What γ is projected on after each update.
        gamma_constraint: Option<Constraint> = None,
        ; fixed
        rms_scaling = false, "it scales by the variance, not by the root mean square: remove it";
    }
}

impl Layer for LayerNormalization {
    described!("LayerNormalization");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        let axes = match axes::resolve_all(&self.axis, shape.rank()) {
            Ok(axes) => axes,
            Err(message) => return scope.builder().error_as(message, None, x.ty()),
        };
        let sizes: Vec<usize> = axes.iter().map(|&a| shape[a]).collect();
        let centred = x - x.mean_keep(&axes);
        let mut y = centred * (centred.square().mean_keep(&axes) + self.epsilon).rsqrt();
        if self.scale {
            let spec = ParameterSpec::new(&self.gamma_regularizer, &self.gamma_constraint);
            let gamma = scope.parameter("gamma", sizes.clone(), &self.gamma_initializer, spec);
            y = y * gamma.broadcast(shape.clone(), &axes);
        }
        if self.center {
            let spec = ParameterSpec::new(&self.beta_regularizer, &self.beta_constraint);
            let beta = scope.parameter("beta", sizes, &self.beta_initializer, spec);
            y = y + beta.broadcast(shape, &axes);
        }
        y
    }
}
