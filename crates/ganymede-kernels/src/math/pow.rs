//! Powers with any base and exponent.

use super::exp::{self, LN2_HIGH, LN2_LOW};
use super::log;
use crate::isa::Simd;

/// a·b as (rounded product, what rounding took), exact, without fused multiply-add so that every path agrees.
#[inline(always)]
fn exact_product<S: Simd>(s: S, a: S::F32, b: S::F32) -> (S::F32, S::F32) {
    let upper = s.splat_u32(0xffff_f000);
    let (a_high, b_high) = (s.from_bits(s.and(s.to_bits(a), upper)), s.from_bits(s.and(s.to_bits(b), upper)));
    let (a_low, b_low) = (s.sub(a, a_high), s.sub(b, b_high));
    let product = s.mul(a, b);
    let rest = s.sub(s.mul(a_high, b_high), product);
    let rest = s.add(s.add(rest, s.mul(a_high, b_low)), s.mul(a_low, b_high));
    (product, s.add(rest, s.mul(a_low, b_low)))
}

/// a + b as (rounded sum, what rounding took), for |a| ≥ |b| or a = 0.
#[inline(always)]
fn exact_sum<S: Simd>(s: S, a: S::F32, b: S::F32) -> (S::F32, S::F32) {
    let sum = s.add(a, b);
    (sum, s.sub(b, s.sub(sum, a)))
}

/// ln(x) of a positive finite x as the sum of two floats.
#[inline(always)]
fn long_log<S: Simd>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let (e, f) = log::split(s, x);
    let (half_square, lost) = exact_product(s, s.mul(f, s.splat(0.5)), f);
    let cube = s.mul(s.mul(s.mul(f, f), f), log::rest(s, f));
    let (mantissa, lost_too) = exact_sum(s, f, s.neg(half_square));
    let small = s.add(s.sub(lost_too, lost), s.mul_add(e, s.splat(LN2_LOW), cube));
    let (high, low) = exact_sum(s, s.mul(e, s.splat(LN2_HIGH)), mantissa);
    exact_sum(s, high, s.add(low, small))
}

/// xʸ, with C's special cases (x⁰ = 1, 1ʸ = 1, negative x only with integer y); the relative error is at most
/// 2e-7 + 3e-8·|y·ln x|.
#[inline(always)]
pub fn pow<S: Simd>(s: S, x: S::F32, y: S::F32) -> S::F32 {
    let (zero, one, infinity) = (s.zero(), s.splat(1.0), s.splat(f32::INFINITY));
    let base = s.abs(x);
    let (log_high, log_low) = long_log(s, base);
    let (high, low) = exact_product(s, y, log_high);
    // Beyond the range of exp the low part, which may have overflowed, does not count.
    let low = s.select(s.lt(s.abs(high), s.splat(150.0)), s.mul_add(y, log_low, low), zero);
    let (n, q) = exp::split(s, exp::clamp(s, high), low);
    let (a, b) = exp::two_to_the(s, n);
    let mut magnitude = s.mul(s.mul(s.add(q, one), a), b);

    magnitude = s.select(s.eq(base, one), one, magnitude);
    let down = s.lt(y, zero);
    magnitude = s.select(s.eq(base, zero), s.select(down, infinity, zero), magnitude);
    magnitude = s.select(s.eq(base, infinity), s.select(down, zero, infinity), magnitude);

    // From 2²⁴ on every float is an even integer.
    let integer = s.eq(s.floor(y), y);
    let half = s.mul(y, s.splat(0.5));
    let odd = s.and_not(s.eq(s.floor(half), half), integer);
    let sign = s.and(s.and(s.to_bits(x), s.splat_u32(0x8000_0000)), odd);
    let signed = s.from_bits(s.xor(s.to_bits(magnitude), sign));

    let negative = s.and(s.lt(x, zero), s.lt(base, infinity));
    let no_number = s.or(s.not(s.and(s.eq(x, x), s.eq(y, y))), s.and_not(integer, negative));
    let result = s.select(no_number, s.splat(f32::NAN), signed);
    s.select(s.or(s.eq(y, zero), s.eq(x, one)), one, result)
}

#[cfg(test)]
mod tests {
    use super::super::testing::ulps;
    use super::*;
    use crate::isa::{Isa, Kernel};

    struct Pow<'a>(&'a [f32], f32);
    impl Kernel for Pow<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Vec<f32> {
            let mut out = vec![0.0; self.0.len()];
            for (x, y) in self.0.chunks(16).zip(out.chunks_mut(16)) {
                s.store_partial(y, pow(s, s.load_partial(x), s.splat(self.1)));
            }
            out
        }
    }

    #[test]
    fn pow_is_that_of_f64() {
        let mut x: Vec<f32> = (0..u32::MAX).step_by(99_991).map(f32::from_bits).collect();
        x.extend((1..20_000).map(|i| i as f32 * 1e-3));
        x.extend([0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, -2.0, -3.0]);
        let mut exponents = vec![0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, 1.0 / 3.0, 7.0, -3.5, 20.0, 0.9];
        exponents.extend([1e-3, 100.0, 1e6, -1e6, 16_777_217.0, 1e30, -1e30, 1e-40, f32::INFINITY, f32::NAN]);
        exponents.push(f32::NEG_INFINITY);
        for isa in Isa::available() {
            for &y in &exponents {
                for (&x, &found) in x.iter().zip(&isa.dispatch(Pow(&x, y))) {
                    let exact = (x as f64).powf(y as f64);
                    let steps = (2e-7 + 3e-8 * (y as f64 * (x.abs() as f64).ln()).abs().min(110.0)) / 5.9e-8;
                    let e = ulps(found, exact);
                    assert!(e <= steps, "{}: {x:e}^{y:e} = {found:e}, expected {exact:e}: {e} ulp", isa.name());
                    if exact == 0.0 && found == 0.0 {
                        assert_eq!(found.is_sign_negative(), exact.is_sign_negative(), "{x}^{y}");
                    }
                }
            }
        }
    }
}
