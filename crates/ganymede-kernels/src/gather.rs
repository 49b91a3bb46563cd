//! Rows of a table by index, and their transpose: rows added to a table by index.
//! Not here: reading through index maps that are known at compile time (`fused`).

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::isa::{Isa, Kernel, LANES, Simd};
use crate::pool::Pool;

/// Elements that a task copies or adds, about.
const TASK: usize = 16 * 1024;

/// Columns of a task that adds rows, at least.
const COLUMNS: usize = 64;

/// A slice whose parts are written by different tasks.
struct Shared(*mut f32);

// SAFETY: tasks write different parts.
unsafe impl Sync for Shared {}

impl Shared {
    fn at(&self, element: usize) -> *mut f32 {
        self.0.wrapping_add(element)
    }
}

/// `out[i] = table[indices[i]]`; zeros where the index is not a row. Returns the position of the first such index.
///
/// # Shapes
/// `table` (V, D), `indices` (n), `out` (n, D), D = `width`.
///
/// # Panics
/// When the slices do not have these shapes.
pub fn gather(pool: &Pool, table: &[f32], width: usize, indices: &[i32], out: &mut [f32]) -> Option<usize> {
    let rows = rows_of(table, width, indices, out);
    let per_task = (TASK / width.max(1)).max(1);
    let wrong = AtomicUsize::new(usize::MAX);
    let shared = Shared(out.as_mut_ptr());
    pool.run(indices.len().div_ceil(per_task), &|task| {
        let first = task * per_task;
        for (i, &index) in indices.iter().enumerate().skip(first).take(per_task) {
            // SAFETY: row i of `out`, whose size was checked, belongs to this task.
            let out = unsafe { std::slice::from_raw_parts_mut(shared.at(i * width), width) };
            match row(index, rows) {
                Some(row) => out.copy_from_slice(&table[row * width..][..width]),
                None => {
                    out.fill(0.0);
                    wrong.fetch_min(i, Ordering::Relaxed);
                }
            }
        }
    });
    Some(wrong.into_inner()).filter(|&i| i != usize::MAX)
}

/// `table[indices[i]] += updates[i]`, in the order of i; an index that is not a row is passed over. Returns the
/// position of the first such index. The table is not cleared.
///
/// # Shapes
/// `updates` (n, D), `indices` (n), `table` (V, D), D = `width`.
///
/// # Panics
/// When the slices do not have these shapes.
pub fn scatter_add(
    pool: &Pool,
    isa: Isa,
    updates: &[f32],
    width: usize,
    indices: &[i32],
    table: &mut [f32],
) -> Option<usize> {
    let rows = rows_of(table, width, indices, updates);
    // Each task has columns of its own and walks all indices in order: the sums do not depend on who adds them.
    let shared = Shared(table.as_mut_ptr());
    let columns = COLUMNS.max((TASK / indices.len().max(1)).next_multiple_of(LANES));
    if !table.is_empty() {
        pool.run(width.div_ceil(columns), &|task| {
            let start = task * columns;
            let len = columns.min(width - start);
            isa.dispatch(Add { updates, width, indices, rows, table: &shared, start, len });
        });
    }
    indices.iter().position(|&index| row(index, rows).is_none())
}

fn row(index: i32, rows: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|&row| row < rows)
}

/// The rows of the table; checks the shapes.
fn rows_of(table: &[f32], width: usize, indices: &[i32], items: &[f32]) -> usize {
    let rows = table.len().checked_div(width).unwrap_or(0);
    assert!(rows * width == table.len(), "expected rows of {width}, found {} elements", table.len());
    assert!(items.len() == indices.len() * width, "expected {} rows of {width}, found {}", indices.len(), items.len());
    rows
}

struct Add<'a> {
    updates: &'a [f32],
    width: usize,
    indices: &'a [i32],
    rows: usize,
    table: &'a Shared,
    start: usize,
    len: usize,
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (i, &index) in self.indices.iter().enumerate() {
            let Some(row) = row(index, self.rows) else { continue };
            let update = &self.updates[i * self.width + self.start..][..self.len];
            // SAFETY: these columns of the table belong to this task, and the row is inside it.
            let to = unsafe { std::slice::from_raw_parts_mut(self.table.at(row * self.width + self.start), self.len) };
            let (mut vectors, mut parts) = (to.chunks_exact_mut(LANES), update.chunks_exact(LANES));
            for (to, update) in vectors.by_ref().zip(parts.by_ref()) {
                s.store(to, s.add(s.load(to), s.load(update)));
            }
            let rest = vectors.into_remainder();
            s.store_partial(rest, s.add(s.load_partial(rest), s.load_partial(parts.remainder())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;
    use ganymede_tensor::Rng;

    #[test]
    fn both_are_the_plain_loops() {
        let pools: Vec<Pool> = (1..=4).map(|threads| Pool::new(threads).unwrap()).collect();
        let mut rng = Rng::new(9, 0);
        for (rows, width, n) in [(10, 7, 40), (1000, 300, 500), (3, 1, 20_000), (5, 64, 0), (4, 0, 3), (0, 5, 3)] {
            for stray in [false, true] {
                let table: Vec<f32> = (0..rows * width).map(|_| rng.normal() as f32).collect();
                let updates: Vec<f32> = (0..n * width).map(|_| rng.normal() as f32).collect();
                let mut indices: Vec<i32> = (0..n).map(|_| rng.below(rows.max(1) as u32) as i32).collect();
                if stray && n > 2 {
                    (indices[n - 1], indices[n / 2]) = (-1, rows as i32);
                }
                let (mut expected, mut sums) = (vec![0.0; n * width], table.clone());
                let wrong = naive::gather::gather(&table, width, &indices, &mut expected);
                assert_eq!(naive::gather::scatter_add(&updates, width, &indices, &mut sums), wrong);
                for pool in &pools {
                    let mut found = vec![f32::NAN; n * width];
                    assert_eq!(gather(pool, &table, width, &indices, &mut found), wrong);
                    assert_eq!(found, expected);
                    for isa in Isa::available() {
                        let mut found = table.clone();
                        assert_eq!(scatter_add(pool, isa, &updates, width, &indices, &mut found), wrong);
                        assert_eq!(found, sums, "{isa:?} {} threads", pool.threads());
                    }
                }
            }
        }
    }
}
