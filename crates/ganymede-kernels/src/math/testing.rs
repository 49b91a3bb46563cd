//! What the tests of this folder share: running a function on every instruction set and comparing with `f64`.

use crate::isa::{Isa, Kernel, Simd};

/// A function of one vector and its meaning.
pub trait Unary: Copy {
    /// The function under test.
    fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32;
    /// The same in `f64`.
    fn exact(self, x: f64) -> f64;
}

struct Map<'a, U>(U, &'a [f32]);

impl<U: Unary> Kernel for Map<'_, U> {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f32> {
        let mut out = vec![0.0; self.1.len()];
        for (x, y) in self.1.chunks(16).zip(out.chunks_mut(16)) {
            s.store_partial(y, self.0.apply(s, s.load_partial(x)));
        }
        out
    }
}

/// Values from −∞ to ∞: a stride through all bit patterns, and the special ones.
pub fn all_floats() -> Vec<f32> {
    let mut x: Vec<f32> = (0..u32::MAX).step_by(9973).map(f32::from_bits).collect();
    x.extend([0.0, -0.0, 1.0, -1.0, f32::MIN_POSITIVE, f32::from_bits(1), f32::MAX, f32::MIN]);
    x.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
    x
}

/// `n` values evenly from `low` to `high`.
pub fn between(low: f32, high: f32, n: usize) -> Vec<f32> {
    (0..=n).map(|i| (low as f64 + (high - low) as f64 * i as f64 / n as f64) as f32).collect()
}

/// Units in the last place between `found` and `exact`; infinite when one is NaN, infinite or negative and the other not.
pub fn ulps(found: f32, exact: f64) -> f64 {
    let nearest = exact as f32;
    if found == nearest || (found.is_nan() && nearest.is_nan()) {
        return 0.0;
    }
    if !found.is_finite() || !nearest.is_finite() {
        // Past the largest float by less than the bound is not a wrong infinity.
        let limit = f32::MAX as f64 * (1.0 + 3e-7);
        let clipped = (found as f64).clamp(-limit, limit);
        let close = (clipped - exact.clamp(-limit, limit)).abs() <= 3e-7 * limit;
        return if close { 1.0 } else { f64::INFINITY };
    }
    let exponent = (nearest.abs().max(f32::MIN_POSITIVE).to_bits() >> 23) as i32 - 127;
    (found as f64 - exact).abs() / 2f64.powi(exponent - 23)
}

/// Asserts that on every instruction set of this CPU no value is off by more than `bound` units in the last place
/// (`portable_bound` without fused multiply-add), and that those with it agree bit for bit.
pub fn check<U: Unary>(function: U, x: &[f32], bound: f64, portable_bound: f64) {
    let mut fused: Option<Vec<u32>> = None;
    for isa in Isa::available() {
        let y = isa.dispatch(Map(function, x));
        let bound = if isa == Isa::Portable { portable_bound } else { bound };
        let mut worst = (0.0, 0.0, 0.0);
        for (&x, &y) in x.iter().zip(&y) {
            let e = ulps(y, function.exact(x as f64));
            if e > worst.0 {
                worst = (e, x, y);
            }
        }
        let (e, at, found) = worst;
        let exact = function.exact(at as f64);
        assert!(e <= bound, "{}: {e} ulp at {at:e}: found {found:e}, expected {exact:e}", isa.name());
        if isa != Isa::Portable {
            let bits: Vec<u32> = y.iter().map(|y| if y.is_nan() { 0x7fc0_0000 } else { y.to_bits() }).collect();
            assert!(fused.get_or_insert_with(|| bits.clone()) == &bits, "{} differs", isa.name());
        }
    }
}
