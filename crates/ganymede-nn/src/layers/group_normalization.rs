//! Group normalization; with a group a channel it is instance normalization.

use super::{Layer, axes};
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// γ·(x − μ)/√(σ² + ε) + β, with μ and σ² (population variance) of each group of channels of each sample.
    ///
    /// # Shapes
    /// The shape stays; γ and β have the size of `axis`.
    ///
    /// # Source
    /// Wu, He (2018), "Group Normalization", arXiv:1803.08494.
    pub struct GroupNormalization {
        ;
        /// Number of groups; −1 makes every channel one (instance normalization).
        groups: i64 = 32,
        /// The axis of the channels.
        axis: i64 = -1,
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
    }
}

impl Layer for GroupNormalization {
    described!("GroupNormalization");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        let axis = match axes::resolve(self.axis, shape.rank()) {
            Ok(axis) => axis,
            Err(message) => return scope.builder().error_as(message, None, x.ty()),
        };
        let channels = shape[axis];
        let groups = if self.groups == -1 { channels } else { usize::try_from(self.groups).unwrap_or(0) };
        if groups == 0 || !channels.is_multiple_of(groups) {
            let message = format!("expected groups that divide {channels} channels, found {}", self.groups);
            return scope.builder().error_as(message, Some("use groups = -1 for a group a channel".into()), x.ty());
        }
        let mut grouped = shape.to_vec();
        grouped[axis] = channels / groups;
        grouped.insert(axis, groups);
        let others: Vec<usize> = (1..grouped.len()).filter(|&a| a != axis).collect();
        let x = x.reshape(grouped);
        let centred = x - x.mean_keep(&others);
        let normal = centred * (centred.square().mean_keep(&others) + self.epsilon).rsqrt();
        let mut y = normal.reshape(shape.clone());
        if self.scale {
            let spec = ParameterSpec::new(&self.gamma_regularizer, &self.gamma_constraint);
            let gamma = scope.parameter("gamma", [channels], &self.gamma_initializer, spec);
            y = y * gamma.broadcast(shape.clone(), &[axis]);
        }
        if self.center {
            let spec = ParameterSpec::new(&self.beta_regularizer, &self.beta_constraint);
            let beta = scope.parameter("beta", [channels], &self.beta_initializer, spec);
            y = y + beta.broadcast(shape, &[axis]);
        }
        y
    }
}
