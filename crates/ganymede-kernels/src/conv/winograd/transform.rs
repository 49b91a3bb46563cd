//! Applying the matrices of Toom-Cook convolution to 16 channels at once. Not here: the products between (`mod.rs`).

use super::tiling::{Kernel2d, Tiling, Window};
use super::toom_cook::{MAX_POINTS, Matrix};
use crate::isa::{Kernel, LANES, Simd};
use std::mem::MaybeUninit;
use std::ops::Range;

/// Floats of a square of vectors on the stack, and of one row of it.
const SQUARE: usize = MAX_POINTS * ROW;
const ROW: usize = MAX_POINTS * LANES;

/// Where the vectors of transformed squares lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    /// The distance between points.
    pub point: usize,
    /// The distance between tiles.
    pub tile: usize,
    /// Chunks of 16 channels that follow each other in memory.
    pub together: usize,
    /// The distance between groups of so many chunks.
    pub group: usize,
}

impl Layout {
    /// Where the vector of a chunk in a tile stands, at the first point.
    pub fn at(&self, tile: usize, chunk: usize) -> usize {
        tile * self.tile + chunk / self.together * self.group + chunk % self.together * LANES
    }
}

/// to\[i, x\] = Σⱼ matrix\[i, j\] · from\[j, x\] for x < `count`; all distances in floats.
///
/// # Safety
/// All these places must be valid for 16 floats each.
#[inline(always)]
unsafe fn combine<S: Simd>(
    s: S,
    matrix: &Matrix,
    count: usize,
    (from, from_row, from_item): (*const f32, usize, usize),
    (to, to_row, to_item): (*mut f32, usize, usize),
) {
    for (i, row) in matrix.rows.iter().enumerate() {
        let to = to.wrapping_add(i * to_row);
        let mut x = 0;
        // SAFETY: as the caller promises.
        unsafe {
            while x + 4 <= count {
                items::<S, 4>(s, row, (from.add(x * from_item), from_row, from_item), (to.add(x * to_item), to_item));
                x += 4;
            }
            if x + 2 <= count {
                items::<S, 2>(s, row, (from.add(x * from_item), from_row, from_item), (to.add(x * to_item), to_item));
                x += 2;
            }
            if x < count {
                items::<S, 1>(s, row, (from.add(x * from_item), from_row, from_item), (to.add(x * to_item), to_item));
            }
        }
    }
}

/// # Safety
/// As `combine`.
#[inline(always)]
unsafe fn items<S: Simd, const N: usize>(
    s: S,
    row: &[(usize, f32)],
    (from, from_row, from_item): (*const f32, usize, usize),
    (to, to_item): (*mut f32, usize),
) {
    let mut sums = [s.zero(); N];
    for (j, value) in row {
        let value = s.splat(*value);
        for (x, sum) in sums.iter_mut().enumerate() {
            // SAFETY: as the caller promises.
            *sum = s.mul_add(value, unsafe { s.load_ptr(from.add(j * from_row + x * from_item)) }, *sum);
        }
    }
    for (x, sum) in sums.into_iter().enumerate() {
        // SAFETY: as the caller promises.
        unsafe { s.store_ptr(to.add(x * to_item), sum) };
    }
}

/// to = matrix · from · matrixᵀ for a square of vectors; places are (start, distance of rows, distance of columns).
///
/// # Safety
/// `from` must be valid for reading and `to` for writing 16 floats at every place of the squares.
#[inline(always)]
unsafe fn sandwich<S: Simd>(
    s: S,
    matrix: &Matrix,
    (from, from_row, from_column): (*const f32, usize, usize),
    (to, to_row, to_column): (*mut f32, usize, usize),
) {
    let mut half = MaybeUninit::<[f32; SQUARE]>::uninit();
    let half = half.as_mut_ptr().cast::<f32>();
    // SAFETY: as the caller promises; matrices have at most MAX_POINTS rows and columns, and what the second call reads
    // of `half` the first has written.
    unsafe {
        combine(s, matrix, matrix.columns, (from, from_row, from_column), (half, ROW, LANES));
        combine(s, matrix, matrix.rows.len(), (half, LANES, ROW), (to, to_column, to_row));
    }
}

/// Squares of a tensor to points: the tiles of `tiles`, every phase, every chunk of channels.
pub struct ToPoints<'a> {
    /// How the tensor is cut.
    pub tiling: &'a Tiling,
    /// The matrix, with as many columns as squares have rows.
    pub matrix: &'a Matrix,
    /// The tensor.
    pub from: &'a [f32],
    /// Which tiles.
    pub tiles: Range<usize>,
    /// Where the first of these tiles goes; must be valid for what `layout` says.
    pub to: *mut f32,
    /// How points lie.
    pub layout: Layout,
}

impl Kernel for ToPoints<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (tiling, columns) = (self.tiling, self.matrix.rows.len());
        let (row, column) = tiling.strides();
        let places = (columns * self.layout.point, self.layout.point);
        let mut patch = [0.0f32; SQUARE];
        for tile in self.tiles.clone() {
            for phase in 0..tiling.phases() {
                let (sample, [y, x]) = tiling.windows(tile, phase);
                let from = &self.from[sample * tiling.sample()..][..tiling.sample()];
                let mut zeroed = false;
                for chunk in 0..tiling.chunks() {
                    let channel = chunk * LANES;
                    let lanes = LANES.min(tiling.channels - channel);
                    let at = self.layout.at(tile - self.tiles.start, phase * tiling.chunks() + chunk);
                    let to = (self.to.wrapping_add(at), places.0, places.1);
                    if y.whole() && x.whole() && lanes == LANES {
                        let start = y.position(0) * row + x.position(0) * column + channel;
                        let from = (from.as_ptr().wrapping_add(start), y.step * row, x.step * column);
                        // SAFETY: whole windows lie within the sample; `to` is valid as the layout says.
                        unsafe { sandwich(s, self.matrix, from, to) };
                        continue;
                    }
                    if !zeroed {
                        // Chunks of one window write the same places.
                        patch.fill(0.0);
                        zeroed = true;
                    }
                    for i in y.inside() {
                        for j in x.inside() {
                            let from = &from[y.position(i) * row + x.position(j) * column + channel..][..lanes];
                            let vector = if lanes == LANES { s.load(from) } else { s.load_partial(from) };
                            s.store(&mut patch[i * ROW + j * LANES..], vector);
                        }
                    }
                    // SAFETY: the patch has room for every window; `to` is valid as the layout says.
                    unsafe { sandwich(s, self.matrix, (patch.as_ptr(), ROW, LANES), to) };
                }
            }
        }
    }
}

/// Points to squares of a tensor: the tiles of `tiles`, the chunks of `chunks` (over all phases).
pub struct FromPoints<'a> {
    /// How the tensor is cut.
    pub tiling: &'a Tiling,
    /// The matrix, with as many rows as squares.
    pub matrix: &'a Matrix,
    /// The points; the first of these tiles and chunks stands first.
    pub from: &'a [f32],
    /// How points lie.
    pub layout: Layout,
    /// Which tiles.
    pub tiles: Range<usize>,
    /// Which chunks.
    pub chunks: Range<usize>,
    /// The tensor; no other thread may touch these chunks of the samples of these tiles.
    pub to: *mut f32,
    /// Whether squares overlap, so that they are added to what is there.
    pub add: bool,
}

impl Kernel for FromPoints<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (tiling, columns) = (self.tiling, self.matrix.columns);
        let (row, column) = tiling.strides();
        let mut patch = [0.0f32; SQUARE];
        for tile in self.tiles.clone() {
            for number in self.chunks.clone() {
                let (phase, channel) = (number / tiling.chunks(), number % tiling.chunks() * LANES);
                let lanes = LANES.min(tiling.channels - channel);
                let (sample, [y, x]) = tiling.windows(tile, phase);
                let at = self.layout.at(tile - self.tiles.start, number - self.chunks.start);
                let last = (columns * columns - 1) * self.layout.point;
                let from = &self.from[at..][..last + LANES];
                let from = (from.as_ptr(), columns * self.layout.point, self.layout.point);
                let to = self.to.wrapping_add(sample * tiling.sample() + channel);
                if !self.add && y.whole() && x.whole() && lanes == LANES {
                    let to = to.wrapping_add(y.position(0) * row + x.position(0) * column);
                    // SAFETY: whole windows lie within the sample, and these chunks are this thread's.
                    unsafe { sandwich(s, self.matrix, from, (to, y.step * row, x.step * column)) };
                    continue;
                }
                // SAFETY: the patch has room for every window.
                unsafe { sandwich(s, self.matrix, from, (patch.as_mut_ptr(), ROW, LANES)) };
                for i in y.inside() {
                    for j in x.inside() {
                        let to = to.wrapping_add(y.position(i) * row + x.position(j) * column);
                        let new = s.load(&patch[i * ROW + j * LANES..]);
                        // SAFETY: positions inside lie within the sample, and these chunks are this thread's.
                        unsafe {
                            if lanes == LANES {
                                s.store_ptr(to, if self.add { s.add(s.load_ptr(to), new) } else { new });
                            } else {
                                let old = if self.add { s.load_partial_ptr(to, lanes) } else { s.zero() };
                                s.store_partial_ptr(to, lanes, if self.add { s.add(old, new) } else { new });
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One block of 16 input and 16 output channels of the kernel, in one phase, to points.
pub struct ToWeights<'a> {
    /// How taps fall into phases.
    pub kernel: &'a Kernel2d,
    /// G.
    pub matrix: &'a Matrix,
    /// The kernel.
    pub from: &'a [f32],
    /// The phase, the first input and the first output channel.
    pub block: (usize, usize, usize),
    /// Whether lanes are input channels and rows output channels, instead of the reverse.
    pub transposed: bool,
    /// Where the first row goes: 16 rows, or as many as there are output channels when transposed, of 16 floats each.
    pub to: *mut f32,
    /// The distance between points.
    pub point: usize,
}

impl Kernel for ToWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (kernel, (phase, first_in, first_out)) = (self.kernel, self.block);
        let ins = LANES.min(kernel.in_channels - first_in);
        let outs = LANES.min(kernel.out_channels - first_out);
        let (r, n) = (self.matrix.columns, self.matrix.rows.len());
        const TAP: usize = LANES * LANES;
        let mut taps = MaybeUninit::<[f32; MAX_POINTS * MAX_POINTS * TAP]>::uninit();
        let taps = taps.as_mut_ptr().cast::<f32>();
        for i in 0..r {
            for j in 0..r {
                let mut rows = [s.zero(); LANES];
                if let Some(tap) = kernel.tap(phase, i, j) {
                    for (ci, row) in rows.iter_mut().enumerate().take(ins) {
                        let at = (tap * kernel.in_channels + first_in + ci) * kernel.out_channels + first_out;
                        let from = &self.from[at..][..outs];
                        *row = if outs == LANES { s.load(from) } else { s.load_partial(from) };
                    }
                    if self.transposed {
                        rows = s.transpose(rows);
                    }
                }
                for (row, vector) in rows.into_iter().enumerate() {
                    // SAFETY: r is at most MAX_POINTS.
                    unsafe { s.store_ptr(taps.add((i * r + j) * TAP + row * LANES), vector) };
                }
            }
        }
        for row in 0..if self.transposed { outs } else { LANES } {
            let from = (taps.wrapping_add(row * LANES).cast_const(), r * TAP, TAP);
            let to = (self.to.wrapping_add(row * LANES), n * self.point, self.point);
            // SAFETY: `taps` holds r·r squares of 16 vectors; `to` is valid for these rows at every point.
            unsafe { sandwich(s, self.matrix, from, to) };
        }
    }
}

/// Points to the gradient of the kernel: the rows of `rows` (phase, input channel) and the columns of `columns`.
pub struct FromWeights<'a> {
    /// How taps fall into phases.
    pub kernel: &'a Kernel2d,
    /// Gᵀ.
    pub matrix: &'a Matrix,
    /// The points; the first of these rows and columns stands first.
    pub from: &'a [f32],
    /// The distance between points, and between rows.
    pub strides: (usize, usize),
    /// Which rows.
    pub rows: Range<usize>,
    /// Which output channels; starts at a whole chunk.
    pub columns: Range<usize>,
    /// The gradient; no other thread may touch these rows and columns.
    pub to: *mut f32,
}

impl Kernel for FromWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (kernel, (point, stride)) = (self.kernel, self.strides);
        let (n, r) = (self.matrix.columns, self.matrix.rows.len());
        let padded = kernel.in_channels.next_multiple_of(LANES);
        let mut patch = [0.0f32; SQUARE];
        for row in self.rows.clone() {
            let (phase, ci) = (row / padded, row % padded);
            if ci >= kernel.in_channels {
                continue;
            }
            for co in self.columns.clone().step_by(LANES) {
                let lanes = LANES.min(self.columns.end - co);
                let at = (row - self.rows.start) * stride + co - self.columns.start;
                let from = &self.from[at..][..(n * n - 1) * point + LANES];
                // SAFETY: the length was just checked, and the patch has room for every square.
                unsafe {
                    sandwich(s, self.matrix, (from.as_ptr(), n * point, point), (patch.as_mut_ptr(), ROW, LANES));
                }
                for i in 0..r {
                    for j in 0..r {
                        let Some(tap) = kernel.tap(phase, i, j) else { continue };
                        let to = self.to.wrapping_add((tap * kernel.in_channels + ci) * kernel.out_channels + co);
                        // SAFETY: the place lies in the gradient, and is this thread's.
                        unsafe {
                            let new = s.load(&patch[i * ROW + j * LANES..]);
                            if lanes == LANES {
                                s.store_ptr(to, new)
                            } else {
                                s.store_partial_ptr(to, lanes, new)
                            };
                        }
                    }
                }
            }
        }
    }
}

impl Window {
    /// Whether no position of the window falls outside.
    #[inline(always)]
    fn whole(&self) -> bool {
        self.start >= 0 && self.position(self.size - 1) < self.len
    }
}
