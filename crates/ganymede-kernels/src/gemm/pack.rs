//! Copying pieces of operands into the layouts that `tile.rs` reads.

use super::tile::{MAX_ROWS, PANEL, Piece, ROW_STRIDE};
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

/// Copies `n` floats from `from[at..]`, in whole vectors: up to 15 floats behind the copy are overwritten.
///
/// # Safety
/// `from` must have `at + n` floats, and `to` must be valid for writing `n` floats rounded up to whole vectors.
#[inline(always)]
pub unsafe fn copy_vectors<S: Simd>(s: S, from: &[f32], at: usize, to: *mut f32, n: usize) {
    // Reading past the copy is no harm within the slice; only at its end the rest must be read apart.
    let whole = if at + n.next_multiple_of(LANES) <= from.len() { n } else { n / LANES * LANES };
    let from = from.as_ptr().wrapping_add(at);
    let mut i = 0;
    // SAFETY: all reads are within the slice, all writes below n rounded up.
    unsafe {
        while i < whole {
            s.store_ptr(to.add(i), s.load_ptr(from.add(i)));
            i += LANES;
        }
        if i < n {
            s.store_ptr(to.add(i), s.load_partial_ptr(from.add(i), n - i));
        }
    }
}

/// Packs the first (rows, depth) elements of A for `Packing::Rows`.
pub fn pack_a_rows(isa: Isa, a: Matrix<'_>, rows: usize, depth: usize, to: &mut [f32]) {
    isa.dispatch(CopyRows { from: a, rows, columns: depth, to, to_stride: ROW_STRIDE });
}

/// Packs the first (rows, depth) elements of A for `Packing::Columns`, where memory holds Aᵀ.
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
            let to = &mut self.to[row * self.to_stride..][..self.columns.next_multiple_of(LANES)];
            let at = row * self.from.stride;
            assert!(at + self.columns <= self.from.data.len());
            // SAFETY: both lengths were just checked. What is overwritten behind a row belongs to the next, or to none.
            unsafe { copy_vectors(s, self.from.data, at, to.as_mut_ptr(), self.columns) };
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

/// Packs rows of A that are gathered from `from`: row r is made of the pieces at `rows[r] + read`, one after the other.
pub struct PackGathered<'a, 'b> {
    /// Where the pieces lie.
    pub from: &'a [f32],
    /// Where each row starts.
    pub rows: &'a [usize],
    /// The pieces of each row.
    pub pieces: &'a [Piece],
    /// The packed rows.
    pub to: &'b mut [f32],
    /// The distance between packed rows.
    pub to_stride: usize,
}

impl Kernel for PackGathered<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let depth: usize = self.pieces.iter().map(|p| p.depth).sum();
        let last = self.rows.iter().max().copied().unwrap_or(0);
        let end = self.pieces.iter().map(|p| p.read + p.depth).max().unwrap_or(0);
        assert!(last + end <= self.from.len() || self.rows.is_empty());
        let last_row = self.rows.len().max(1) - 1;
        assert!(self.to.len() >= last_row * self.to_stride + depth + LANES && depth <= self.to_stride);
        for (r, row) in self.rows.iter().enumerate() {
            let mut to = self.to[r * self.to_stride..].as_mut_ptr();
            for piece in self.pieces {
                // SAFETY: the reads were checked above. Writes behind the piece land in the next one, in the next row,
                // or in the 16 floats behind the last: rows are written in order, so nothing packed is lost.
                unsafe {
                    copy_vectors(s, self.from, row + piece.read, to, piece.depth);
                    to = to.add(piece.depth);
                }
            }
        }
    }
}

/// Packs rows of B that are gathered from `from`: row k stands at `rows[k]` and has `columns` floats.
pub struct PackGatheredPanels<'a, 'b> {
    /// Where the rows lie.
    pub from: &'a [f32],
    /// Where each row starts.
    pub rows: &'a [usize],
    /// How many columns.
    pub columns: usize,
    /// The panels, filled up with zeros.
    pub to: Panels<'b>,
}

impl Kernel for PackGatheredPanels<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (k, row) in self.rows.iter().enumerate() {
            let from = &self.from[*row..][..self.columns];
            for (panel, from) in from.chunks(PANEL).enumerate() {
                let to = &mut self.to.data[panel * self.to.stride + k * PANEL..][..PANEL];
                let v = if from.len() == PANEL { s.load(from) } else { s.load_partial(from) };
                s.store(to, v);
            }
        }
    }
}
