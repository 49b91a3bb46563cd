//! More positions between those there are.

use super::{Layer, axes};
use crate::arguments::{ChannelsLast, Interpolation, PerAxis};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::{Expr, concat};

macro_rules! nearest {
    ($(#[$doc:meta])* $name:ident, $n:literal $(, $format:ident)?) => {
        configured! {
            $(#[$doc])*
            ///
            /// # Shapes
            /// (N, spatial…, C) → (N, spatial × size…, C).
            pub struct $name {
                ;
                /// How often each position is repeated.
                size: PerAxis<$n> = PerAxis([2; $n]),
                $(
                    /// Where the channels are.
                    $format: ChannelsLast = ChannelsLast,
                )?
            }
        }

        impl Layer for $name {
            described!(stringify!($name));

            fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
                match checked::<$n>(scope, x, self.size) {
                    Ok(()) => (0..$n).fold(x, |x, axis| x.repeat(axis + 1, self.size.0[axis])),
                    Err(poison) => poison,
                }
            }
        }
    };
}

nearest!(
    /// Repeats each step.
    UpSampling1D, 1
);
nearest!(
    /// Repeats each voxel.
    UpSampling3D, 3, data_format
);

configured! {
    /// Repeats each pixel, or goes linearly from one to the next.
    ///
    /// # Shapes
    /// (N, height, width, C) → (N, height × size, width × size, C).
    pub struct UpSampling2D {
        ;
        /// How many pixels become of one, in each direction.
        size: PerAxis<2> = PerAxis([2; 2]),
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        /// How the values between are made.
        interpolation: Interpolation = Interpolation::Nearest,
    }
}

/// Largest factor of a bilinear layer: each phase is a node of the graph.
const MOST_PHASES: usize = 256;

impl Layer for UpSampling2D {
    described!("UpSampling2D");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let grow = match self.interpolation {
            Interpolation::Nearest => Expr::repeat,
            Interpolation::Bilinear if self.size.0.iter().any(|&s| s > MOST_PHASES) => {
                let message = format!("expected a size of at most {MOST_PHASES} for bilinear, found {:?}", self.size.0);
                return scope.builder().error(message, Some("scale up in two steps".into()));
            }
            Interpolation::Bilinear => interpolate,
        };
        match checked::<2>(scope, x, self.size) {
            Ok(()) => (0..2).fold(x, |x, axis| grow(x, axis + 1, self.size.0[axis])),
            Err(poison) => poison,
        }
    }
}

/// Checks rank and factors.
fn checked<'g, const N: usize>(scope: &Scope<'g>, x: Expr<'g>, size: PerAxis<N>) -> Result<(), Expr<'g>> {
    let (sizes, _) = axes::spatial::<N>(scope, x)?;
    if size.0.contains(&0) || sizes.contains(&0) {
        let message = format!("expected a size and positions of at least 1, found {:?} and {sizes:?}", size.0);
        return Err(scope.builder().error(message, None));
    }
    Ok(())
}

/// `times` positions for each of an axis, linear between the centres of the old ones, constant beyond the first
/// and the last. Result t of position i lies (t + ½)/times − ½ after it.
fn interpolate<'g>(x: Expr<'g>, axis: usize, times: usize) -> Expr<'g> {
    if times == 1 || x.is_poison() {
        return x;
    }
    let shape = x.shape();
    let n = shape[axis];
    let (first, last) = (x.slice_axis(axis, 0..1), x.slice_axis(axis, n - 1..n));
    let before = if n == 1 { first } else { concat(&[first, x.slice_axis(axis, 0..n - 1)], axis) };
    let after = if n == 1 { last } else { concat(&[x.slice_axis(axis, 1..n), last], axis) };
    let mut between = shape.to_vec();
    between.insert(axis + 1, 1);
    let phases: Vec<Expr> = (0..times)
        .map(|t| {
            let at = (t as f64 + 0.5) / times as f64 - 0.5;
            let neighbour = if at < 0.0 { before } else { after };
            (x * (1.0 - at.abs()) + neighbour * at.abs()).reshape(between.clone())
        })
        .collect();
    concat(&phases, axis + 1).reshape(shape.with(axis, n.saturating_mul(times)))
}
