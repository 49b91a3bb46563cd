//! Copying pieces of operands into the layouts that `tile.rs` reads.

use super::tile::{MAX_ROWS, PANEL, ROW_STRIDE};
use crate::isa::{Isa, Kernel, LANES, Simd};

/// A matrix in memory whose element (i, j) stands at i · `stride` + j.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// The distance between rows.
    pub stride: usize,
}

impl<'a> Matrix<'a> {
    /// The part from element (i, j) on.
    pub fn from(self, i: usize, j: usize) -> Matrix<'a> {
        Matrix { data: &self.data[i * self.stride + j..], stride: self.stride }
    }
}

/// Copies `n` floats.
///
/// # Safety
/// `from` must be valid for reading and `to` for writing `n` floats; they must not overlap.
#[inline(always)]
pub unsafe fn copy<S: Simd>(s: S, from: *const f32, to: *mut f32, n: usize) {
    let mut i = 0;
    // SAFETY: i + 16 <= n in the loop, and the rest is n - i < 16 floats.
    unsafe {
        while i + LANES <= n {
            s.store_ptr(to.add(i), s.load_ptr(from.add(i)));
            i += LANES;
        }
        if i < n {
            s.store_partial_ptr(to.add(i), n - i, s.load_partial_ptr(from.add(i), n - i));
        }
    }
}

/// Packs the first (rows, depth) elements of A for `Layout::Rows`.
pub fn pack_a_rows(isa: Isa, a: Matrix<'_>, rows: usize, depth: usize, to: &mut [f32]) {
    isa.dispatch(CopyRows { from: a, rows, columns: depth, to, to_stride: ROW_STRIDE });
}

/// Packs the first (rows, depth) elements of A for `Layout::Columns`, where memory holds Aᵀ.
pub fn pack_a_columns(isa: Isa, at: Matrix<'_>, rows: usize, depth: usize, to: &mut [f32]) {
    isa.dispatch(CopyRows { from: at, rows: depth, columns: rows, to, to_stride: MAX_ROWS });
}

struct CopyRows<'a, 'b> {
    from: Matrix<'a>,
    rows: usize,
    columns: usize,
    to: &'b mut [f32],
    to_stride: usize,
}

impl Kernel for CopyRows<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for row in 0..self.rows {
            let from = &self.from.data[row * self.from.stride..][..self.columns];
            let to = &mut self.to[row * self.to_stride..][..self.columns];
            // SAFETY: both slices have `columns` floats, and a shared and a mutable slice do not overlap.
            unsafe { copy(s, from.as_ptr(), to.as_mut_ptr(), self.columns) };
        }
    }
}

/// Panels to write: the first at `data[0]`, the others `stride` apart.
pub struct Panels<'a> {
    /// The memory.
    pub data: &'a mut [f32],
    /// The distance between panels.
    pub stride: usize,
}

/// Packs the first (depth, columns) elements of B into panels, filled up with zeros.
pub fn pack_b(isa: Isa, b: Matrix<'_>, depth: usize, columns: usize, to: Panels<'_>) {
    isa.dispatch(PackPanels { b, depth, columns, to });
}

struct PackPanels<'a, 'b> {
    b: Matrix<'a>,
    depth: usize,
    columns: usize,
    to: Panels<'b>,
}

impl Kernel for PackPanels<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for row in 0..self.depth {
            let from = &self.b.data[row * self.b.stride..][..self.columns];
            for (panel, from) in from.chunks(PANEL).enumerate() {
                let to = &mut self.to.data[panel * self.to.stride + row * PANEL..][..PANEL];
                let v = if from.len() == PANEL { s.load(from) } else { s.load_partial(from) };
                s.store(to, v);
            }
        }
    }
}

/// Packs the first (depth, columns) elements of B into panels, where memory holds Bᵀ.
pub fn pack_b_transposed(isa: Isa, bt: Matrix<'_>, depth: usize, columns: usize, to: Panels<'_>) {
    isa.dispatch(PackTransposed { bt, depth, columns, to });
}

struct PackTransposed<'a, 'b> {
    bt: Matrix<'a>,
    depth: usize,
    columns: usize,
    to: Panels<'b>,
}

impl Kernel for PackTransposed<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for panel in 0..self.columns.div_ceil(PANEL) {
            let columns = (self.columns - panel * PANEL).min(PANEL);
            for k in (0..self.depth).step_by(LANES) {
                let depth = (self.depth - k).min(LANES);
                let mut rows = [s.zero(); LANES];
                for (column, row) in rows.iter_mut().enumerate().take(columns) {
                    let from = &self.bt.data[(panel * PANEL + column) * self.bt.stride + k..][..depth];
                    *row = if depth == LANES { s.load(from) } else { s.load_partial(from) };
                }
                let to = &mut self.to.data[panel * self.to.stride + k * PANEL..][..depth * PANEL];
                for (to, v) in to.chunks_exact_mut(PANEL).zip(s.transpose(rows)) {
                    s.store(to, v);
                }
            }
        }
    }
}
