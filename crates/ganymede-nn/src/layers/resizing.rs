//! An image of another size. Not here: whole factors by the factor (`up_sampling.rs`).

use super::{Layer, axes};
use crate::arguments::{ChannelsLast, Interpolation};
use crate::config::configured;
use crate::scope::Scope;
use ganymede_graph::Expr;
use ganymede_tensor::TensorType;

configured! {
    /// The image at height × width positions. Position i of n, of an axis that had m, lies at c = (i + ½)·m/n − ½ of the old ones:
    /// `nearest` takes the one at ⌊c + ½⌋, `bilinear` goes linearly between those beside c, constant beyond the first and the
    /// last. What is scaled down is not smoothed.
    ///
    /// Each axis is a product with a constant matrix (n, m).
    ///
    /// # Shapes
    /// (N, any, any, C) → (N, height, width, C).
    pub struct Resizing {
        /// Rows of the result.
        height: usize = 1,
        /// Columns of the result.
        width: usize = 1,
        ;
        /// How the values between are made.
        interpolation: Interpolation = Interpolation::Bilinear,
        /// Where the channels are.
        data_format: ChannelsLast = ChannelsLast,
        ; fixed
        crop_to_aspect_ratio = false, "cut the image with a Cropping2D in front of it";
        pad_to_aspect_ratio = false, "put a ZeroPadding2D in front of it";
        fill_mode = "constant", "there is no padding here: remove it";
        fill_value = 0.0, "there is no padding here: remove it";
        antialias = false, "put an AveragePooling2D in front of it";
    }
}

/// Largest size of the result: each axis is a matrix of its old and new size.
const MOST_POSITIONS: usize = 8192;

impl Layer for Resizing {
    described!("Resizing");

    fn call<'g>(&self, scope: &Scope<'g>, x: Expr<'g>) -> Expr<'g> {
        let sizes = match axes::spatial::<2>(scope, x) {
            Ok((sizes, _)) => sizes,
            Err(poison) => return poison,
        };
        let possible = |n: &usize| (1..=MOST_POSITIONS).contains(n);
        if ![self.height, self.width].iter().all(possible) || sizes.contains(&0) {
            let message = format!(
                "expected height and width from 1 to {MOST_POSITIONS} and an image of at least 1 pixel, found {}, {} and {}",
                self.height,
                self.width,
                x.shape()
            );
            return scope.builder().error(message, None);
        }
        let resized = |x, (axis, n)| along(x, axis, n, self.interpolation);
        [(1, self.height), (2, self.width)].into_iter().fold(x, resized)
    }
}

/// `n` positions in place of those of an axis.
fn along<'g>(x: Expr<'g>, axis: usize, n: usize, interpolation: Interpolation) -> Expr<'g> {
    if x.is_poison() {
        return x;
    }
    let (shape, last) = (x.shape(), x.rank() - 1);
    let m = shape[axis];
    if n == m {
        return x;
    }
    if interpolation == Interpolation::Nearest && n.is_multiple_of(m) {
        return x.repeat(axis, n / m);
    }
    let mut matrix = vec![0.0; m * n]; // (m, n): a column for each new position
    for i in 0..n {
        for (at, weight) in taken(i, m, n, interpolation) {
            matrix[at * n + i] += weight;
        }
    }
    let matrix = x.builder().constant_tensor(TensorType::f32([m, n]), &matrix);
    let mut order = x.all_axes();
    order.swap(axis, last);
    x.transpose(&order).matmul(matrix).transpose(&order)
}

/// The old positions, of m, that the new position i of n is made of, with their weights.
fn taken(i: usize, m: usize, n: usize, interpolation: Interpolation) -> [(usize, f64); 2] {
    match interpolation {
        Interpolation::Nearest => [((2 * i + 1) * m / (2 * n), 1.0), (0, 0.0)],
        Interpolation::Bilinear => {
            let centre = ((i as f64 + 0.5) * m as f64 / n as f64 - 0.5).clamp(0.0, (m - 1) as f64);
            let (low, between) = (centre as usize, centre.fract());
            [(low, 1.0 - between), ((low + 1).min(m - 1), between)]
        }
    }
}
