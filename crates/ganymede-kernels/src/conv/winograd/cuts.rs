//! How a convolution by Toom-Cook is cut: into blocks of tiles and of columns, into tasks, into chains of sums. All of it
//! follows from the shape alone. Not here: what a block does (`mod.rs`).

use crate::gemm::tile::{MAX_DEPTH, MAX_ROWS, Piece};
use std::ops::Range;

/// Floats of the points of activations, or of weights, that are alive at once; where one needs less, the other has twice
/// that. Together they fit into a shared cache.
const BLOCK_FLOATS: usize = 2 << 20;
/// The longest chain of sums: shorter than the direct algorithm's, because transforms multiply its error.
const MAX_SUM: usize = 128;

/// Some rows (phase, input channel) and columns (output channel) of the points of a weight gradient.
#[derive(Clone, Debug)]
pub struct WeightTask {
    /// Rows, counted over all groups.
    pub rows: Range<usize>,
    /// Columns, counted over all groups.
    pub columns: Range<usize>,
    /// The first row of the group.
    pub group: usize,
}

/// The chains of sums of one block that starts at `k`, and how many there are.
pub fn pieces(k: usize, end: usize) -> ([Piece; MAX_DEPTH / MAX_SUM], usize) {
    let (mut pieces, mut count) = ([Piece::default(); MAX_DEPTH / MAX_SUM], 0);
    for at in (k..end.min(k + MAX_DEPTH)).step_by(MAX_SUM) {
        pieces[count] = Piece { read: 0, at, depth: MAX_SUM.min(end - at) };
        count += 1;
    }
    (pieces, count)
}

/// How many tiles and how many columns of weights to take at once, of (floats of one, how many, in steps of).
///
/// Weights are transformed again for every block of tiles unless they are one block, and the sums of a weight gradient
/// pass through memory for every block: few columns at once want many tiles.
pub fn blocks(tiles: (usize, usize, usize), columns: Option<(usize, usize, usize)>) -> (usize, usize) {
    let even = |(each, count, step): (usize, usize, usize), room: usize| {
        let most = (room / each / step).max(1) * step;
        count.div_ceil(count.div_ceil(most)).next_multiple_of(step).min(count)
    };
    match columns {
        Some((each, count, _)) if each * count <= 2 * BLOCK_FLOATS => (even(tiles, BLOCK_FLOATS), count),
        Some(columns) => (even(tiles, 2 * BLOCK_FLOATS), even(columns, BLOCK_FLOATS)),
        None => (even(tiles, 2 * BLOCK_FLOATS), 0),
    }
}

/// Cuts the rows and columns of a weight gradient's products: blocks of rows end where panels of rows do, and neither
/// rows nor columns cross groups.
pub fn weight_tasks((deep, wide): (usize, usize), groups: usize, columns: usize) -> Vec<WeightTask> {
    let mut tasks = Vec::new();
    for group in 0..groups {
        let (mut row, end) = (deep / groups * group, deep / groups * (group + 1));
        while row < end {
            let next = (row / MAX_ROWS * MAX_ROWS + MAX_ROWS).min(end);
            for column in (wide / groups * group..wide / groups * (group + 1)).step_by(columns) {
                let columns = column..(column + columns).min(wide / groups * (group + 1));
                tasks.push(WeightTask { rows: row..next, columns, group: deep / groups * group });
            }
            row = next;
        }
    }
    tasks
}
