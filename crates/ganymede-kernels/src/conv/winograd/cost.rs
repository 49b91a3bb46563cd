//! When Toom-Cook pays, and with which squares. Not here: the algorithm (`mod.rs`).

use super::tiling;
use super::toom_cook::{MAX_POINTS, ToomCook};
use crate::conv::spec::{ConvAxis, ConvSpec};
use crate::isa::LANES;

/// The largest squares of outputs: larger ones lose accuracy faster than they save products.
const MAX_OUTPUTS: usize = 4;
/// How much cheaper it must look than the direct algorithm, in multiplications.
const MARGIN: f64 = 1.25;

/// The matrices to use, or none where the direct algorithm is at least as good.
///
/// Taken are two-dimensional convolutions without groups or dilation, with one kernel length and stride on both sides,
/// no fewer channels than a vector has, and at least one tap in every phase.
pub fn choose(spec: &ConvSpec) -> Option<ToomCook> {
    let [y, x] = spec.axes[..] else { return None };
    let (kernel, stride) = (y.kernel, y.stride);
    let plain = |axis: &ConvAxis| axis.dilation == 1 && axis.kernel == kernel && axis.stride == stride;
    let channels = spec.in_channels.min(spec.out_channels);
    if !plain(&x) || !plain(&y) || spec.groups != 1 || kernel < stride || kernel < 2 || channels < LANES {
        return None;
    }
    let r = tiling::phases(&y).iter().chain(&tiling::phases(&x)).map(|p| p.taps.len()).max()?;
    if r < 2 {
        return None;
    }
    let (deep, wide) = (
        (stride * stride * spec.in_channels.next_multiple_of(LANES)) as f64,
        spec.out_channels.next_multiple_of(LANES) as f64,
    );
    let cost = |m: usize| {
        let n = m + r - 1;
        let tiles = (spec.batch * y.output().div_ceil(m) * x.output().div_ceil(m)) as f64;
        let matrices = ToomCook::new(m, r);
        // Both passes of a transform: terms of the matrix times the length of the other side, before and after.
        let both = |terms: usize, before: usize, after: usize| (terms * (before + after)) as f64;
        let products = (n * n) as f64 * tiles * deep * wide;
        let input = both(matrices.input.terms(), n, n) * tiles * deep;
        let output = both(matrices.output.terms(), n, m) * tiles * wide;
        let weights = both(matrices.weight.terms(), r, n) * deep * wide;
        (products + input + output + weights, matrices)
    };
    let most = MAX_OUTPUTS.min(MAX_POINTS + 1 - r.min(MAX_POINTS));
    let (cost, matrices) = (2..=most).map(cost).min_by(|a, b| a.0.total_cmp(&b.0))?;
    (cost * MARGIN < direct(spec)).then_some(matrices)
}

/// Products of the direct algorithm, which leaves out those with padding.
fn direct(spec: &ConvSpec) -> f64 {
    let taps = |axis: &ConvAxis| {
        let inside =
            |o: usize| (0..axis.kernel).filter(move |k| (0..axis.input as isize).contains(&axis.position(o, *k)));
        (0..axis.output()).map(|o| inside(o).count()).sum::<usize>() as f64
    };
    let positions: f64 = spec.axes.iter().map(taps).product();
    positions * spec.batch as f64 * (spec.in_channels * spec.out_channels) as f64
}
