//! The matrix product: which algorithm for which shape. Not here: the general one (`tasks.rs`).
//!
//! All cuts follow from the shape alone, and each output element is summed in a fixed order, so the number of threads
//! never changes a byte.

use super::parallel::{Epilogue, Output, run_epilogue};
use super::tasks::{self, Operands};
use super::thin::{self, Axpys, Dots, FEW};
use super::tile::Piece;
use crate::choice::Choice;
use crate::isa::Isa;
use crate::pool::Pool;

/// C(batch, m, n) = A(batch, m, k) · B(batch, k, n), row-major and contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatmulSpec {
    /// How many products.
    pub batch: usize,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A and rows of B.
    pub k: usize,
    /// Whether memory holds A as (batch, k, m).
    pub transpose_a: bool,
    /// Whether memory holds B as (batch, n, k).
    pub transpose_b: bool,
}

/// Why a product cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GemmError {
    /// An operand's length does not fit the spec.
    #[error("expected {expected} floats for {operand}, found {found}")]
    Length {
        /// Which operand.
        operand: &'static str,
        /// How many floats the spec asks for.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The number of elements does not fit into memory.
    #[error("expected sizes whose product fits into an address, found {spec:?}")]
    TooLarge {
        /// The spec.
        spec: MatmulSpec,
    },
}

impl GemmError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            GemmError::Length { .. } => {
                "give slices of exactly the sizes of the spec, and scratch of at least scratch_len"
            }
            GemmError::TooLarge { .. } => "use smaller sizes",
        }
    }
}

/// How a product is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    /// k = 0 or nothing to compute: zeros.
    Zeros,
    /// Few columns, rows of A contiguous.
    FewColumns,
    /// Few rows, columns of B contiguous.
    FewRows,
    /// Few rows, rows of B contiguous.
    FewRowsAcross,
    /// One column, columns of A contiguous.
    OneColumnAcross,
    /// Everything else: register tiles over packed blocks.
    Tiles,
}

fn algorithm(spec: &MatmulSpec) -> Algorithm {
    let MatmulSpec { batch, m, n, k, transpose_a, transpose_b } = *spec;
    match () {
        _ if [batch, m, n, k].contains(&0) => Algorithm::Zeros,
        _ if n <= FEW && !transpose_a => Algorithm::FewColumns,
        _ if m <= FEW && transpose_b => Algorithm::FewRows,
        _ if m <= FEW && n > FEW => Algorithm::FewRowsAcross,
        _ if n == 1 => Algorithm::OneColumnAcross,
        _ => Algorithm::Tiles,
    }
}

/// The algorithm of a product, and why it was chosen.
pub fn choice(spec: &MatmulSpec) -> Choice {
    let (name, reason) = match algorithm(spec) {
        Algorithm::Zeros => ("zeros", "there is nothing to multiply".to_string()),
        Algorithm::FewColumns => ("thin", format!("{} columns are too few for tiles", spec.n)),
        Algorithm::FewRows | Algorithm::FewRowsAcross => ("thin", format!("{} rows are too few for tiles", spec.m)),
        Algorithm::OneColumnAcross => ("thin", "one column is too few for tiles".to_string()),
        Algorithm::Tiles => ("gemm", format!("{} x {} x {} in register tiles", spec.m, spec.n, spec.k)),
    };
    Choice::new(name, reason)
}

/// How many floats of scratch `matmul` needs with this many threads.
pub fn scratch_len(spec: &MatmulSpec, threads: usize) -> usize {
    match algorithm(spec) {
        Algorithm::Zeros | Algorithm::FewRowsAcross | Algorithm::OneColumnAcross => 0,
        Algorithm::FewColumns => {
            if spec.transpose_b {
                0
            } else {
                spec.batch * spec.n * spec.k
            }
        }
        Algorithm::FewRows => {
            if spec.transpose_a {
                spec.batch * spec.m * spec.k
            } else {
                0
            }
        }
        Algorithm::Tiles => tasks::scratch_len(spec, threads),
    }
}

fn check(spec: &MatmulSpec, a: &[f32], b: &[f32], c: &[f32], scratch: &[f32], threads: usize) -> Result<(), GemmError> {
    let size =
        |x: usize, y: usize| spec.batch.checked_mul(x)?.checked_mul(y).filter(|n| *n <= isize::MAX as usize / 64);
    let MatmulSpec { m, n, k, .. } = *spec;
    let (Some(a_len), Some(b_len), Some(c_len)) = (size(m, k), size(k, n), size(m, n)) else {
        return Err(GemmError::TooLarge { spec: *spec });
    };
    let length = |operand, expected, found| {
        if expected == found { Ok(()) } else { Err(GemmError::Length { operand, expected, found }) }
    };
    length("a", a_len, a.len())?;
    length("b", b_len, b.len())?;
    length("c", c_len, c.len())?;
    let needed = scratch_len(spec, threads);
    length("scratch", needed, needed.min(scratch.len()))
}

/// C = A · B. The epilogue is called once for each row of C (counted over the whole batch), when it is finished, by the
/// thread that made it where that is possible.
///
/// # Shapes
/// a (batch, m, k) or (batch, k, m), b (batch, k, n) or (batch, n, k), c (batch, m, n), scratch at least [`scratch_len`].
///
/// # Errors
/// [`GemmError`] when a slice has not the length that the spec asks for.
#[allow(clippy::too_many_arguments)]
pub fn matmul(
    pool: &Pool,
    isa: Isa,
    spec: &MatmulSpec,
    a: &[f32],
    b: &[f32],
    c: &mut [f32],
    scratch: &mut [f32],
    epilogue: Epilogue<'_>,
) -> Result<(), GemmError> {
    check(spec, a, b, c, scratch, pool.threads())?;
    match algorithm(spec) {
        Algorithm::Zeros => c.fill(0.0),
        Algorithm::FewColumns => few_columns(pool, isa, spec, a, b, c, scratch),
        Algorithm::FewRows => few_rows(pool, isa, spec, a, b, c, scratch),
        Algorithm::FewRowsAcross | Algorithm::OneColumnAcross => across(pool, isa, spec, a, b, c),
        Algorithm::Tiles => {
            tasks::run(pool, isa, spec, Operands { a, b, c, scratch }, epilogue);
            return Ok(());
        }
    }
    run_epilogue(pool, c, spec.n, epilogue);
    Ok(())
}

/// (batch, rows, columns) to (batch, columns, rows), for operands that are small.
fn transpose(rows: usize, columns: usize, from: &[f32], to: &mut [f32]) {
    for (from, to) in from.chunks_exact(rows * columns).zip(to.chunks_exact_mut(rows * columns)) {
        for (i, row) in from.chunks_exact(columns).enumerate() {
            for (j, x) in row.iter().enumerate() {
                to[j * rows + i] = *x;
            }
        }
    }
}

/// Rows of one task in the thin products.
const THIN_ROWS: usize = 48;

/// n ≤ FEW: sums along the rows of A.
fn few_columns(pool: &Pool, isa: Isa, spec: &MatmulSpec, a: &[f32], b: &[f32], c: &mut [f32], scratch: &mut [f32]) {
    let MatmulSpec { batch, m, n, k, .. } = *spec;
    let w: &[f32] = if spec.transpose_b {
        b
    } else {
        transpose(k, n, b, scratch);
        scratch
    };
    let (c, blocks) = (Output::new(c), m.div_ceil(THIN_ROWS));
    pool.run(batch * blocks, &|task| {
        let (i, first) = (task / blocks, task % blocks * THIN_ROWS);
        let rows = THIN_ROWS.min(m - first);
        let a_rows: [usize; THIN_ROWS] = std::array::from_fn(|r| (i * m + first + r) * k);
        let c_rows: [usize; THIN_ROWS] = std::array::from_fn(|r| (i * m + first + r) * n);
        let pieces = [Piece { read: 0, at: i * n * k, depth: k }];
        let (a_rows, c_rows) = (&a_rows[..rows], &c_rows[..rows]);
        let dots = Dots { a, a_rows, pieces: &pieces, w, w_stride: k, few: n, c_rows, c_step: 1 };
        // SAFETY: the rows lie in C and belong to this task alone.
        unsafe { thin::dots(isa, dots, c.start()) };
    });
}

/// m ≤ FEW and Bᵀ in memory: sums along the rows of Bᵀ.
fn few_rows(pool: &Pool, isa: Isa, spec: &MatmulSpec, a: &[f32], b: &[f32], c: &mut [f32], scratch: &mut [f32]) {
    let MatmulSpec { batch, m, n, k, .. } = *spec;
    let w: &[f32] = if spec.transpose_a {
        transpose(k, m, a, scratch);
        scratch
    } else {
        a
    };
    let (c, blocks) = (Output::new(c), n.div_ceil(THIN_ROWS));
    pool.run(batch * blocks, &|task| {
        let (i, first) = (task / blocks, task % blocks * THIN_ROWS);
        let columns = THIN_ROWS.min(n - first);
        let b_rows: [usize; THIN_ROWS] = std::array::from_fn(|r| (i * n + first + r) * k);
        let c_rows: [usize; THIN_ROWS] = std::array::from_fn(|r| i * m * n + first + r);
        let pieces = [Piece { read: 0, at: i * m * k, depth: k }];
        let (a_rows, c_rows) = (&b_rows[..columns], &c_rows[..columns]);
        let dots = Dots { a: b, a_rows, pieces: &pieces, w, w_stride: k, few: m, c_rows, c_step: n };
        // SAFETY: the columns lie in C and belong to this task alone.
        unsafe { thin::dots(isa, dots, c.start()) };
    });
}

/// m ≤ FEW and B in memory, or n = 1 and Aᵀ in memory: sums across the rows of that operand.
fn across(pool: &Pool, isa: Isa, spec: &MatmulSpec, a: &[f32], b: &[f32], c: &mut [f32]) {
    const COLUMNS: usize = 512;
    let MatmulSpec { batch, m, n, k, transpose_a, .. } = *spec;
    let few_rows = m <= FEW && n > FEW;
    let (few, long) = if few_rows { (m, n) } else { (1, m) };
    let (c, blocks) = (Output::new(c), long.div_ceil(COLUMNS));
    pool.run(batch * blocks, &|task| {
        let (i, first) = (task / blocks, task % blocks * COLUMNS);
        let columns = (first, COLUMNS.min(long - first));
        let (a, b) = (&a[i * m * k..][..m * k], &b[i * k * n..][..k * n]);
        let (w, w_k, w_i, b) = match (few_rows, transpose_a) {
            (true, true) => (a, m, 1, b),
            (true, false) => (a, 1, k, b),
            (false, _) => (b, 1, 0, a),
        };
        let axpys = Axpys { w, w_k, w_i, few, b, b_stride: long, depth: k, columns, c_stride: long };
        // SAFETY: the columns lie in this product's C and belong to this task alone.
        unsafe { thin::axpys(isa, axpys, c.start().add(i * m * n)) };
    });
}
