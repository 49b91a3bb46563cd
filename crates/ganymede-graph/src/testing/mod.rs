//! Test support, here and in the crates of the backends: random graphs with an oracle, and a plain
//! interpreter of fused graphs. Compiled for tests and with the feature `testing` only.

mod fused;
mod random_graph;

pub use fused::run_fused;
pub use random_graph::{Sample, random_graph};

use crate::interpret::Array;

/// The largest difference of two arrays, relative to the largest entry of `expected`; infinite
/// where shapes or non-finite values differ.
pub fn difference(expected: &Array, found: &Array) -> f64 {
    if expected.ty != found.ty {
        return f64::INFINITY;
    }
    let scale = expected.data.iter().filter(|x| x.is_finite()).fold(0f64, |m, x| m.max(x.abs()));
    let each = |(&e, &f): (&f64, &f64)| match e == f || (e.is_nan() && f.is_nan()) {
        true => 0.0,
        false if (e - f).is_finite() => (e - f).abs() / scale.max(f64::MIN_POSITIVE),
        false => f64::INFINITY,
    };
    expected.data.iter().zip(&found.data).map(each).fold(0.0, f64::max)
}
