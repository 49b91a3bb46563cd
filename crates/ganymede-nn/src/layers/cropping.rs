//! Fewer positions, cut off at the borders.

use super::{Layer, axes};
use crate::arguments::{Borders, ChannelsLast};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;

macro_rules! cropping {
    ($(#[$doc:meta])* $name:ident, $n:literal, $default:literal $(, $format:ident)?) => {
        configured! {
            $(#[$doc])*
            ///
            /// # Shapes
            /// (N, spatial…, C) → (N, spatial − start − end…, C).
            pub struct $name {
                ;
                /// Numbers of positions.
                cropping: Borders<$n> = Borders([[$default; 2]; $n]),
                $(
                    /// Where the channels are.
                    $format: ChannelsLast = ChannelsLast,
                )?
            }
        }

        impl Layer for $name {
            described!(stringify!($name));

            fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
                crop(scope, x, self.cropping)
            }
        }
    };
}

cropping!(
    /// Cuts steps off at start and end.
    Cropping1D, 1, 1
);
cropping!(
    /// Cuts rows and columns off.
    Cropping2D, 2, 0, data_format
);
cropping!(
    /// Cuts planes, rows and columns off.
    Cropping3D, 3, 1, data_format
);

fn crop<'g, const N: usize>(scope: &Scope<'g>, x: Expr<'g>, cropping: Borders<N>) -> Expr<'g> {
    let sizes = match axes::spatial::<N>(scope, x) {
        Ok((sizes, _)) => sizes,
        Err(poison) => return poison,
    };
    let (mut start, mut limit) = (vec![0; N + 2], x.shape().to_vec());
    for (axis, (&size, [low, high])) in sizes.iter().zip(cropping.0).enumerate() {
        if low.saturating_add(high) >= size {
            let cut = low.saturating_add(high);
            let message =
                format!("expected more than {cut} positions on spatial axis {axis} to cut {cut} off, found {size}");
            return scope.builder().error(message, Some("cut less off".into()));
        }
        (start[axis + 1], limit[axis + 1]) = (low, size - high);
    }
    x.slice(&start, &limit, &vec![1; N + 2])
}
