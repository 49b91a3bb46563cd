//! Several samples as one, for a discriminator that is to see whether they differ. Keras has no such layer.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Each `pac` samples in a row become one, their features side by side: result i is (x[i·pac], …, x[i·pac + pac − 1]).
    ///
    /// # Shapes
    /// (N, F) → (N / pac, pac·F); images (N, H, W, C) → (N / pac, H, W, pac·C), and so on.
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
        let shape = x.shape();
        let rank = shape.rank();
        if rank < 2 {
            let message = format!("expected an input (batch, …, features), found {shape}");
            return scope.builder().error(message, None);
        }
        let (batch, features) = (shape[0], shape[rank - 1]);
        if self.pac == 0 || !batch.is_multiple_of(self.pac) {
            let message = format!("expected a batch that pac divides, found a batch of {batch} and pac = {}", self.pac);
            return scope.builder().error(message, Some("set train.batch to a multiple of pac".into()));
        }
        let packs = batch / self.pac;
        let between = &shape[1..rank - 1];
        let apart: Vec<usize> = [packs, self.pac].iter().chain(between).chain([&features]).copied().collect();
        let together: Vec<usize> = [packs].iter().chain(between).chain([&(self.pac * features)]).copied().collect();
        // (packs, …, pac, features)
        let order: Vec<usize> = [0].into_iter().chain(2..rank).chain([1, rank]).collect();
        let x = if rank == 2 { x } else { x.reshape(apart).transpose(&order) };
        x.reshape(together)
    }
}
