//! log and log1p, natural. Not here: `pow.rs`, which needs the logarithm with more digits.

use super::exp::{LN2_HIGH, LN2_LOW};
use super::polynomial;
use crate::isa::Simd;

/// The bits of √½, the smallest mantissa.
const SQRT_HALF: u32 = 0x3f35_04f3;

/// x = 2ᵉ·(1 + f) for positive finite x, √½ ≤ 1 + f < √2: (e, f).
#[inline(always)]
pub(super) fn split<S: Simd>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let denormal = s.lt(x, s.splat(f32::MIN_POSITIVE));
    let scaled = s.select(denormal, s.mul(x, s.splat(33_554_432.0)), x); // 2^25
    let bits = s.add_u32(s.to_bits(scaled), s.splat_u32(0x3f80_0000 - SQRT_HALF));
    let exponent = s.i32_to_f32(s.sub_u32(s.shift_right::<23>(bits), s.splat_u32(127)));
    let exponent = s.sub(exponent, s.select(denormal, s.splat(25.0), s.zero()));
    let mantissa = s.add_u32(s.and(bits, s.splat_u32(0x007f_ffff)), s.splat_u32(SQRT_HALF));
    (exponent, s.sub(s.from_bits(mantissa), s.splat(1.0)))
}

/// p with log(1 + f) = f − f²/2 + f³·p
#[inline(always)]
pub(super) fn rest<S: Simd>(s: S, f: S::F32) -> S::F32 {
    let c = [
        0.33333313,
        -0.2500001,
        0.20002072,
        -0.16667989,
        0.14220358,
        -0.12406234,
        0.11883549,
        -0.11670099,
        0.067492716,
    ];
    polynomial(s, f, c)
}

/// ln(x), at most 1.5 ulp off; −∞ at 0, NaN below.
#[inline(always)]
pub fn log<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let (e, f) = split(s, x);
    let f2 = s.mul(f, f);
    let y = s.mul_add(e, s.splat(LN2_LOW), s.mul(s.mul(f2, f), rest(s, f)));
    let y = s.add(s.neg_mul_add(s.splat(0.5), f2, y), f);
    let y = s.mul_add(e, s.splat(LN2_HIGH), y);
    let infinity = s.splat(f32::INFINITY);
    let y = s.select(s.eq(x, infinity), x, y);
    let y = s.select(s.eq(x, s.zero()), s.neg(infinity), y);
    s.select(s.ge(x, s.zero()), y, s.splat(f32::NAN))
}

/// ln(1 + x) without cancellation near 0, at most 2.5 ulp off; −∞ at −1, NaN below.
#[inline(always)]
pub fn log1p<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let one = s.splat(1.0);
    let sum = s.add(x, one);
    // What rounding took from 1 + x, to first order.
    let small = s.lt(x, one);
    let lost = s.select(small, s.sub(x, s.sub(sum, one)), s.sub(one, s.sub(sum, x)));
    let exact = s.or(s.eq(sum, s.zero()), s.eq(sum, s.splat(f32::INFINITY)));
    let lost = s.select(exact, s.zero(), s.div(lost, sum));
    s.add(log(s, sum), lost)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Unary, all_floats, between, check};
    use super::*;

    #[derive(Clone, Copy)]
    struct Log;
    impl Unary for Log {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            log(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            x.ln()
        }
    }

    #[derive(Clone, Copy)]
    struct Log1p;
    impl Unary for Log1p {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            log1p(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            x.ln_1p()
        }
    }

    #[test]
    fn log_is_that_of_f64() {
        check(Log, &between(0.4, 2.5, 200_000), 1.5, 2.0);
        check(Log, &all_floats(), 1.5, 2.0);
    }

    #[test]
    fn log1p_is_that_of_f64() {
        check(Log1p, &between(-1.0, 3.0, 200_000), 2.5, 2.5);
        check(Log1p, &all_floats(), 2.5, 2.5);
    }
}
