//! Orthogonal regularization of a player's kernels. Not here: Keras's `OrthogonalRegularizer`, of one layer (`ganymede-nn`).

use super::{Player, Regularizer};
use crate::loss_scope::LossScope;
use ganymede_graph::Expr;
use serde::{Deserialize, Serialize};

pub(super) const SUMMARY: &str = "the kernels of a network's layers stay orthogonal; Brock et al. 2019";

/// Σ ‖WᵀW ⊙ (1 − I)‖² over the kernels W of the player's network, each as a matrix whose columns are its last axis, the outputs
/// of a layer (of a transposed convolution its inputs): different columns are to be orthogonal, of any length. With `lengths`
/// it is Σ ‖WᵀW − I‖², which holds their length at 1 too. Embeddings and scales of normalizations are no kernels.
///
/// # Source
/// Brock, Donahue, Simonyan (2019), "Large scale GAN training for high fidelity natural image synthesis",
/// arXiv:1809.11096, equation 3, weight 10⁻⁴; with `lengths` Brock, Lim, Ritchie, Weston (2017), "Neural photo editing
/// with introspective adversarial networks", arXiv:1609.07093.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orthogonal {
    /// Whether their length is held at 1.
    #[serde(default)]
    pub lengths: bool,
}

impl Regularizer for Orthogonal {
    fn players(&self) -> &'static [Player] {
        &[Player::Discriminator, Player::Generator]
    }

    fn penalty<'g>(&self, s: &LossScope<'g>) -> Expr<'g> {
        // Makes the layers, if no other term has done so.
        let fake = match s.player() {
            Player::Discriminator => s.discriminator(s.fake()).logits,
            Player::Generator => s.fake(),
        };
        if fake.is_poison() {
            return fake;
        }
        let of_kernel = |kernel: Expr<'g>| {
            let shape = kernel.shape();
            let outputs = shape[shape.rank() - 1];
            let matrix = kernel.reshape([shape.elements() / outputs.max(1), outputs]);
            let gram = matrix.matmul_transposed(matrix, true, false); // (outputs, outputs)
            let axis = |axis| s.builder().iota(gram.ty(), axis);
            let same = axis(0).equal(axis(1));
            let wanted = if self.lengths { same.select(gram - 1.0, gram) } else { same.select(0.0, gram) };
            wanted.square().sum()
        };
        let kernels = s.kernels(s.network_of(s.player())).into_iter().map(of_kernel);
        kernels.reduce(|sum, term| sum + term).unwrap_or_else(|| s.builder().constant(0.0))
    }
}
