//! When Toom-Cook pays, and with which squares. Not here: the algorithm (`mod.rs`).

use super::tiling;
use super::toom_cook::{Matrix, Size, with_matrix};
use crate::conv::numerics::Numerics;
use crate::conv::plan::Pass;
use crate::conv::spec::{ConvAxis, ConvSpec};
use crate::isa::LANES;

/// How much cheaper it must look than the direct algorithm, in multiplications.
const MARGIN: f64 = 1.25;

/// The matrices to use, or in words why the direct algorithm is at least as good.
///
/// Taken are two-dimensional convolutions without dilation, with one kernel length and stride on both sides, no fewer
/// channels (in each group) than a vector has, and at least one tap in every phase.
pub fn choose(spec: &ConvSpec, pass: Pass, numerics: Numerics) -> Result<Size, String> {
    let [y, x] = spec.axes[..] else { return Err(format!("it has {} axes, not 2", spec.axes.len())) };
    let (kernel, stride) = (y.kernel, y.stride);
    let plain = |axis: &ConvAxis| axis.dilation == 1 && axis.kernel == kernel && axis.stride == stride;
    if !plain(&x) || !plain(&y) {
        return Err("it is dilated, or its sides differ".into());
    }
    let (ins, outs) = (spec.in_channels / spec.groups, spec.out_channels / spec.groups);
    if spec.groups > 1 && (stride > 1 || ins % LANES + outs % LANES > 0) {
        return Err(format!("it has {} groups, with a stride or of channels that do not fill vectors", spec.groups));
    }
    for (side, channels) in [("input", ins), ("output", outs)] {
        if channels < LANES {
            return Err(format!("{channels} {side} channels are fewer than {LANES}"));
        }
    }
    let taps = tiling::phases(&y).iter().chain(&tiling::phases(&x)).map(|p| p.taps.len()).max().unwrap_or(0);
    if kernel < stride || taps < 2 {
        return Err(format!("{kernel} taps with stride {stride} share no products"));
    }
    let r = taps;
    let (deep, wide) = (
        (stride * stride * spec.in_channels.next_multiple_of(LANES)) as f64,
        spec.out_channels.next_multiple_of(LANES) as f64,
    );
    let pairs = deep * wide / spec.groups as f64;
    let cost = |size: Size| {
        let (m, n) = (size.m, size.n());
        let tiles = (spec.batch * y.output().div_ceil(m) * x.output().div_ceil(m)) as f64;
        // Both passes of a transform: terms of the matrix times the length of the other side, before and after.
        let both = |terms: usize, before: usize, after: usize| (terms * (before + after)) as f64;
        let products = products(&y, size) * products(&x, size) * spec.batch as f64 * pairs / (stride * stride) as f64;
        let input = both(with_matrix!(Input as T, size, T::terms()), n, n) * tiles * deep;
        let output = both(with_matrix!(Output as T, size, T::terms()), n, m) * tiles * wide;
        let weights = both(with_matrix!(Weight as T, size, T::terms()), r, n) * pairs;
        (products + input + output + weights, size)
    };
    let sizes = Size::ALL.into_iter().filter(|size| size.r == r && size.m <= numerics.largest_square(r, stride, pass));
    let best = sizes.map(cost).min_by(|a, b| a.0.total_cmp(&b.0));
    let (cost, size) =
        best.ok_or_else(|| format!("no squares with {r} taps are exact enough for {numerics} numerics"))?;
    if cost * MARGIN < direct(spec) { Ok(size) } else { Err("transforms would cost more than they save".into()) }
}

/// Points of the tiles and phases of one side: at ∞ there is none of a tile that is not whole, or of a phase with fewer taps.
fn products(axis: &ConvAxis, size: Size) -> f64 {
    let (whole, tiles) = (axis.output() / size.m, axis.output().div_ceil(size.m));
    let phases = tiling::phases(axis);
    let long = phases.iter().filter(|phase| phase.taps.len() == size.r).count();
    (tiles * phases.len() * (size.n() - 1) + whole * long) as f64
}

/// Products of the direct algorithm, which leaves out those with padding.
fn direct(spec: &ConvSpec) -> f64 {
    let taps = |axis: &ConvAxis| {
        let inside =
            |o: usize| (0..axis.kernel).filter(move |k| (0..axis.input as isize).contains(&axis.position(o, *k)));
        (0..axis.output()).map(|o| inside(o).count()).sum::<usize>() as f64
    };
    let positions: f64 = spec.axes.iter().map(taps).product();
    positions * spec.batch as f64 * (spec.in_channels / spec.groups * spec.out_channels) as f64
}
