//! The logistic function.

use super::exp;
use crate::isa::Simd;

/// 1 / (1 + exp(−x)), at most 3 ulp off, also where it is close to 0.
#[inline(always)]
pub fn sigmoid<S: Simd>(s: S, x: S::F32) -> S::F32 {
    // exp never overflows this way, and a negative x keeps its digits.
    let one = s.splat(1.0);
    let e = exp(s, s.neg(s.abs(x)));
    let above = s.select(s.lt(x, s.zero()), e, one);
    s.div(above, s.add(one, e))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Unary, all_floats, between, check};
    use super::*;

    #[derive(Clone, Copy)]
    struct Sigmoid;
    impl Unary for Sigmoid {
        #[inline(always)]
        fn apply<S: Simd>(self, s: S, x: S::F32) -> S::F32 {
            sigmoid(s, x)
        }
        fn exact(self, x: f64) -> f64 {
            1.0 / (1.0 + (-x).exp())
        }
    }

    #[test]
    fn sigmoid_is_that_of_f64() {
        check(Sigmoid, &between(-105.0, 30.0, 400_000), 3.0, 3.0);
        check(Sigmoid, &all_floats(), 3.0, 3.0);
    }
}
