//! The convolution shape that most tests write down.

use ganymede_kernels::conv::{ConvAxis, ConvSpec};

/// Equal sides of (input, kernel, stride, padding), without dilation.
pub fn square(
    batch: usize,
    (input, kernel, stride, pad): (usize, usize, usize, usize),
    in_channels: usize,
    out_channels: usize,
    groups: usize,
) -> ConvSpec {
    let axis = ConvAxis { input, kernel, stride, dilation: 1, pad_low: pad, pad_high: pad };
    ConvSpec { batch, axes: vec![axis; 2], in_channels, out_channels, groups }
}
