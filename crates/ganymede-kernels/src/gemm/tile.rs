//! The inner loops of every contraction: a block of rows times packed panels of columns.
//!
//! A block is cut into tiles of a few rows and one or two vectors of columns, which stay in registers over the whole
//! sum. Not here: how operands are cut and packed (`matmul.rs`, `conv/`), and products too thin for tiles (`thin.rs`).

use crate::isa::{Isa, Kernel, LANES, Simd};

/// Columns of a packed panel; B is packed as panels of (k, 16), on every instruction set.
pub const PANEL: usize = LANES;
/// The longest sum in one block, on every instruction set: it decides where partial sums end, so it decides the bytes.
pub const MAX_DEPTH: usize = 256;
/// The most rows of one block.
pub const MAX_ROWS: usize = 96;
/// The distance between rows of a packed block of A; not a power of two, so that rows do not share cache sets.
pub const ROW_STRIDE: usize = MAX_DEPTH + LANES;
/// Floats that a packed block of A needs, in either layout.
pub const A_BLOCK: usize = MAX_ROWS * ROW_STRIDE;

/// A piece of a sum: `depth` consecutive rows of B from row `at` on, with what stands `read` floats behind the start of
/// a row of A.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Where A is read, from the start of each row; packed blocks of A do not use it.
    pub read: usize,
    /// The first row of the panels of B.
    pub at: usize,
    /// How many rows.
    pub depth: usize,
}

/// How a packed block of A lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Element (row, k) at row · `ROW_STRIDE` + k.
    Rows,
    /// Element (row, k) at row · stride + k: not packed.
    Strided(usize),
    /// Element (row, k) at k · `MAX_ROWS` + row.
    Columns,
}

/// C\[rows, columns\] = A · B, or += with `accumulate`, for a packed block of A and packed panels of B.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    /// A, packed as `layout` says, with the columns of the pieces one after the other.
    pub a: &'a [f32],
    /// The layout of `a`.
    pub layout: Packing,
    /// Panels of B: element (k, column) at (column / 16) · `panel_stride` + k · 16 + column % 16.
    pub b: &'a [f32],
    /// The distance between panels.
    pub panel_stride: usize,
    /// Which rows of B the columns of A stand for.
    pub pieces: &'a [Piece],
    /// The offset in C of each row's first column.
    pub c_rows: &'a [usize],
    /// How many columns.
    pub columns: usize,
    /// Whether to add to what C holds.
    pub accumulate: bool,
    /// Whether each piece is a sum of its own that is added to C: shorter chains of rounding.
    pub apart: bool,
}

/// Computes a block.
///
/// # Safety
/// `c` must be valid for reading and writing `columns` floats at each of the offsets `c_rows`, and no other thread
/// may touch these during the call.
pub unsafe fn block_product(isa: Isa, block: Block<'_>, c: *mut f32) {
    let depth: usize = block.pieces.iter().map(|s| s.depth).sum();
    let end = block.pieces.iter().map(|s| s.at + s.depth).max().unwrap_or(0);
    let panels = block.columns.div_ceil(PANEL);
    assert!(block.c_rows.len() <= MAX_ROWS && depth <= MAX_DEPTH);
    let rows = block.c_rows.len();
    let a_len = match block.layout {
        Packing::Rows => (rows.max(1) - 1) * ROW_STRIDE + depth,
        Packing::Strided(stride) => (rows.max(1) - 1) * stride + depth,
        Packing::Columns => (depth.max(1) - 1) * MAX_ROWS + rows,
    };
    assert!(rows == 0 || depth == 0 || block.a.len() >= a_len);
    assert!(panels == 0 || block.b.len() >= (panels - 1) * block.panel_stride + end * PANEL);
    isa.dispatch(BlockProduct { block, c });
}

/// The rows of a full tile: as many accumulators as the registers hold beside the operands.
const fn tile_rows(isa: Isa) -> usize {
    match isa {
        Isa::Avx512 => 12,
        Isa::Avx2 | Isa::Neon => 6,
        Isa::Portable => 2,
    }
}

/// The vectors of a full tile.
const fn tile_vectors(isa: Isa) -> usize {
    match isa {
        Isa::Avx512 => 2,
        _ => 1,
    }
}

struct BlockProduct<'a> {
    block: Block<'a>,
    c: *mut f32,
}

impl Kernel for BlockProduct<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match self.block.layout {
            Packing::Rows => self.panels::<S, 1>(s, ROW_STRIDE),
            Packing::Strided(stride) => self.panels::<S, 1>(s, stride),
            Packing::Columns => self.panels::<S, MAX_ROWS>(s, 1),
        }
    }
}

impl BlockProduct<'_> {
    #[inline(always)]
    fn panels<S: Simd, const STEP: usize>(self, s: S, row_stride: usize) {
        let panels = self.block.columns.div_ceil(PANEL);
        let mut panel = 0;
        while panel < panels {
            if tile_vectors(S::ISA) == 2 && panel + 2 <= panels {
                self.rows::<S, STEP, 2>(s, row_stride, panel);
                panel += 2;
            } else {
                self.rows::<S, STEP, 1>(s, row_stride, panel);
                panel += 1;
            }
        }
    }

    #[inline(always)]
    fn rows<S: Simd, const STEP: usize, const NV: usize>(&self, s: S, row_stride: usize, panel: usize) {
        let rows = self.block.c_rows.len();
        // Tiles of nearly equal height: a short last one would leave registers idle.
        let tiles = rows.div_ceil(tile_rows(S::ISA));
        let mut first = 0;
        for tile in 0..tiles {
            let last = rows * (tile + 1) / tiles;
            macro_rules! of_height {
                ($($mr:literal)*) => {
                    match last - first {
                        $($mr if $mr <= tile_rows(S::ISA) => self.tile::<S, STEP, NV, $mr>(s, row_stride, panel, first),)*
                        _ => unreachable!("no tile is higher than tile_rows"),
                    }
                };
            }
            of_height!(1 2 3 4 5 6 7 8 9 10 11 12);
            first = last;
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const STEP: usize, const NV: usize, const MR: usize>(
        &self,
        s: S,
        row_stride: usize,
        panel: usize,
        first: usize,
    ) {
        let block = &self.block;
        let b = block.b[panel * block.panel_stride..].as_ptr();
        let mut a = block.a[first * row_stride..].as_ptr();
        let mut sum = [[s.zero(); NV]; MR];
        for row in &block.c_rows[first..first + MR] {
            s.prefetch(self.c.wrapping_add(row + panel * PANEL));
        }
        let mut accumulate = block.accumulate;
        for (i, piece) in block.pieces.iter().enumerate() {
            if block.apart && i > 0 {
                self.store::<S, NV, MR>(s, panel, first, sum, accumulate);
                (sum, accumulate) = ([[s.zero(); NV]; MR], true);
            }
            // SAFETY: `block_product` checked that the pieces lie in A and in the panels of B.
            unsafe {
                let mut b = b.add(piece.at * PANEL);
                // Four at a time: the counting and the jump cost as much as one multiplication.
                for _ in 0..piece.depth / 4 {
                    for k in 0..4 {
                        let (a, b) = ((a.add(k * STEP), row_stride), (b.add(k * PANEL), block.panel_stride));
                        multiply_add(s, a, b, &mut sum);
                    }
                    (a, b) = (a.add(4 * STEP), b.add(4 * PANEL));
                }
                for _ in 0..piece.depth % 4 {
                    multiply_add(s, (a, row_stride), (b, block.panel_stride), &mut sum);
                    (a, b) = (a.add(STEP), b.add(PANEL));
                }
            }
        }
        self.store::<S, NV, MR>(s, panel, first, sum, accumulate);
    }

    /// Writes a tile's sums to C, or adds them.
    #[inline(always)]
    fn store<S: Simd, const NV: usize, const MR: usize>(
        &self,
        s: S,
        panel: usize,
        first: usize,
        sum: [[S::F32; NV]; MR],
        accumulate: bool,
    ) {
        let block = &self.block;
        for (r, sums) in sum.into_iter().enumerate() {
            let row = self.c.wrapping_add(block.c_rows[first + r]);
            for (v, sum) in sums.into_iter().enumerate() {
                let column = (panel + v) * PANEL;
                let n = (block.columns - column).min(PANEL);
                let c = row.wrapping_add(column);
                // SAFETY: the caller of `block_product` promises `columns` floats at this row's offset.
                unsafe {
                    if n == PANEL {
                        let sum = if accumulate { s.add(s.load_ptr(c), sum) } else { sum };
                        s.store_ptr(c, sum);
                    } else {
                        let sum = if accumulate { s.add(s.load_partial_ptr(c, n), sum) } else { sum };
                        s.store_partial_ptr(c, n, sum);
                    }
                }
            }
        }
    }
}

/// sum\[r, v\] += a\[r\] · b\[v\] for one k: (start, distance of rows) of A and (start, distance of panels) of B.
///
/// # Safety
/// A must have MR rows here, and B must have NV panels.
#[inline(always)]
unsafe fn multiply_add<S: Simd, const NV: usize, const MR: usize>(
    s: S,
    (a, row_stride): (*const f32, usize),
    (b, panel_stride): (*const f32, usize),
    sum: &mut [[S::F32; NV]; MR],
) {
    // SAFETY: as the caller promises.
    unsafe {
        let mut columns = [s.zero(); NV];
        for (v, vector) in columns.iter_mut().enumerate() {
            *vector = s.load_ptr(b.add(v * panel_stride));
        }
        for (r, sums) in sum.iter_mut().enumerate() {
            let x = s.splat(*a.add(r * row_stride));
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = s.mul_add(x, column, *sum);
            }
        }
    }
}
