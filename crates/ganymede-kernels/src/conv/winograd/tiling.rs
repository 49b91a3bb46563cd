//! How tensors are cut into squares, and kernels into phases.
//!
//! A convolution with stride s is the sum of s² convolutions with stride 1, one for each phase of the input's positions
//! modulo s; each has its own taps. Not here: what happens to the squares (`transform.rs`).

use crate::conv::spec::{ConvAxis, ConvSpec};
use crate::isa::LANES;
use std::ops::Range;

/// The positions of one dimension that belong to one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The input position that the first tap of output 0 looks at.
    pub start: isize,
    /// The taps, in order of their positions.
    pub taps: Vec<usize>,
}

/// The phases of a dimension: tap t of phase φ looks at input start_φ + (o + t)·stride for output o.
pub fn phases(axis: &ConvAxis) -> Vec<Phase> {
    let mut phases = vec![Phase { start: 0, taps: Vec::new() }; axis.stride];
    for k in 0..axis.kernel {
        let position = k as isize - axis.pad_low as isize;
        let phase = &mut phases[position.rem_euclid(axis.stride as isize) as usize];
        if phase.taps.is_empty() {
            phase.start = position;
        }
        phase.taps.push(k);
    }
    phases
}

/// The positions `start + i · step`, i < size, of one dimension, some of which may lie outside 0..len.
#[derive(Clone, Copy, Debug)]
pub struct Positions {
    /// The first position.
    pub start: isize,
    /// The distance between positions.
    pub step: usize,
    /// How many.
    pub size: usize,
    /// The length of the dimension.
    pub len: usize,
}

impl Positions {
    /// Position number `i`, which must not be negative.
    #[inline(always)]
    pub fn position(&self, i: usize) -> usize {
        (self.start + (i * self.step) as isize) as usize
    }

    /// The numbers of the positions that lie inside.
    pub fn inside(&self) -> Range<usize> {
        let step = self.step as isize;
        let before = |bound: isize| ((bound - self.start + step - 1).max(0) / step).min(self.size as isize) as usize;
        before(0)..before(self.len as isize)
    }
}

/// One dimension of a tiling.
#[derive(Clone, Debug)]
struct TilingAxis {
    len: usize,
    tiles: usize,
    /// How many of the tiles have all their outputs: all, or all but the last.
    whole: usize,
    /// How far one tile is from the next.
    advance: usize,
    /// The distance between the positions of a square.
    step: usize,
    /// For each phase the first position of tile 0.
    starts: Vec<isize>,
}

/// A tensor (batch, height, width, channels) as squares: one for each tile and phase.
#[derive(Clone, Debug)]
pub struct Tiling {
    axes: [TilingAxis; 2],
    size: usize,
    /// Channels of the tensor.
    pub channels: usize,
    samples: usize,
    /// Samples in a row whose tiles are sorted; none when tiles stand as they lie.
    sorted: Option<usize>,
}

impl Tiling {
    /// The squares of the input, of `size` = m + r − 1.
    pub fn input(spec: &ConvSpec, m: usize, size: usize) -> Tiling {
        let axis = |axis: &ConvAxis| TilingAxis {
            len: axis.input,
            tiles: axis.output().div_ceil(m),
            whole: axis.output() / m,
            advance: m * axis.stride,
            step: axis.stride,
            starts: phases(axis).iter().map(|p| p.start).collect(),
        };
        let axes = [axis(&spec.axes[0]), axis(&spec.axes[1])];
        Tiling { axes, size, channels: spec.in_channels, samples: spec.batch, sorted: None }
    }

    /// The squares of the output, of size m.
    pub fn output(spec: &ConvSpec, m: usize) -> Tiling {
        let axis = |axis: &ConvAxis| {
            let len = axis.output();
            TilingAxis { len, tiles: len.div_ceil(m), whole: len / m, advance: m, step: 1, starts: vec![0] }
        };
        let axes = [axis(&spec.axes[0]), axis(&spec.axes[1])];
        Tiling { axes, size: m, channels: spec.out_channels, samples: spec.batch, sorted: None }
    }

    /// Whether some tiles lack outputs at their ends.
    pub fn ragged(&self) -> bool {
        self.axes.iter().any(|axis| axis.whole < axis.tiles)
    }

    /// Numbers the tiles of so many samples together so that those which are whole on a side stand in one range.
    pub fn sort(&mut self, samples: usize) {
        self.sorted = Some(samples);
    }

    /// Rows and columns of the kinds of tiles, in the order in which they are sorted: whole on side y are the first two
    /// kinds, on side x the second and third, on both the second.
    #[inline(always)]
    fn kinds(&self) -> [[Range<usize>; 2]; 4] {
        let [y, x] = &self.axes;
        let (inner, outer) = ([0..y.whole, 0..x.whole], [y.whole..y.tiles, x.whole..x.tiles]);
        let kind = |last_y: bool, last_x: bool| {
            let range = |last: bool, axis: usize| if last { outer[axis].clone() } else { inner[axis].clone() };
            [range(last_y, 0), range(last_x, 1)]
        };
        [kind(false, true), kind(false, false), kind(true, false), kind(true, true)]
    }

    /// The sample of tile number `tile` over all samples, and the tile's row and column.
    #[inline(always)]
    fn place(&self, tile: usize) -> (usize, [usize; 2]) {
        let each = self.tiles();
        let Some(together) = self.sorted else {
            let (sample, tile) = (tile / each, tile % each);
            return (sample, [tile / self.axes[1].tiles, tile % self.axes[1].tiles]);
        };
        let first = tile / (together * each) * together;
        let (samples, mut tile) = (together.min(self.samples - first), tile - first * each);
        for [rows, columns] in self.kinds() {
            let size = rows.len() * columns.len();
            if tile < samples * size {
                let (sample, within) = (tile / size, tile % size);
                let (row, column) = (within / columns.len(), within % columns.len());
                return (first + sample, [rows.start + row, columns.start + column]);
            }
            tile -= samples * size;
        }
        unreachable!("a sample has as many tiles as its kinds have together")
    }

    /// Which of these tiles, counted from the first, can be whole on the sides of `ends`: those that are sorted together,
    /// else all.
    pub fn whole(&self, tiles: Range<usize>, ends: [bool; 2]) -> Range<usize> {
        let all = 0..tiles.len();
        let Some(together) = self.sorted else { return all };
        let each = self.tiles();
        let first = tiles.start / (together * each) * together;
        let samples = together.min(self.samples - first);
        if tiles.end > (first + samples) * each {
            return all;
        }
        let sizes = self.kinds().map(|[rows, columns]| samples * rows.len() * columns.len());
        let skipped = if ends[1] { sizes[0] } else { 0 };
        let kept: usize = sizes[..if ends[0] {
            2
        } else if ends[1] {
            3
        } else {
            4
        }]
            .iter()
            .sum();
        let clip = |at: usize| (first * each + at).clamp(tiles.start, tiles.end) - tiles.start;
        clip(skipped)..clip(kept.max(skipped))
    }

    /// Tiles of one sample.
    pub fn tiles(&self) -> usize {
        self.axes[0].tiles * self.axes[1].tiles
    }

    /// How many phases.
    pub fn phases(&self) -> usize {
        self.axes[0].starts.len() * self.axes[1].starts.len()
    }

    /// Chunks of 16 channels, the last one perhaps not full.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Floats of one sample.
    pub fn sample(&self) -> usize {
        self.axes[0].len * self.axes[1].len * self.channels
    }

    /// The distances between rows and between columns.
    pub fn strides(&self) -> (usize, usize) {
        (self.axes[1].len * self.channels, self.channels)
    }

    /// Calls `run` with the positions, (first, how many) over all samples, that these tiles cover: of the output, whose
    /// squares lie side by side, or of whole samples (when they are sorted, of these alone).
    pub fn positions(&self, tiles: Range<usize>, mut run: impl FnMut(usize, usize)) {
        let [y, x] = &self.axes;
        let (each, sample) = (self.tiles(), y.len * x.len);
        let mut tile = tiles.start;
        while tile < tiles.end {
            let (number, within) = (tile / each, tile % each);
            if within == 0 && tile + each <= tiles.end {
                let samples = (tiles.end - tile) / each;
                run(number * sample, samples * sample);
                tile += samples * each;
                continue;
            }
            let (row, column) = (within / x.tiles, within % x.tiles);
            let count = (x.tiles - column).min(tiles.end - tile);
            let (from, to) = (column * x.advance, ((column + count) * x.advance).min(x.len));
            let rows = row * y.advance..((row + 1) * y.advance).min(y.len);
            if count == x.tiles {
                run(number * sample + rows.start * x.len, rows.len() * x.len);
            } else {
                for row in rows {
                    run(number * sample + row * x.len + from, to - from);
                }
            }
            tile += count;
        }
    }

    /// The sample of tile number `tile` over all samples, and the tile's windows in a phase.
    #[inline(always)]
    pub fn windows(&self, tile: usize, phase: usize) -> (usize, [Positions; 2]) {
        let [y, x] = &self.axes;
        let (sample, [row, column]) = self.place(tile);
        let window = |axis: &TilingAxis, tile: usize, phase: usize| Positions {
            start: axis.starts[phase] + (tile * axis.advance) as isize,
            step: axis.step,
            size: self.size,
            len: axis.len,
        };
        let windows = [window(y, row, phase / x.starts.len()), window(x, column, phase % x.starts.len())];
        (sample, windows)
    }
}

/// A kernel (height, width, in_channels, out_channels) by phases.
#[derive(Clone, Debug)]
pub struct Kernel2d {
    phases: [Vec<Phase>; 2],
    width: usize,
    /// Channels of the input, in one group.
    pub in_channels: usize,
    /// Channels of the output, in all groups.
    pub out_channels: usize,
}

impl Kernel2d {
    /// The kernel of a convolution.
    pub fn new(spec: &ConvSpec) -> Kernel2d {
        Kernel2d {
            phases: [phases(&spec.axes[0]), phases(&spec.axes[1])],
            width: spec.axes[1].kernel,
            in_channels: spec.in_channels / spec.groups,
            out_channels: spec.out_channels,
        }
    }

    /// The tap that stands at (i, j) of a phase, if the phase has so many.
    #[inline(always)]
    pub fn tap(&self, phase: usize, i: usize, j: usize) -> Option<usize> {
        let [y, x] = &self.phases;
        let (y, x) = (&y[phase / x.len()], &x[phase % x.len()]);
        Some(y.taps.get(i)? * self.width + x.taps.get(j)?)
    }

    /// The phases that have `taps` taps on the sides of `ends`, and what lies between them.
    pub fn phases_with(&self, taps: usize, ends: [bool; 2]) -> Range<usize> {
        let [y, x] = &self.phases;
        let fits = |phase: &usize| {
            let of = [&y[phase / x.len()], &x[phase % x.len()]];
            (0..2).all(|axis| !ends[axis] || of[axis].taps.len() == taps)
        };
        let mut fitting = (0..y.len() * x.len()).filter(fits);
        let first = fitting.next();
        first.map_or(0..0, |first| first..fitting.next_back().unwrap_or(first) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tap_looks_where_the_convolution_says() {
        for (kernel, stride, pad_low) in [(3, 1, 1), (4, 2, 1), (5, 2, 1), (5, 2, 2), (3, 2, 0), (5, 1, 2), (2, 2, 0)] {
            let axis = ConvAxis { input: 14, kernel, stride, dilation: 1, pad_low, pad_high: 2 };
            let phases = phases(&axis);
            assert_eq!(phases.iter().map(|p| p.taps.len()).sum::<usize>(), kernel);
            for phase in phases {
                for (t, k) in phase.taps.iter().enumerate() {
                    for o in 0..axis.output() {
                        assert_eq!(phase.start + ((o + t) * stride) as isize, axis.position(o, *k));
                    }
                }
            }
        }
    }

    #[test]
    fn positions_of_tiles_cover_the_output_once() {
        let axis = |input| ConvAxis { input, kernel: 3, stride: 1, dilation: 1, pad_low: 1, pad_high: 1 };
        let spec = ConvSpec { batch: 3, axes: vec![axis(7), axis(13)], in_channels: 16, out_channels: 16, groups: 1 };
        let tiling = Tiling::output(&spec, 4);
        for step in 1..=3 * tiling.tiles() {
            let mut seen = vec![0; 3 * 7 * 13];
            for first in (0..3 * tiling.tiles()).step_by(step) {
                let end = (first + step).min(3 * tiling.tiles());
                tiling.positions(first..end, |at, n| seen[at..at + n].iter_mut().for_each(|count| *count += 1));
            }
            assert!(seen.iter().all(|count| *count == 1), "{step}: {seen:?}");
        }
    }

    #[test]
    fn sorted_tiles_are_the_same_tiles_and_whole_ones_stand_together() {
        let axis = |input| ConvAxis { input, kernel: 3, stride: 1, dilation: 1, pad_low: 1, pad_high: 1 };
        for (height, width) in [(7, 7), (7, 8), (8, 5), (3, 9), (2, 2), (8, 8)] {
            let axes = vec![axis(height), axis(width)];
            let spec = ConvSpec { batch: 5, axes, in_channels: 16, out_channels: 16, groups: 1 };
            let natural = Tiling::output(&spec, 4);
            let mut sorted = natural.clone();
            sorted.sort(2);
            let all = 5 * natural.tiles();
            let mut places: Vec<_> = (0..all).map(|tile| sorted.place(tile)).collect();
            for group in (0..all).step_by(2 * natural.tiles()) {
                let tiles = group..(group + 2 * natural.tiles()).min(all);
                for ends in [[false, false], [true, false], [false, true], [true, true]] {
                    let is_whole = |tile: usize| {
                        let (_, place) = sorted.place(tile);
                        (0..2).all(|axis| !ends[axis] || (place[axis] + 1) * 4 <= [height, width][axis])
                    };
                    let expected: Vec<usize> = tiles.clone().filter(|tile| is_whole(*tile)).collect();
                    let found = sorted.whole(tiles.clone(), ends);
                    assert_eq!(found.map(|at| tiles.start + at).collect::<Vec<_>>(), expected, "{height}x{width}");
                }
            }
            places.sort_unstable();
            assert_eq!(places, (0..all).map(|tile| natural.place(tile)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn windows_know_their_inside() {
        for (start, step, size, len) in [(-2, 1, 8, 7), (-1, 2, 6, 14), (12, 2, 5, 14), (14, 2, 3, 14), (-9, 2, 3, 4)] {
            let window = Positions { start, step, size, len };
            let inside = (0..size).filter(|i| (0..len as isize).contains(&(start + (i * step) as isize)));
            assert_eq!(window.inside().collect::<Vec<_>>(), inside.collect::<Vec<_>>(), "{window:?}");
        }
    }
}
