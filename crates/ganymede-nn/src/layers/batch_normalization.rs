//! Batch normalization.

use super::{Layer, axes};
use crate::config::configured;
use crate::scope::{Mode, ParameterSpec, Scope};
use crate::{Constraint, Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// γ·(x − μ)/√(σ² + ε) + β, with μ and σ² of the batch in training and their moving averages in use.
    ///
    /// Training moves the averages: m ← momentum·m + (1 − momentum)·value. The population variance serves
    /// both purposes, as in Keras. It comes out of one pass: E\[(x − s)²\] − (E\[x\] − s)², not below 0, with the mean of the
    /// batch's first sample as s, through which no derivative flows (none is lost: s does not change the value). That mean is
    /// at most √(N − 1) deviations from the batch's, so f32 loses at most a factor of N, wherever the mean is.
    ///
    /// # Shapes
    /// The shape stays; μ, σ², γ and β have the size of `axis`.
    ///
    /// # Source
    /// Ioffe, Szegedy (2015), "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    /// Covariate Shift", arXiv:1502.03167.
    pub struct BatchNormalization {
        ;
        /// The axis that keeps its own mean and variance: the channels.
        axis: i64 = -1,
        /// Share of the old moving average that stays at each step.
        momentum: f64 = 0.99,
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
        /// Where the moving mean starts.
        moving_mean_initializer: Initializer = Initializer::zeros(),
        /// Where the moving variance starts.
        moving_variance_initializer: Initializer = Initializer::ones(),
        /// What β adds to the loss.
        beta_regularizer: Option<Regularizer> = None,
        /// What γ adds to the loss.
        gamma_regularizer: Option<Regularizer> = None,
        /// What β is projected on after each update.
        beta_constraint: Option<Constraint> = None,
        /// What γ is projected on after each update.
        gamma_constraint: Option<Constraint> = None,
        ; fixed
        synchronized = false, "a run has one process: remove it";
        renorm = false, "batch renormalization does not exist here: remove it";
        renorm_clipping = null, "batch renormalization does not exist here: remove it";
        renorm_momentum = 0.99, "batch renormalization does not exist here: remove it";
    }
}

impl Layer for BatchNormalization {
    described!("BatchNormalization");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        let axis = match axes::resolve(self.axis, shape.rank()) {
            Ok(axis) => axis,
            Err(message) => return scope.builder().error_as(message, None, x.ty()),
        };
        let size = [shape[axis]];
        let gamma = self.scale.then(|| {
            let spec = ParameterSpec::new(&self.gamma_regularizer, &self.gamma_constraint);
            scope.parameter("gamma", size, &self.gamma_initializer, spec)
        });
        let beta = self.center.then(|| {
            let spec = ParameterSpec::new(&self.beta_regularizer, &self.beta_constraint);
            scope.parameter("beta", size, &self.beta_initializer, spec)
        });
        let first = (&self.moving_mean_initializer, &self.moving_variance_initializer);
        let (centred, variance) = centred(scope, x, axis, self.momentum, first);
        let inverse = (variance + self.epsilon).rsqrt();
        let factor = gamma.map_or(inverse, |gamma| inverse * gamma);
        let scaled = centred * factor.broadcast(shape.clone(), &[axis]);
        beta.map_or(scaled, |beta| scaled + beta.broadcast(shape, &[axis]))
    }
}

/// x − μ and σ², (C,), by which `x` is normalized: in training those of the batch, which move the averages, else the
/// moving averages.
pub(super) fn centred<'g>(
    scope: &Scope<'g>,
    x: Expr<'g>,
    axis: usize,
    momentum: f64,
    (first_mean, first_variance): (&Initializer, &Initializer),
) -> (Expr<'g>, Expr<'g>) {
    let shape = x.shape();
    let size = [shape[axis]];
    let spread = |value: Expr<'g>| value.broadcast(shape.clone(), &[axis]);
    let moving_mean = scope.statistic("moving_mean", size, first_mean);
    let moving_variance = scope.statistic("moving_variance", size, first_variance);
    if scope.mode() != Mode::Train || !scope.trainable() {
        return (x - spread(moving_mean), moving_variance);
    }
    let others: Vec<usize> = (0..shape.rank()).filter(|&a| a != axis).collect();
    // The moving mean would cost nothing, but starts far away and is behind for hundreds of steps.
    let shift = x.slice_axis(0, 0..1).mean_axes(&others).stop_gradient();
    let shifted = x - spread(shift);
    let offset = shifted.mean_axes(&others); // (C,)
    let variance = (shifted.square().mean_axes(&others) - offset.square()).maximum(0.0);
    let update = |old: Expr<'g>, new: Expr<'g>| match scope.standing() {
        Some(rate) => old.lerp(new, rate),
        None => old * momentum + new * (1.0 - momentum),
    };
    scope.assign("moving_mean", update(moving_mean, shift + offset));
    scope.assign("moving_variance", update(moving_variance, variance));
    (shifted - spread(offset), variance)
}
