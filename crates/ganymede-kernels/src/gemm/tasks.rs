//! The matrix product in register tiles: how it is cut into tasks, and what one task does.
//! Not here: the products of few rows or columns (`thin.rs`), and the choice (`matmul.rs`).

use super::matmul::MatmulSpec;
use super::pack::{self, Matrix, Panels};
use super::parallel::{Epilogue, Output, add_pieces, run_epilogue, with_scratch};
use super::tile::{self, A_BLOCK, Block, MAX_DEPTH, MAX_ROWS, PANEL, Packing, Piece};
use crate::isa::Isa;
use crate::pool::Pool;

/// Rows, columns and terms of the sum of one task.
#[derive(Clone, Copy, Debug)]
struct Cut {
    rows: usize,
    columns: usize,
    depth: usize,
}

/// Tasks that a product should have at least, if it is large enough to be cut.
const TASKS: usize = 16;
/// Multiplications below which a task is not worth handing out.
const TASK_WORK: usize = 1 << 22;
/// Rows and columns that a task should keep, so that packing the other operand is worth it.
const FEW_ROWS: usize = 36;
const FEW_COLUMNS: usize = 64;
/// The columns that a task keeps where its sum is so many times as long as `MIN_PIECE`, and can be cut instead.
const COLUMNS_OF_LONG_SUMS: usize = 256;
const LONG: usize = 4;
/// The shortest piece of a sum that is cut.
const MIN_PIECE: usize = 256;
/// The most columns of one task: a packed block of B must stay in the second or third cache.
const MAX_COLUMNS: usize = 512;
/// The most floats of B that are packed once for all tasks: they stay in the third cache.
const MAX_SHARED: usize = 1 << 21;
/// The most rows of one task: B is packed once for as many.
const MAX_TASK_ROWS: usize = 1024;

/// `total` cut into the fewest nearly equal parts of at most `limit`, a multiple of `unit`.
fn part(total: usize, limit: usize, unit: usize) -> usize {
    let parts = total.div_ceil(limit);
    total.div_ceil(parts).next_multiple_of(unit)
}

/// Whether rows of A are read where they are: they are contiguous, and do not share pages or cache sets too much.
fn reads_a_in_place(spec: &MatmulSpec) -> bool {
    !spec.transpose_a && spec.k < 1024
}

fn cut(spec: &MatmulSpec) -> Cut {
    let MatmulSpec { batch, m, n, k, .. } = *spec;
    let mut cut = Cut { rows: part(m, MAX_TASK_ROWS, 12), columns: part(n, MAX_COLUMNS, PANEL), depth: k };
    let tasks = |cut: &Cut| batch * m.div_ceil(cut.rows) * n.div_ceil(cut.columns);
    // Fewer columns mean that A is packed more often, where it is; B is packed once for all.
    let columns_per_row = if reads_a_in_place(spec) { 4 } else { 0 };
    let few_columns = if k >= LONG * MIN_PIECE { COLUMNS_OF_LONG_SUMS } else { FEW_COLUMNS };
    while tasks(&cut) < TASKS && cut.rows * cut.columns * k.min(4096) > TASK_WORK {
        let (narrow, low) = (cut.columns < 2 * few_columns, cut.rows < 2 * FEW_ROWS);
        if !low && (narrow || cut.rows >= cut.columns * columns_per_row) {
            cut.rows = part(m, cut.rows / 2, 12);
        } else if !narrow {
            cut.columns = part(n, cut.columns / 2, PANEL);
        } else {
            break;
        }
    }
    // Few outputs and a long sum: cut the sum.
    if tasks(&cut) < TASKS {
        let pieces = (TASKS / tasks(&cut)).min(k / MIN_PIECE).max(1);
        // Pieces end where blocks of the sum end.
        cut.depth = part(k, k.div_ceil(pieces), MAX_DEPTH);
    }
    cut
}

/// Floats of a task's scratch: a block of A and, unless B is packed for all, a block of B.
fn task_scratch(spec: &MatmulSpec, cut: &Cut) -> usize {
    A_BLOCK + if shared_len(spec, cut) == 0 { MAX_DEPTH * cut.columns } else { 0 }
}

/// Floats of B packed once for all tasks; 0 where each part of it is read by one task or does not fit.
fn shared_len(spec: &MatmulSpec, cut: &Cut) -> usize {
    let len = spec.batch * spec.k * spec.n.next_multiple_of(PANEL);
    if spec.m > cut.rows && len <= MAX_SHARED { len } else { 0 }
}

/// How many floats of scratch `run` needs.
pub fn scratch_len(spec: &MatmulSpec, threads: usize) -> usize {
    let cut = cut(spec);
    partial_len(spec, &cut) + shared_len(spec, &cut) + threads * task_scratch(spec, &cut)
}

/// Floats for the pieces of the sum, if it is cut.
fn partial_len(spec: &MatmulSpec, cut: &Cut) -> usize {
    let pieces = spec.k.div_ceil(cut.depth);
    if pieces > 1 { (pieces * spec.batch * spec.m * spec.n).next_multiple_of(PANEL) } else { 0 }
}

/// The slices of a product, of checked lengths.
pub struct Operands<'a> {
    /// A.
    pub a: &'a [f32],
    /// B.
    pub b: &'a [f32],
    /// C.
    pub c: &'a mut [f32],
    /// At least `scratch_len` floats.
    pub scratch: &'a mut [f32],
}

/// Computes the product.
pub fn run(pool: &Pool, isa: Isa, spec: &MatmulSpec, operands: Operands<'_>, epilogue: Epilogue<'_>) {
    let Operands { a, b, c, scratch } = operands;
    let MatmulSpec { batch, m, n, k, .. } = *spec;
    let cut = cut(spec);
    let (row_blocks, column_blocks) = (m.div_ceil(cut.rows), n.div_ceil(cut.columns));
    let pieces = k.div_ceil(cut.depth);
    let size = batch * m * n;
    let (partial, rest) = scratch.split_at_mut(partial_len(spec, &cut));
    let (shared, own) = rest.split_at_mut(shared_len(spec, &cut));
    pack_shared(pool, isa, spec, b, shared);
    let shared = (!shared.is_empty()).then_some(&*shared);
    let at_once = column_blocks == 1 && pieces == 1;
    let out = Output::new(if pieces > 1 { &mut *partial } else { &mut *c });
    let tasks = batch * row_blocks * column_blocks * pieces;
    with_scratch(pool, tasks, own, task_scratch(spec, &cut), &|task, scratch| {
        let (piece, rest) = (task % pieces, task / pieces);
        let (column_block, rest) = (rest % column_blocks, rest / column_blocks);
        let (i, row) = (rest / row_blocks, rest % row_blocks * cut.rows);
        let job = Job {
            spec,
            a: &a[i * m * k..][..m * k],
            b: &b[i * k * n..][..k * n],
            packed: shared.map(|b| &b[i * k * n.next_multiple_of(PANEL)..]),
            rows: (row, cut.rows.min(m - row)),
            columns: (column_block * cut.columns, cut.columns.min(n - column_block * cut.columns)),
            depth: (piece * cut.depth, cut.depth.min(k - piece * cut.depth)),
        };
        // SAFETY: the rows and columns are within this product's C (or this piece's copy of it), and no other task
        // has the same.
        unsafe { job.run(isa, scratch, out.start().add(piece * size + i * m * n)) };
        if let (true, Some(epilogue)) = (at_once, epilogue) {
            let (first, count) = (i * m + row, job.rows.1);
            // SAFETY: these rows are this task's, and finished.
            epilogue(first, unsafe { out.part(first * n, count * n) });
        }
    });
    if pieces > 1 {
        add_pieces(pool, isa, &partial[..pieces * size], c);
    }
    if !at_once {
        run_epilogue(pool, c, n, epilogue);
    }
}

/// B as panels (product, block of the sum, panel, k, 16).
fn pack_shared(pool: &Pool, isa: Isa, spec: &MatmulSpec, b: &[f32], to: &mut [f32]) {
    const PANELS: usize = 4;
    if to.is_empty() {
        return;
    }
    let MatmulSpec { batch, n, k, .. } = *spec;
    let (blocks, groups, width) = (k.div_ceil(MAX_DEPTH), n.div_ceil(PANELS * PANEL), n.next_multiple_of(PANEL));
    let to = Output::new(to);
    pool.run(batch * blocks * groups, &|task| {
        let (column, rest) = (task % groups * PANELS * PANEL, task / groups);
        let (i, at) = (rest / blocks, rest % blocks * MAX_DEPTH);
        let (depth, columns) = (MAX_DEPTH.min(k - at), (PANELS * PANEL).min(n - column));
        let (start, len) = (i * k * width + at * width + column * depth, columns.next_multiple_of(PANEL) * depth);
        // SAFETY: these panels are this task's, and lie in the part of this product and block of the sum.
        let data = unsafe { to.part(start, len) };
        pack_b(isa, spec, &b[i * k * n..][..k * n], (at, depth), (column, columns), data);
    });
}

/// Some terms of the sum and columns of one product's B, (first, count) of each, as panels.
fn pack_b(
    isa: Isa,
    spec: &MatmulSpec,
    b: &[f32],
    (at, depth): (usize, usize),
    columns: (usize, usize),
    to: &mut [f32],
) {
    let b = Matrix { data: b, stride: if spec.transpose_b { spec.k } else { spec.n } };
    let (column, columns) = columns;
    let panels = Panels { data: to, stride: depth * PANEL };
    if spec.transpose_b {
        pack::pack_b_transposed(isa, b.from(column, at), depth, columns, panels);
    } else {
        pack::pack_b(isa, b.from(at, column), depth, columns, panels);
    }
}

/// One task's part of one product: (first, count) of rows, columns and terms of the sum.
struct Job<'a> {
    spec: &'a MatmulSpec,
    a: &'a [f32],
    b: &'a [f32],
    /// All of B as `pack_shared` makes it.
    packed: Option<&'a [f32]>,
    rows: (usize, usize),
    columns: (usize, usize),
    depth: (usize, usize),
}

impl Job<'_> {
    /// # Safety
    /// `c` must be valid for m · n floats, and no other thread may touch this job's rows and columns of it.
    unsafe fn run(&self, isa: Isa, scratch: &mut [f32], c: *mut f32) {
        let MatmulSpec { m, n, k, transpose_a, .. } = *self.spec;
        let (packed_a, packed_b) = scratch.split_at_mut(A_BLOCK);
        let (first_column, columns) = self.columns;
        let a = Matrix { data: self.a, stride: if transpose_a { m } else { k } };
        // Blocks of nearly equal height.
        let blocks = self.rows.1.div_ceil(MAX_ROWS);
        let mut done = 0;
        loop {
            let (at, depth) = (self.depth.0 + done, (self.depth.1 - done).min(MAX_DEPTH));
            let b = match self.packed {
                Some(packed) => &packed[at * n.next_multiple_of(PANEL) + first_column * depth..],
                None => {
                    pack_b(isa, self.spec, self.b, (at, depth), self.columns, packed_b);
                    &*packed_b
                }
            };
            for block in 0..blocks {
                let first = self.rows.0 + self.rows.1 * block / blocks;
                let rows = self.rows.0 + self.rows.1 * (block + 1) / blocks - first;
                let (a, layout) = if transpose_a {
                    pack::pack_a_columns(isa, a.from(at, first), rows, depth, packed_a);
                    (&*packed_a, Packing::Columns)
                } else if reads_a_in_place(self.spec) {
                    (a.from(first, at).data, Packing::Strided(k))
                } else {
                    pack::pack_a_rows(isa, a.from(first, at), rows, depth, packed_a);
                    (&*packed_a, Packing::Rows)
                };
                let c_rows: [usize; MAX_ROWS] = std::array::from_fn(|r| (first + r) * n + first_column);
                let block = Block {
                    a,
                    layout,
                    b,
                    panel_stride: depth * PANEL,
                    pieces: &[Piece { read: 0, at: 0, depth }],
                    c_rows: &c_rows[..rows],
                    columns,
                    accumulate: done > 0,
                    apart: false,
                };
                // SAFETY: as the caller promises.
                unsafe { tile::block_product(isa, block, c) };
            }
            done += depth;
            if done >= self.depth.1 {
                break;
            }
        }
    }
}
