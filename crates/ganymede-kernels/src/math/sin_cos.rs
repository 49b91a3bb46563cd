//! Sine and cosine, of any argument.

use super::polynomial;
use crate::isa::{LANES, Simd};

/// π/2 in four parts; the first three have 11 bits, so that their product with a number of 13 bits is exact.
const HALF_PI: [f32; 4] = [1.570_312_5, 4.837_513e-4, 7.549_533_6e-8, 2.563_344e-12];
/// Up to here the four parts are enough.
const LIMIT: f32 = 8192.0;
/// Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;

/// x = n·π/2 + r with |r| ≤ π/4: n (its low bits count) and sin r, cos r.
#[inline(always)]
fn quadrant<S: Simd>(s: S, x: S::F32) -> (S::U32, S::F32, S::F32) {
    let shifted = s.mul_add(x, s.splat(std::f32::consts::FRAC_2_PI), s.splat(ROUND));
    let n = s.sub(shifted, s.splat(ROUND));
    let mut r = x;
    for part in HALF_PI {
        r = s.neg_mul_add(n, s.splat(part), r);
    }
    let square = s.mul(r, r);
    let p = polynomial(s, square, [-0.16666655, 0.00833219, -0.00019518408]);
    let sin = s.mul_add(s.mul(r, square), p, r);
    let p = polynomial(s, square, [0.041666646, -0.0013887301, 2.4430661e-5]);
    let cos = s.mul_add(s.mul(square, square), p, s.neg_mul_add(s.splat(0.5), square, s.splat(1.0)));
    (s.to_bits(shifted), sin, cos)
}

/// The sine of n·π/2 + r.
#[inline(always)]
fn turn<S: Simd>(s: S, n: S::U32, sin: S::F32, cos: S::F32) -> S::F32 {
    let odd = s.sub_u32(s.splat_u32(0), s.and(n, s.splat_u32(1)));
    let sign = s.shift_left::<30>(s.and(n, s.splat_u32(2)));
    s.from_bits(s.xor(s.to_bits(s.select(odd, cos, sin)), sign))
}

/// Replaces the lanes of `y` whose argument is too large (or not finite) by what `exact` says.
#[inline(always)]
fn repair<S: Simd>(s: S, x: S::F32, y: S::F32, exact: fn(f32) -> f32) -> S::F32 {
    let large = s.not(s.le(s.abs(x), s.splat(LIMIT)));
    if !s.any(large) {
        return y;
    }
    let (mut arguments, mut values) = ([0.0; LANES], [0.0; LANES]);
    s.store(&mut arguments, x);
    s.store(&mut values, y);
    for (x, y) in arguments.iter().zip(&mut values) {
        if x.is_nan() || x.abs() > LIMIT {
            *y = exact(*x);
        }
    }
    s.load(&values)
}

/// sin(x), at most 2 ulp off; arguments above 8192 take a slow path, ±∞ gives NaN.
#[inline(always)]
pub fn sin<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let (n, sin, cos) = quadrant(s, x);
    repair(s, x, turn(s, n, sin, cos), libm::sinf)
}

/// cos(x), at most 2 ulp off; arguments above 8192 take a slow path, ±∞ gives NaN.
#[inline(always)]
pub fn cos<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let (n, sin, cos) = quadrant(s, x);
    repair(s, x, turn(s, s.add_u32(n, s.splat_u32(1)), sin, cos), libm::cosf)
}

/// (sin(x), cos(x)), as the two functions give them.
#[inline(always)]
pub fn sin_cos<S: Simd>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let (n, sin, cos) = quadrant(s, x);
    let next = s.add_u32(n, s.splat_u32(1));
    (repair(s, x, turn(s, n, sin, cos), libm::sinf), repair(s, x, turn(s, next, sin, cos), libm::cosf))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Unary, all_floats, between, check};
    use super::*;

    #[derive(Clone, Copy)]
    struct Sin;
    impl Unary for Sin {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            sin(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            libm::sin(x)
        }
    }

    #[derive(Clone, Copy)]
    struct Cos;
    impl Unary for Cos {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            sin_cos(s, x).1
        }
        fn exact(self, x: f64) -> f64 {
            libm::cos(x)
        }
    }

    /// The floats nearest to the zeros, where the reduction must keep the most digits.
    fn near_zeros() -> Vec<f32> {
        (-5000..5000).map(|n| (n as f64 * std::f64::consts::FRAC_PI_2) as f32).collect()
    }

    #[test]
    fn sin_is_that_of_f64() {
        check(Sin, &between(-10.0, 10.0, 200_000), 2.0, 2.0);
        check(Sin, &all_floats(), 2.0, 2.0);
        check(Sin, &near_zeros(), 2.0, 2.0);
    }

    #[test]
    fn cos_is_that_of_f64() {
        check(Cos, &between(-10.0, 10.0, 200_000), 2.0, 2.0);
        check(Cos, &all_floats(), 2.0, 2.0);
        check(Cos, &near_zeros(), 2.0, 2.0);
    }
}
