//! Mirrored positions around an image. Keras has no such layer; programs write one of this name.

use super::{Layer, axes};
use crate::arguments::Borders;
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};

configured! {
    /// The positions behind each border as in a mirror that stands on it: row −i is row i, row height − 1 + i is row
    /// height − 1 − i, columns alike. The border itself is not repeated.
    ///
    /// # Shapes
    /// (N, height, width, C) → (N, top + height + bottom, left + width + right, C).
    ///
    /// # Errors
    /// Recorded when a side of padding is not below the size of its axis.
    ///
    /// # Source
    /// Zhu, Park, Isola, Efros (2017), "Unpaired image-to-image translation using cycle-consistent adversarial networks",
    /// arXiv:1703.10593, appendix 7.2.
    pub struct ReflectionPadding2D {
        ;
        /// Numbers of positions.
        padding: Borders<2> = Borders([[1; 2]; 2]),
    }
}

impl Layer for ReflectionPadding2D {
    described!("ganymede>ReflectionPadding2D");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let sizes = match axes::spatial::<2>(scope, x) {
            Ok((sizes, _)) => sizes,
            Err(poison) => return poison,
        };
        for (axis, (&size, [low, high])) in sizes.iter().zip(self.padding.0).enumerate() {
            if low.max(high) >= size {
                let message = format!(
                    "expected padding below the {size} positions of spatial axis {axis}, found [{low}, {high}]"
                );
                return scope.builder().error(message, Some("pad less: a mirror shows no more than there is".into()));
            }
        }
        self.padding.0.iter().enumerate().fold(x, |x, (axis, border)| mirrored(x, axis + 1, *border))
    }
}

/// x with `low` positions before and `high` behind those of an axis, each below their number.
fn mirrored<'g>(x: Expr<'g>, axis: usize, [low, high]: [usize; 2]) -> Expr<'g> {
    let n = x.shape()[axis];
    let mirror = |range: std::ops::Range<usize>| x.slice_axis(axis, range).reverse(&[axis]);
    let mut parts = Vec::with_capacity(3);
    if low > 0 {
        parts.push(mirror(1..low + 1));
    }
    parts.push(x);
    if high > 0 {
        parts.push(mirror(n - 1 - high..n - 1));
    }
    concat(&parts, axis)
}
