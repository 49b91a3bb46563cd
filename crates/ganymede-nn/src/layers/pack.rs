//! Several samples as one, for a discriminator that is to see whether they differ. Keras has no such layer.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Each `pac` samples in a row become one, their features side by side: result i is (x[i·pac], …, x[i·pac + pac − 1]).
    ///
    /// # Shapes
    /// (N, F) → (N / pac, pac·F).
    ///
    /// # Errors
    /// Recorded when pac does not divide N.
    ///
    /// # Source
    /// Lin, Khetan, Fanti, Oh (2017), "PacGAN: the power of two samples in generative adversarial networks",
    /// arXiv:1712.04086.
    pub struct Pack {
        /// Number of samples that become one.
        pac: usize = 1,
        ;
    }
}

impl Layer for Pack {
    described!("ganymede>Pack");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let [batch, features] = x.shape()[..] else {
            let message = format!("expected an input (batch, features), found {}", x.shape());
            return scope.builder().error(message, Some("put a Flatten layer in front of it".into()));
        };
        if self.pac == 0 || !batch.is_multiple_of(self.pac) {
            let message = format!("expected a batch that pac divides, found a batch of {batch} and pac = {}", self.pac);
            return scope.builder().error(message, Some("set train.batch to a multiple of pac".into()));
        }
        x.reshape([batch / self.pac, self.pac.saturating_mul(features)])
    }
}
