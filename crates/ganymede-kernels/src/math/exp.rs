//! exp and expm1. Not here: powers of other bases (`pow.rs`).

use super::{polynomial, with_sign};
use crate::isa::Simd;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact.
pub(super) const LN2_HIGH: f32 = 0.693_359_4;
pub(super) const LN2_LOW: f32 = -2.121_944_4e-4;
/// Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;

/// x = n·ln 2 + r with |r| ≤ ln 2 / 2: n as `i32` bits, and expm1(r). `low` is added to r (0, or what x lacks).
#[inline(always)]
pub(super) fn split<S: Simd>(s: S, x: S::F32, low: S::F32) -> (S::U32, S::F32) {
    let shifted = s.mul_add(x, s.splat(LOG2_E), s.splat(ROUND));
    let n = s.sub(shifted, s.splat(ROUND));
    let r = s.neg_mul_add(n, s.splat(LN2_HIGH), x);
    let r = s.add(s.neg_mul_add(n, s.splat(LN2_LOW), r), low);
    let p = polynomial(s, r, [0.5, 0.16666666, 0.041666485, 0.008333541, 0.0013933227, 0.00019766929]);
    let integer = s.sub_u32(s.to_bits(shifted), s.splat_u32(ROUND.to_bits()));
    (integer, s.mul_add(s.mul(r, r), p, r))
}

/// 2ⁿ as the product of two floats, for −252 ≤ n ≤ 254.
#[inline(always)]
pub(super) fn two_to_the<S: Simd>(s: S, n: S::U32) -> (S::F32, S::F32) {
    let half = s.sub_u32(s.shift_right::<1>(s.add_u32(n, s.splat_u32(256))), s.splat_u32(128));
    (power(s, half), power(s, s.sub_u32(n, half)))
}

/// 2ⁿ for −127 < n < 128.
#[inline(always)]
fn power<S: Simd>(s: S, n: S::U32) -> S::F32 {
    s.from_bits(s.shift_left::<23>(s.add_u32(n, s.splat_u32(127))))
}

/// x with what lies beyond the range of exp moved to its ends; NaN stays.
#[inline(always)]
pub(super) fn clamp<S: Simd>(s: S, x: S::F32) -> S::F32 {
    s.max(s.splat(-104.0), s.min(s.splat(89.0), x))
}

/// exp(x), at most 1.5 ulp off, denormal results included.
#[inline(always)]
pub fn exp<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let (n, q) = split(s, clamp(s, x), s.zero());
    let (a, b) = two_to_the(s, n);
    s.mul(s.mul(s.add(q, s.splat(1.0)), a), b)
}

/// exp(x) − 1 without cancellation near 0, at most 2 ulp off.
#[inline(always)]
pub fn expm1<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let (n, q) = split(s, clamp(s, x), s.zero());
    let (a, b) = two_to_the(s, n);
    // (2ⁿ·q + 2ⁿ − 1) with 2ⁿ = a·b, which alone may be infinite.
    let y = s.mul(s.mul_add(a, q, s.sub(a, s.div(s.splat(1.0), b))), b);
    // As x → 0 the result is x, which lost its sign if it is −0.
    with_sign(s, y, x)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Unary, all_floats, between, check};
    use super::*;

    #[derive(Clone, Copy)]
    struct Exp;
    impl Unary for Exp {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            exp(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            x.exp()
        }
    }

    #[derive(Clone, Copy)]
    struct Expm1;
    impl Unary for Expm1 {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            expm1(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            x.exp_m1()
        }
    }

    #[test]
    fn exp_is_that_of_f64() {
        check(Exp, &between(-105.0, 90.0, 200_000), 1.5, 2.0);
        check(Exp, &all_floats(), 1.5, 2.0);
    }

    #[test]
    fn expm1_is_that_of_f64() {
        check(Expm1, &between(-20.0, 90.0, 200_000), 2.0, 2.5);
        check(Expm1, &between(-1.5, 1.5, 200_000), 2.0, 2.5);
        check(Expm1, &all_floats(), 2.0, 2.5);
    }
}
