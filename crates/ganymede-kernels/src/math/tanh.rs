//! The hyperbolic tangent.

use super::{expm1, with_sign};
use crate::isa::Simd;

/// tanh(x) = e / (e + 2), e = expm1(2|x|), with the sign of x; at most 3 ulp off.
#[inline(always)]
pub fn tanh<S: Simd>(s: S, x: S::F32) -> S::F32 {
    // From 10 on the quotient rounds to 1.
    let twice = s.min(s.splat(20.0), s.mul(s.abs(x), s.splat(2.0)));
    let e = expm1(s, twice);
    with_sign(s, s.div(e, s.add(e, s.splat(2.0))), x)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Unary, all_floats, between, check};
    use super::*;

    #[derive(Clone, Copy)]
    struct Tanh;
    impl Unary for Tanh {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            tanh(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            x.tanh()
        }
    }

    #[test]
    fn tanh_is_that_of_f64() {
        check(Tanh, &between(-11.0, 11.0, 400_000), 3.0, 3.0);
        check(Tanh, &all_floats(), 3.0, 3.0);
    }
}
