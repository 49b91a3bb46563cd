//! Products with at most four rows or columns, which are too thin for tiles: they read the large operand once, in its
//! own layout.

use super::tile::Piece;
use crate::isa::{Isa, Kernel, LANES, Simd};

/// The most rows or columns that this file is for.
pub const FEW: usize = 4;

/// Sums along memory: C(row, q) = Σₖ A(row, k) · W(q, k), both with k contiguous, for at most [`FEW`] q.
///
/// The sum runs in 16 lanes over k; these are added at the end by the tree of `reduce_add`.
#[derive(Clone, Copy)]
pub struct Dots<'a> {
    /// A: element (row, k) of a piece at `a_rows[row]` + `read` + k.
    pub a: &'a [f32],
    /// Where the rows start.
    pub a_rows: &'a [usize],
    /// The pieces of the sum; `at` counts along the rows of W.
    pub pieces: &'a [Piece],
    /// W: element (q, k) at q · `w_stride` + k.
    pub w: &'a [f32],
    /// The distance between rows of W.
    pub w_stride: usize,
    /// How many rows W has.
    pub few: usize,
    /// The offset in C of each row's first element.
    pub c_rows: &'a [usize],
    /// The distance between elements of a row of C.
    pub c_step: usize,
}

/// Computes the sums.
///
/// # Safety
/// `c` must be valid for writing at `c_rows[row] + q · c_step` for each row and q, and no other thread may touch these
/// during the call.
pub unsafe fn dots(isa: Isa, dots: Dots<'_>, c: *mut f32) {
    assert!(dots.a_rows.len() == dots.c_rows.len());
    assert!((1..=FEW).contains(&dots.few));
    let last = dots.a_rows.iter().max().copied().unwrap_or(0);
    for piece in dots.pieces {
        assert!(last + piece.read + piece.depth <= dots.a.len());
        assert!((dots.few - 1) * dots.w_stride + piece.at + piece.depth <= dots.w.len());
    }
    isa.dispatch(DotsKernel { dots, c });
}

struct DotsKernel<'a> {
    dots: Dots<'a>,
    c: *mut f32,
}

impl Kernel for DotsKernel<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // As many sums at a time as stay in the registers of AVX2.
        match self.dots.few {
            1 => self.rows::<S, 1, 6>(s),
            2 => self.rows::<S, 2, 2>(s),
            3 => self.rows::<S, 3, 2>(s),
            _ => self.rows::<S, 4, 1>(s),
        }
    }
}

#[allow(clippy::needless_range_loop)] // indices keep closures away from vectors
impl DotsKernel<'_> {
    #[inline(always)]
    fn rows<S: Simd, const Q: usize, const R: usize>(&self, s: S) {
        let rows = self.dots.a_rows.len();
        let mut row = 0;
        while row + R <= rows {
            self.tile::<S, Q, R>(s, row);
            row += R;
        }
        while row < rows {
            self.tile::<S, Q, 1>(s, row);
            row += 1;
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const Q: usize, const R: usize>(&self, s: S, row: usize) {
        let d = &self.dots;
        let mut sum = [[s.zero(); Q]; R];
        for piece in d.pieces {
            let mut a = [d.a.as_ptr(); R];
            for r in 0..R {
                a[r] = a[r].wrapping_add(d.a_rows[row + r] + piece.read);
            }
            let mut w = [d.w.as_ptr(); Q];
            for q in 0..Q {
                w[q] = w[q].wrapping_add(q * d.w_stride + piece.at);
            }
            let mut k = 0;
            while k + LANES <= piece.depth {
                // SAFETY: `dots` checked that the piece lies in A and W; k + 16 <= depth.
                unsafe {
                    let mut weights = [s.zero(); Q];
                    for q in 0..Q {
                        weights[q] = s.load_ptr(w[q].add(k));
                    }
                    for r in 0..R {
                        let x = s.load_ptr(a[r].add(k));
                        for q in 0..Q {
                            sum[r][q] = s.mul_add(x, weights[q], sum[r][q]);
                        }
                    }
                }
                k += LANES;
            }
            let rest = piece.depth - k;
            if rest > 0 {
                // SAFETY: as above, for the rest of fewer than 16.
                unsafe {
                    let mut weights = [s.zero(); Q];
                    for q in 0..Q {
                        weights[q] = s.load_partial_ptr(w[q].add(k), rest);
                    }
                    for r in 0..R {
                        let x = s.load_partial_ptr(a[r].add(k), rest);
                        for q in 0..Q {
                            sum[r][q] = s.mul_add(x, weights[q], sum[r][q]);
                        }
                    }
                }
            }
        }
        for (r, sums) in sum.into_iter().enumerate() {
            for (q, sum) in sums.into_iter().enumerate() {
                let at = d.c_rows[row + r] + q * d.c_step;
                // SAFETY: the caller of `dots` promises this element of C.
                unsafe { self.c.add(at).write(s.reduce_add(sum)) };
            }
        }
    }
}

/// Sums across memory: C(i, j) = Σₖ W(k, i) · B(k, j) for at most [`FEW`] i, with j contiguous in B and C.
///
/// The rows of B are read in order of k, so each sum is in that order.
#[derive(Clone, Copy)]
pub struct Axpys<'a> {
    /// W: element (k, i) at k · `w_k` + i · `w_i`.
    pub w: &'a [f32],
    /// The distance of W's elements along k.
    pub w_k: usize,
    /// The distance of W's elements along i.
    pub w_i: usize,
    /// How many i.
    pub few: usize,
    /// B: element (k, j) at k · `b_stride` + j.
    pub b: &'a [f32],
    /// The distance between rows of B.
    pub b_stride: usize,
    /// The length of the sums.
    pub depth: usize,
    /// The first and how many j.
    pub columns: (usize, usize),
    /// C: element (i, j) at i · `c_stride` + j.
    pub c_stride: usize,
}

/// Rows of B that pass in one sweep over the columns.
const SWEEP: usize = 8;

/// Computes the sums.
///
/// # Safety
/// `c` must be valid for reading and writing at i · `c_stride` + j for each i and j, and no other thread may touch these
/// during the call.
pub unsafe fn axpys(isa: Isa, axpys: Axpys<'_>, c: *mut f32) {
    let (first, count) = axpys.columns;
    assert!((1..=FEW).contains(&axpys.few));
    if axpys.depth > 0 {
        assert!((axpys.depth - 1) * axpys.b_stride + first + count <= axpys.b.len());
        assert!((axpys.depth - 1) * axpys.w_k + (axpys.few - 1) * axpys.w_i < axpys.w.len());
    }
    isa.dispatch(AxpysKernel { axpys, c });
}

struct AxpysKernel<'a> {
    axpys: Axpys<'a>,
    c: *mut f32,
}

impl Kernel for AxpysKernel<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let d = &self.axpys;
        let (first, count) = d.columns;
        for i in 0..d.few {
            let c = self.c.wrapping_add(i * d.c_stride + first);
            let mut k = 0;
            while k < d.depth.max(1) {
                let n = (d.depth - k).min(SWEEP);
                let mut factor = [0.0; SWEEP];
                for (r, factor) in factor.iter_mut().enumerate().take(n) {
                    *factor = d.w[(k + r) * d.w_k + i * d.w_i];
                }
                let b = d.b.as_ptr().wrapping_add(k * d.b_stride + first);
                let mut j = 0;
                while j < count {
                    let lanes = (count - j).min(LANES);
                    // SAFETY: `axpys` checked B; its caller promises C.
                    unsafe {
                        if lanes == LANES {
                            let mut sum = if k == 0 { s.zero() } else { s.load_ptr(c.add(j)) };
                            for (r, factor) in factor.iter().enumerate().take(n) {
                                sum = s.mul_add(s.splat(*factor), s.load_ptr(b.add(r * d.b_stride + j)), sum);
                            }
                            s.store_ptr(c.add(j), sum);
                        } else {
                            let mut sum = if k == 0 { s.zero() } else { s.load_partial_ptr(c.add(j), lanes) };
                            for (r, factor) in factor.iter().enumerate().take(n) {
                                let row = s.load_partial_ptr(b.add(r * d.b_stride + j), lanes);
                                sum = s.mul_add(s.splat(*factor), row, sum);
                            }
                            s.store_partial_ptr(c.add(j), lanes, sum);
                        }
                    }
                    j += lanes;
                }
                k += SWEEP;
            }
        }
    }
}
