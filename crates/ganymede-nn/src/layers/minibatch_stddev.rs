//! The standard deviation of a minibatch as one more channel. Keras has no such layer.

use super::Layer;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

configured! {
    /// Adds a channel that says how much the samples of a group differ: the standard deviation of each element over the
    /// group, √(variance + 10⁻⁸), in the mean over all elements. A discriminator that sees it notices samples that are all
    /// alike.
    ///
    /// # Shapes
    /// (N, …, C) → (N, …, C + 1). Groups are samples in a row; where there are fewer, all are one group.
    ///
    /// # Errors
    /// Recorded when group_size does not divide N.
    ///
    /// # Source
    /// Karras, Aila, Laine, Lehtinen (2018), "Progressive growing of GANs for improved quality, stability, and variation",
    /// arXiv:1710.10196, section 3.
    pub struct MinibatchStddev {
        ;
        /// Samples in a group.
        group_size: usize = 4,
    }
}

impl Layer for MinibatchStddev {
    described!("ganymede>MinibatchStddev");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let shape = x.shape();
        let batch = shape.first().copied().unwrap_or(0);
        let group = self.group_size.min(batch);
        if shape.rank() < 2 || group == 0 || !batch.is_multiple_of(group) {
            let message = format!(
                "expected samples (N, …) with N a multiple of group_size, found {shape} and group_size = {}",
                self.group_size
            );
            return scope.builder().error(message, Some("set train.batch to a multiple of group_size".into()));
        }
        let (groups, each) = (batch / group, shape.elements() / batch);
        let grouped = x.reshape([groups, group, each]);
        let deviation = (grouped.variance_axes(&[1]) + 1e-8).sqrt().mean_axes(&[1]); // (groups,)
        let axis = shape.rank() - 1;
        let sizes: Vec<usize> = shape[..axis].iter().copied().chain([1]).collect();
        let column = deviation.reshape([groups, 1]).broadcast_to([groups, group]).reshape([batch]);
        ganymede_graph::concat(&[x, column.broadcast(sizes, &[0])], axis)
    }
}
