//! Moving images: one affine map for each, read by linear interpolation. Not here: when (`adaptive.rs`).

use super::Pixels;
use super::adaptive::Chance;
use ganymede_graph::Expr;
use std::f64::consts::{LN_2, PI};

/// Largest move by whole pixels, and standard deviation of one by any amount, as parts of a side.
const MOVE: f64 = 0.125;
/// Standard deviation of the logarithm (base 2) of a scale.
const SCALE: f64 = 0.2;

/// Where a pixel of the result is read, from the middle of the image: (a·u + b·v + c, d·u + e·v + f) of its own place
/// (u, v). Each image has its own numbers, (N, 1, 1).
struct Affine<'g>([Expr<'g>; 6]);

impl<'g> Affine<'g> {
    /// First `next`, then this: (A B)(u, v) = A(B(u, v)).
    fn after(self, next: [Expr<'g>; 6]) -> Affine<'g> {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, w] = next;
        Affine([a * p + b * s, a * q + b * t, a * r + b * w + c, d * p + e * s, d * q + e * t, d * r + e * w + f])
    }

    fn scaled(self, u: Expr<'g>, v: Expr<'g>) -> Affine<'g> {
        let zero = u * 0.0;
        self.after([u, zero, zero, zero, v, zero])
    }

    fn turned(self, angle: Expr<'g>) -> Affine<'g> {
        let (cos, sin, zero) = (angle.cos(), angle.sin(), angle * 0.0);
        self.after([cos, -sin, zero, sin, cos, zero])
    }

    fn moved(self, right: Expr<'g>, down: Expr<'g>) -> Affine<'g> {
        let (one, zero) = (right * 0.0 + 1.0, right * 0.0);
        self.after([one, zero, right, zero, one, down])
    }
}

/// The images moved, (N, H, W, C).
pub(super) fn moved<'g>(chance: &Chance<'_, 'g>, pixels: &Pixels<'g>, blit: bool, geometry: bool) -> Expr<'g> {
    let (height, width) = (pixels.height as f64, pixels.width as f64);
    let (one, zero) = (chance.every(1.0), chance.every(0.0));
    let mut map = Affine([one, zero, zero, zero, one, zero]);
    if blit {
        let mirrored = chance.maybe(chance.uniform().less(0.5).select(-1.0, 1.0), 1.0);
        map = map.scaled(mirrored, one);
        // A turn by a quarter keeps the shape of squares alone.
        let (turns, angle) = if pixels.height == pixels.width { (4.0, PI / 2.0) } else { (2.0, PI) };
        // Exact: sine and cosine of quarters, from the number of them.
        let quarter = chance.maybe((chance.uniform() * turns).floor(), 0.0) * (angle / (PI / 2.0));
        let is = |n: f64| quarter.equal(n);
        let cos = is(0.0).select(1.0, is(2.0).select(-1.0, 0.0));
        let sin = is(1.0).select(1.0, is(3.0).select(-1.0, 0.0));
        map = map.after([cos, -sin, zero, sin, cos, zero]);
        let whole = |size: f64| ((chance.uniform() * 2.0 - 1.0) * (MOVE * size) + 0.5).floor();
        let (right, down) = (whole(width), whole(height));
        let is_on = chance.is_on();
        map = map.moved(is_on.select(right, 0.0), is_on.select(down, 0.0));
    }
    if geometry {
        let scale = || chance.maybe((chance.normal() * (SCALE * LN_2)).exp(), 1.0);
        let angle = || chance.one_of_two((chance.uniform() * 2.0 - 1.0) * PI, 0.0);
        let both = scale();
        map = map.scaled(both, both).turned(angle());
        let along = scale();
        map = map.scaled(along, one / along).turned(angle());
        let any = |size: f64| chance.normal() * (MOVE * size);
        let (right, down, is_on) = (any(width), any(height), chance.is_on());
        map = map.moved(is_on.select(right, 0.0), is_on.select(down, 0.0));
    }
    let (middle_row, middle_column) = ((height - 1.0) / 2.0, (width - 1.0) / 2.0);
    let (u, v) = (pixels.column - middle_column, pixels.row - middle_row); // (N, H, W)
    let Affine([a, b, c, d, e, f]) = map;
    read(pixels, d * u + e * v + f + middle_row, a * u + b * v + c + middle_column)
}

/// Pixels between four others: the mean of these, by nearness. The image goes on mirrored at its edges.
fn read<'g>(pixels: &Pixels<'g>, row: Expr<'g>, column: Expr<'g>) -> Expr<'g> {
    let (low_row, low_column) = (row.floor(), column.floor());
    let share = |x: Expr<'g>| x.reshape([pixels.batch, pixels.height, pixels.width, 1]);
    let (down, right) = (share(row - low_row), share(column - low_column));
    let neighbour = |more_row: f64, more_column: f64| {
        let row = reflected(low_row + more_row, pixels.height);
        pixels.at(row, reflected(low_column + more_column, pixels.width))
    };
    let (top, bottom) =
        (neighbour(0.0, 0.0).lerp(neighbour(0.0, 1.0), right), neighbour(1.0, 0.0).lerp(neighbour(1.0, 1.0), right));
    top.lerp(bottom, down)
}

/// A whole place on a side that goes on mirrored at both ends, whose last pixels come once: … 2 1 0 1 2 … n−1 n−2 ….
fn reflected<'g>(place: Expr<'g>, size: usize) -> Expr<'g> {
    if size == 1 {
        return place * 0.0;
    }
    let (last, period) = ((size - 1) as f64, 2.0 * (size - 1) as f64);
    let turn = place - (place / period).floor() * period; // [0, period]
    last - (turn - last).abs()
}
