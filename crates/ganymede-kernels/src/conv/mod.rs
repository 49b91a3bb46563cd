//! Convolutions in one, two and three dimensions, channels last: forward, input gradient, weight gradient.
//!
//! `plan.rs` says which algorithm computes which shape, `spec.rs` what a convolution is, `axis.rs` and `gathering.rs`
//! which positions see which taps. To add an algorithm: a file with a plan (`new`, `scratch_len`, `run`), one variant
//! and one line of the choice in `plan.rs`; `tests/conv.rs` covers it.

mod axis;
mod depthwise;
mod gather;
mod gathering;
mod kernel;
mod numerics;
mod overlap;
mod plan;
mod spec;
mod weight_grad;
mod winograd;

pub use numerics::{Numerics, UnknownNumerics};
pub use plan::ConvPlan;
pub use spec::{ConvAxis, ConvError, ConvSpec};

/// `total` cut into the fewest nearly equal parts of at most `limit`, a multiple of `unit`.
fn part(total: usize, limit: usize, unit: usize) -> usize {
    total.div_ceil(total.div_ceil(limit)).next_multiple_of(unit)
}
