//! The slope of the discriminator, which penalties hold: where it is taken, and of which samples together. Not here: what it is
//! to be (one file for each penalty).

use crate::loss_scope::LossScope;
use ganymede_graph::Expr;

/// x̂ = ε·real + (1 − ε)·fake, with one ε ~ U(0, 1) for the samples that the discriminator judges as one; (N, …sample).
pub(super) fn between<'g>(s: &LossScope<'g>) -> Expr<'g> {
    let (real, fake) = (s.real(), s.fake());
    let shape = real.shape();
    s.mix(together(s, real), together(s, fake)).reshape(shape)
}

/// ∇D at the samples x, of the logits: a row for each verdict.
///
/// # Shapes
/// x (N, …sample); as x, or (N / pac, pac·elements) where the discriminator judges `pac` samples as one.
pub(super) fn slope<'g>(s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
    together(s, s.discriminator(x).logits.sum().grad(&[x])[0])
}

/// Samples that the discriminator judges as one, in one row.
fn together<'g>(s: &LossScope<'g>, x: Expr<'g>) -> Expr<'g> {
    let (pac, shape) = (s.packed(), x.shape());
    if pac <= 1 || x.is_poison() || !shape[0].is_multiple_of(pac) {
        return x;
    }
    let packs = shape[0] / pac;
    x.reshape([packs, shape.elements() / packs.max(1)])
}
