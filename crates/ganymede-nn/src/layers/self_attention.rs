//! The attention of an image's positions to each other. Keras has no such layer. Not here: attention of several heads between
//! sequences (`multi_head_attention.rs`).

use super::{Conv2D, Layer, MaxPooling2D, axes};
use crate::config::configured;
use crate::scope::{ParameterSpec, Scope};
use crate::{Initializer, Regularizer};
use ganymede_graph::Expr;

configured! {
    /// x + γ·o, where o of position j is v(Σ_i β_ji h(x_i)), β_ji the softmax over all positions i of f(x_i)·g(x_j), and f, g, h and v
    /// are convolutions of size 1 with C/8, C/8, C/2 and C channels. γ is one number that starts at 0: the layer changes nothing at first.
    ///
    /// Of f and h every 2 × 2 positions are pooled to their largest values where height and width are even, as in the code
    /// of the paper's authors. Under `SpectralNormalization`, each of the four kernels is divided by its own σ.
    ///
    /// # Shapes
    /// The shape stays, (N, height, width, C); kernels `f`, `g` (1, 1, C, C/8), `h` (1, 1, C, C/2), `v` (1, 1, C/2, C), γ (1,).
    ///
    /// # Errors
    /// Recorded when C is not a multiple of 8.
    ///
    /// # Source
    /// Zhang, Goodfellow, Metaxas, Odena (2019), "Self-attention generative adversarial networks", arXiv:1805.08318, section 3.
    pub struct SelfAttention2D {
        ;
        /// Where the kernels start.
        kernel_initializer: Initializer = Initializer::glorot_uniform(),
        /// Where γ starts.
        gamma_initializer: Initializer = Initializer::zeros(),
        /// What each kernel adds to the loss.
        kernel_regularizer: Option<Regularizer> = None,
    }
}

impl Layer for SelfAttention2D {
    described!("ganymede>SelfAttention2D");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let ([height, width], channels) = match axes::spatial::<2>(scope, x) {
            Ok(found) => found,
            Err(poison) => return poison,
        };
        if channels == 0 || !channels.is_multiple_of(8) || height * width == 0 {
            let message = format!("expected an image whose channels are a multiple of 8, found {}", x.shape());
            return scope
                .builder()
                .error(message, Some("put a Conv2D with such a number of filters in front of it".into()));
        }
        let batch = x.shape()[0];
        let convolved = |part: &str, x: Expr<'g>, filters: usize| {
            let mut layer = Conv2D::new(filters, 1).use_bias(false).kernel_initializer(self.kernel_initializer.clone());
            layer.kernel_regularizer = self.kernel_regularizer.clone();
            layer.call(&scope.child(part), x)
        };
        let even = height.is_multiple_of(2) && width.is_multiple_of(2);
        let pooled = |x: Expr<'g>| if even { MaxPooling2D::new().call(scope, x) } else { x };
        let positions = |x: Expr<'g>| {
            let shape = x.shape();
            x.reshape([batch, shape[1] * shape[2], shape[3]])
        };
        let keys = positions(pooled(convolved("f", x, channels / 8)));
        let queries = positions(convolved("g", x, channels / 8));
        let values = positions(pooled(convolved("h", x, channels / 2)));
        let shares = queries.matmul_transposed(keys, false, true).softmax(2); // (N, positions, pooled positions)
        let seen = shares.matmul(values).reshape([batch, height, width, channels / 2]);
        let output = convolved("v", seen, channels);
        let gamma = scope.parameter("gamma", [1], &self.gamma_initializer, ParameterSpec::default());
        x + output * gamma
    }
}
