//! The error function.

use super::{exp, polynomial, with_sign};
use crate::isa::Simd;

/// erf(x) = 2/√π ∫₀ˣ exp(−t²) dt, at most 2 ulp off.
#[inline(always)]
pub fn erf<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let t = s.abs(x);
    let small = [0.12837917, -0.3761263, 0.11283618, -0.026855126, 0.005190734, -0.00080307614, 7.920368e-05];
    let near = s.mul_add(t, polynomial(s, s.mul(t, t), small), t);
    // 1 − exp(−t·p(t)); from 4 on it rounds to 1.
    let far = s.min(s.splat(4.0), t);
    let large = [1.1286829, 0.63501424, 0.10645983, -0.023951145, 0.0037305807, -0.00034419063, 1.3342099e-05];
    let far = s.sub(s.splat(1.0), exp(s, s.neg(s.mul(far, polynomial(s, far, large)))));
    with_sign(s, s.select(s.lt(t, s.splat(1.0)), near, far), x)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Unary, all_floats, between, check};
    use super::*;

    #[derive(Clone, Copy)]
    struct Erf;
    impl Unary for Erf {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            erf(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            libm::erf(x)
        }
    }

    #[test]
    fn erf_is_that_of_f64() {
        check(Erf, &between(-5.0, 5.0, 400_000), 2.0, 2.5);
        check(Erf, &all_floats(), 2.0, 2.5);
    }
}
