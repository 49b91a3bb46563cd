//! Elementary functions on vectors, ours, so that every instruction set with fused multiply-add gives the same bytes.
//!
//! To add one: a file with the function (`#[inline(always)]`, generic over [`Simd`]), its error
//! bound in the docstring and its tests against `f64`; one line here. No reciprocal estimates, no library calls on the
//! fast path. Not here: loops over slices (`fused`). The polynomials come from `reference/kernel_polynomials.py`.

mod erf;
mod exp;
mod log;
mod pow;
mod sigmoid;
mod sin_cos;
mod tanh;
#[cfg(test)]
mod testing;

pub use erf::erf;
pub use exp::{exp, expm1};
pub use log::{log, log1p};
pub use pow::pow;
pub use sigmoid::sigmoid;
pub use sin_cos::{cos, sin, sin_cos};
pub use tanh::tanh;

use crate::isa::Simd;

/// c₀ + c₁·x + c₂·x² + …, by Horner's rule.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(s: S, x: S::F32, c: [f32; N]) -> S::F32 {
    let mut y = s.splat(c[N - 1]);
    for i in (0..N - 1).rev() {
        y = s.mul_add(y, x, s.splat(c[i]));
    }
    y
}

/// |magnitude| with the sign bit of `sign`, where `magnitude` is not negative.
#[inline(always)]
fn with_sign<S: Simd>(s: S, magnitude: S::F32, sign: S::F32) -> S::F32 {
    let bit = s.and(s.to_bits(sign), s.splat_u32(0x8000_0000));
    s.from_bits(s.or(s.to_bits(magnitude), bit))
}
