//! Batch normalization whose scale and offset are those of the sample's class. Keras has no such layer.

use super::Layer;
use super::batch_normalization::centred;
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Initializer, Regularizer};
use ganymede_graph::Expr;
use ganymede_tensor::DType;

configured! {
    /// γ\[y\]·(x − μ)/√(σ² + ε) + β\[y\] with the label y of each sample; μ and σ² as in
    /// [`BatchNormalization`](super::BatchNormalization), of the last axis, over all classes.
    ///
    /// # Shapes
    /// Inputs x (N, …, C) and labels (N,); γ and β (classes, C). A label outside 0..classes gives zeros.
    ///
    /// # Errors
    /// Recorded when there are not two inputs of one batch.
    ///
    /// # Source
    /// Dumoulin, Shlens, Kudlur (2017), "A learned representation for artistic style", arXiv:1610.07629, equation 5; for
    /// GANs Miyato, Koyama (2018), "cGANs with projection discriminator", arXiv:1802.05637.
    pub struct ConditionalBatchNormalization {
        /// Number of classes.
        classes: usize = 1,
        ;
        /// Share of the old moving average that stays at each step.
        momentum: f64 = 0.99,
        /// ε.
        epsilon: f64 = 1e-3,
        /// Where γ starts.
        gamma_initializer: Initializer = Initializer::ones(),
        /// Where β starts.
        beta_initializer: Initializer = Initializer::zeros(),
        /// What γ adds to the loss.
        gamma_regularizer: Option<Regularizer> = None,
        /// What β adds to the loss.
        beta_regularizer: Option<Regularizer> = None,
    }
}

impl Layer for ConditionalBatchNormalization {
    described!("ganymede>ConditionalBatchNormalization");

    fn build<'g>(&self, scope: &Scope<'g>, inputs: &[Expr<'g>]) -> Vec<Expr<'g>> {
        if let Some(poison) = inputs.iter().find(|x| x.is_poison()) {
            return vec![*poison];
        }
        let found = || inputs.iter().map(|x| x.shape().to_string()).collect::<Vec<_>>().join(" and ");
        let [x, label] = inputs else {
            let message = format!("expected two inputs, a tensor and labels, found {}", inputs.len());
            return vec![scope.builder().error(message, Some("name both in `inputs`".into()))];
        };
        let shape = x.shape();
        if shape.rank() < 2 || label.shape()[..] != shape[..1] || self.classes == 0 {
            let message = format!("expected inputs (N, …, C) and (N,) of 1 class or more, found {}", found());
            return vec![scope.builder().error(message, Some("the label's Input has shape = []".into()))];
        }
        let (axis, channels) = (shape.rank() - 1, shape[shape.rank() - 1]);
        let table = |name: &str, initializer: &Initializer, regularizer: &Option<Regularizer>| {
            let table =
                scope.parameter(name, [self.classes, channels], initializer, ParameterSpec::new(regularizer, &None));
            let ones = std::iter::repeat_n(1, axis - 1);
            let sizes: Vec<usize> = [shape[0]].into_iter().chain(ones).chain([channels]).collect();
            table.gather(label.convert(DType::I32)).reshape(sizes) // (N, 1, …, C)
        };
        let gamma = table("gamma", &self.gamma_initializer, &self.gamma_regularizer);
        let beta = table("beta", &self.beta_initializer, &self.beta_regularizer);
        let first = (&Initializer::zeros(), &Initializer::ones());
        let (centred, variance) = centred(scope, *x, axis, self.momentum, first);
        let normalized = centred * (variance + self.epsilon).rsqrt().broadcast(shape, &[axis]);
        vec![normalized * gamma + beta]
    }
}
