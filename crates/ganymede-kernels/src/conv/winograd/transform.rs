//! Transforms of squares: of a tensor or a kernel to points, and of points back to a tensor or the gradient of a kernel.
//!
//! Each takes 16 channels at a time, and applies its matrix to the columns of a square and then to its rows; the
//! matrices are compiled in. Not here: the matrices (`toom_cook.rs`), and where squares lie (`tiling.rs`).

use super::tiling::{Kernel2d, Positions, Tiling};
use super::toom_cook::{MAX_POINTS, Matrix};
use crate::isa::{Kernel, LANES, Simd};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Floats of a square of vectors on the stack, and of one row of it.
const SQUARE: usize = MAX_POINTS * ROW;
const ROW: usize = MAX_POINTS * LANES;

/// Where the vectors of transformed squares lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct PointStrides {
    /// The distance between points.
    pub point: usize,
    /// The distance between tiles.
    pub tile: usize,
    /// Chunks of 16 channels that follow each other in memory.
    pub together: usize,
    /// The distance between groups of so many chunks.
    pub group: usize,
}

impl PointStrides {
    /// Where the vector of a chunk in a tile stands, at the first point.
    pub fn at(&self, tile: usize, chunk: usize) -> usize {
        tile * self.tile + chunk / self.together * self.group + chunk % self.together * LANES
    }
}

/// A transform, written once for every matrix.
pub trait Transform {
    /// Runs it.
    fn run<S: Simd, T: Matrix>(self, s: S);
}

/// A transform by the matrix `T`.
pub struct By<T, K>(K, PhantomData<T>);

impl<T, K> By<T, K> {
    /// This transform.
    pub fn new(transform: K) -> By<T, K> {
        By(transform, PhantomData)
    }
}

impl<T: Matrix, K: Transform> Kernel for By<T, K> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        self.0.run::<S, T>(s);
    }
}

/// Where a square is read.
trait Source<S: Simd> {
    /// The vector at row i and column j.
    ///
    /// # Safety
    /// The place must lie in the square.
    unsafe fn load(&self, s: S, i: usize, j: usize) -> S::F32;
}

/// Where a square is written.
trait Target<S: Simd> {
    /// Sets the vector at row i and column j.
    ///
    /// # Safety
    /// The place must lie in the square.
    unsafe fn store(&self, s: S, i: usize, j: usize, value: S::F32);
}

/// A square of whole vectors: (start, distance of rows, distance of columns).
#[derive(Clone, Copy)]
struct Grid<P>(P, usize, usize);

impl<S: Simd> Source<S> for Grid<*const f32> {
    #[inline(always)]
    unsafe fn load(&self, s: S, i: usize, j: usize) -> S::F32 {
        // SAFETY: as the caller promises.
        unsafe { s.load_ptr(self.0.add(i * self.1 + j * self.2)) }
    }
}

impl<S: Simd> Target<S> for Grid<*mut f32> {
    #[inline(always)]
    unsafe fn store(&self, s: S, i: usize, j: usize, value: S::F32) {
        // SAFETY: as the caller promises.
        unsafe { s.store_ptr(self.0.add(i * self.1 + j * self.2), value) }
    }
}

/// A square of a tensor, part of which may lie outside, and whose vectors may not be whole.
struct Edge<P> {
    grid: Grid<P>,
    rows: Range<usize>,
    columns: Range<usize>,
    lanes: usize,
    /// Whether what is written is added to what is there.
    add: bool,
}

impl<P> Edge<P> {
    #[inline(always)]
    fn has(&self, i: usize, j: usize) -> bool {
        i >= self.rows.start && i < self.rows.end && j >= self.columns.start && j < self.columns.end
    }
}

impl<S: Simd> Source<S> for Edge<*const f32> {
    #[inline(always)]
    unsafe fn load(&self, s: S, i: usize, j: usize) -> S::F32 {
        if !self.has(i, j) {
            return s.zero();
        }
        let Grid(start, row, column) = self.grid;
        // SAFETY: as the caller promises: what lies inside can be read.
        unsafe {
            let from = start.wrapping_add(i.wrapping_mul(row).wrapping_add(j.wrapping_mul(column)));
            if self.lanes == LANES { s.load_ptr(from) } else { s.load_partial_ptr(from, self.lanes) }
        }
    }
}

impl<S: Simd> Target<S> for Edge<*mut f32> {
    #[inline(always)]
    unsafe fn store(&self, s: S, i: usize, j: usize, value: S::F32) {
        if !self.has(i, j) {
            return;
        }
        let Grid(start, row, column) = self.grid;
        // SAFETY: as the caller promises: what lies inside can be written.
        unsafe {
            let to = start.wrapping_add(i.wrapping_mul(row).wrapping_add(j.wrapping_mul(column)));
            if self.lanes == LANES {
                s.store_ptr(to, if self.add { s.add(s.load_ptr(to), value) } else { value });
            } else {
                let value = if self.add { s.add(s.load_partial_ptr(to, self.lanes), value) } else { value };
                s.store_partial_ptr(to, self.lanes, value);
            }
        }
    }
}

/// A square of whole vectors inside a tensor, to which is added.
struct Sum(Grid<*mut f32>);

impl<S: Simd> Target<S> for Sum {
    #[inline(always)]
    unsafe fn store(&self, s: S, i: usize, j: usize, value: S::F32) {
        let Grid(start, row, column) = self.0;
        // SAFETY: as the caller promises.
        unsafe {
            let to = start.add(i * row + j * column);
            s.store_ptr(to, s.add(s.load_ptr(to), value));
        }
    }
}

/// Whether the entries of a row before column j are all zero.
const fn first<T: Matrix>(i: usize, j: usize) -> bool {
    j == 0 || (T::VALUES[i][j - 1] == 0.0 && first::<T>(i, j - 1))
}

/// Repeats an expression for each number below `$count`, which the compiler knows: loops over registers that the
/// optimizer leaves as loops would keep the registers in memory.
macro_rules! unrolled {
    ($i:ident < $count:expr, $body:expr) => {
        unrolled!(@ $i, $count, $body; 0 1 2 3 4 5 6 7)
    };
    (@ $i:ident, $count:expr, $body:expr; $($number:literal)*) => {$(
        if const { $number < $count } {
            const $i: usize = $number;
            $body
        }
    )*};
}

/// matrix · x for as many vectors as it has columns.
#[inline(always)]
fn multiply<S: Simd, T: Matrix>(s: S, x: &[S::F32; MAX_POINTS]) -> [S::F32; MAX_POINTS] {
    let mut y = [s.zero(); MAX_POINTS];
    unrolled!(I < T::ROWS, {
        unrolled!(J < T::COLUMNS, {
            if const { T::VALUES[I][J] != 0.0 } {
                let (value, x) = (const { T::VALUES[I][J] }, x[J]);
                y[I] = if const { first::<T>(I, J) && T::VALUES[I][J] == 1.0 } {
                    x
                } else if const { first::<T>(I, J) } {
                    s.mul(s.splat(value), x)
                } else if const { T::VALUES[I][J] == 1.0 } {
                    s.add(y[I], x)
                } else if const { T::VALUES[I][J] == -1.0 } {
                    s.sub(y[I], x)
                } else {
                    s.mul_add(s.splat(value), x, y[I])
                };
            }
        });
    });
    y
}

/// to = matrix · from · matrixᵀ, for squares of vectors.
///
/// # Safety
/// `from` must be readable and `to` writable at every place of the squares, (columns, columns) and (rows, rows).
#[inline(always)]
unsafe fn sandwich<S: Simd, T: Matrix>(s: S, from: &impl Source<S>, to: &impl Target<S>) {
    let mut half = MaybeUninit::<[f32; SQUARE]>::uninit();
    let half = half.as_mut_ptr().cast::<f32>();
    // SAFETY: as the caller promises; matrices have at most MAX_POINTS rows and columns, and what the second loop reads
    // of `half` the first has written.
    unsafe {
        let half = Grid(half, ROW, LANES);
        for j in 0..T::COLUMNS {
            let mut x = [s.zero(); MAX_POINTS];
            unrolled!(I < T::COLUMNS, x[I] = from.load(s, I, j));
            let y = multiply::<S, T>(s, &x);
            unrolled!(I < T::ROWS, half.store(s, I, j, y[I]));
        }
        let half = Grid(half.0.cast_const(), ROW, LANES);
        for i in 0..T::ROWS {
            let mut x = [s.zero(); MAX_POINTS];
            unrolled!(J < T::COLUMNS, x[J] = half.load(s, i, J));
            let y = multiply::<S, T>(s, &x);
            unrolled!(J < T::ROWS, to.store(s, i, J, y[J]));
        }
    }
}

/// Squares of a tensor to points: the tiles of `tiles`, every phase, every chunk of channels.
pub struct ToPoints<'a> {
    /// How the tensor is cut.
    pub tiling: &'a Tiling,
    /// The tensor.
    pub from: &'a [f32],
    /// Which tiles.
    pub tiles: Range<usize>,
    /// Where the first of these tiles goes; must be valid for what `layout` says.
    pub to: *mut f32,
    /// How points lie.
    pub layout: PointStrides,
}

impl Transform for ToPoints<'_> {
    #[inline(always)]
    fn run<S: Simd, T: Matrix>(self, s: S) {
        let tiling = self.tiling;
        let (row, column) = tiling.strides();
        for tile in self.tiles.clone() {
            for phase in 0..tiling.phases() {
                let (sample, [y, x]) = tiling.windows(tile, phase);
                let sample = self.from[sample * tiling.sample()..][..tiling.sample()].as_ptr();
                let whole = y.whole() && x.whole();
                let start = sample.wrapping_offset(y.start * row as isize + x.start * column as isize);
                let (rows, columns) = (y.inside(), x.inside());
                for chunk in 0..tiling.chunks() {
                    let channel = chunk * LANES;
                    let lanes = LANES.min(tiling.channels - channel);
                    let at = self.layout.at(tile - self.tiles.start, phase * tiling.chunks() + chunk);
                    let to = Grid(self.to.wrapping_add(at), T::ROWS * self.layout.point, self.layout.point);
                    let grid = Grid(start.wrapping_add(channel), y.step * row, x.step * column);
                    // SAFETY: what lies inside the windows lies within the sample; `to` is valid as the layout says.
                    unsafe {
                        if whole && lanes == LANES {
                            sandwich::<S, T>(s, &grid, &to);
                        } else {
                            let (rows, columns) = (rows.clone(), columns.clone());
                            let edge = Edge { grid, rows, columns, lanes, add: false };
                            sandwich::<S, T>(s, &edge, &to);
                        }
                    }
                }
            }
        }
    }
}

/// Points to squares of a tensor: the tiles of `tiles`, the chunks of `chunks` (over all phases).
pub struct FromPoints<'a> {
    /// How the tensor is cut.
    pub tiling: &'a Tiling,
    /// The points; the first of these tiles and chunks stands first.
    pub from: &'a [f32],
    /// How points lie.
    pub layout: PointStrides,
    /// Which tiles.
    pub tiles: Range<usize>,
    /// Which chunks.
    pub chunks: Range<usize>,
    /// The tensor; no other thread may touch these chunks of the samples of these tiles.
    pub to: *mut f32,
    /// Whether squares overlap, so that they are added to what is there.
    pub add: bool,
}

impl Transform for FromPoints<'_> {
    #[inline(always)]
    fn run<S: Simd, T: Matrix>(self, s: S) {
        let (tiling, columns) = (self.tiling, T::COLUMNS);
        let (row, column) = tiling.strides();
        for tile in self.tiles.clone() {
            for number in self.chunks.clone() {
                let (phase, channel) = (number / tiling.chunks(), number % tiling.chunks() * LANES);
                let lanes = LANES.min(tiling.channels - channel);
                let (sample, [y, x]) = tiling.windows(tile, phase);
                let at = self.layout.at(tile - self.tiles.start, number - self.chunks.start);
                let last = (columns * columns - 1) * self.layout.point;
                let from = &self.from[at..][..last + LANES];
                let from = Grid(from.as_ptr(), columns * self.layout.point, self.layout.point);
                let start = self.to.wrapping_add(sample * tiling.sample() + channel);
                let start = start.wrapping_offset(y.start * row as isize + x.start * column as isize);
                let grid = Grid(start, y.step * row, x.step * column);
                // SAFETY: what lies inside the windows lies within the sample, and these chunks are this thread's.
                unsafe {
                    if !(y.whole() && x.whole() && lanes == LANES) {
                        let edge = Edge { grid, rows: y.inside(), columns: x.inside(), lanes, add: self.add };
                        sandwich::<S, T>(s, &from, &edge);
                    } else if self.add {
                        sandwich::<S, T>(s, &from, &Sum(grid));
                    } else {
                        sandwich::<S, T>(s, &from, &grid);
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

impl Transform for ToWeights<'_> {
    #[inline(always)]
    fn run<S: Simd, T: Matrix>(self, s: S) {
        let (kernel, (phase, first_in, first_out)) = (self.kernel, self.block);
        let ins = LANES.min(kernel.in_channels - first_in);
        let outs = LANES.min(kernel.out_channels - first_out);
        const TAP: usize = LANES * LANES;
        let mut taps = MaybeUninit::<[f32; MAX_POINTS * MAX_POINTS * TAP]>::uninit();
        let taps = taps.as_mut_ptr().cast::<f32>();
        for i in 0..T::COLUMNS {
            for j in 0..T::COLUMNS {
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
                    // SAFETY: there are at most MAX_POINTS columns.
                    unsafe { s.store_ptr(taps.add((i * T::COLUMNS + j) * TAP + row * LANES), vector) };
                }
            }
        }
        for row in 0..if self.transposed { outs } else { LANES } {
            let from = Grid(taps.wrapping_add(row * LANES).cast_const(), T::COLUMNS * TAP, TAP);
            let to = Grid(self.to.wrapping_add(row * LANES), T::ROWS * self.point, self.point);
            // SAFETY: `taps` holds a square of 16 vectors for every tap; `to` is valid for these rows at every point.
            unsafe { sandwich::<S, T>(s, &from, &to) };
        }
    }
}

/// Points to the gradient of the kernel: the rows of `rows` (phase, input channel) and the columns of `columns`.
pub struct FromWeights<'a> {
    /// How taps fall into phases.
    pub kernel: &'a Kernel2d,
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

impl Transform for FromWeights<'_> {
    #[inline(always)]
    fn run<S: Simd, T: Matrix>(self, s: S) {
        let (kernel, (point, stride)) = (self.kernel, self.strides);
        let (n, r) = (T::COLUMNS, T::ROWS);
        let padded = kernel.in_channels.next_multiple_of(LANES);
        let mut patch = MaybeUninit::<[f32; SQUARE]>::uninit();
        let patch = patch.as_mut_ptr().cast::<f32>();
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
                unsafe { sandwich::<S, T>(s, &Grid(from.as_ptr(), n * point, point), &Grid(patch, ROW, LANES)) };
                for i in 0..r {
                    for j in 0..r {
                        let Some(tap) = kernel.tap(phase, i, j) else { continue };
                        let to = self.to.wrapping_add((tap * kernel.in_channels + ci) * kernel.out_channels + co);
                        // SAFETY: the square has just been written; the place lies in the gradient, and is this thread's.
                        unsafe {
                            let new = s.load_ptr(patch.add(i * ROW + j * LANES));
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

impl Positions {
    /// Whether no position of the window falls outside.
    #[inline(always)]
    fn whole(&self) -> bool {
        self.start >= 0 && self.position(self.size - 1) < self.len
    }
}
