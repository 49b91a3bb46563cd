//! The weight gradient by Toom-Cook: the points of input and output of a block of tiles, multiplied and added over the
//! tiles, and at last turned into taps. Not here: the forward pass and the input gradient (`mod.rs`).

use super::cuts::{WeightTask, pieces};
use super::toom_cook::with_matrix;
use super::transform::{By, FromWeights, PointStrides};
use super::{Scratch, Side, WinogradPlan};
use crate::gemm::parallel::{Output, with_scratch};
use crate::gemm::tile::{self, Block, MAX_DEPTH, MAX_ROWS, PANEL};
use crate::isa::Isa;
use crate::pool::Pool;

impl WinogradPlan {
    /// The layout of one task's product of a weight gradient.
    pub(super) fn weight_layout(&self) -> PointStrides {
        Self::rows(self.weight_tasks.iter().map(|task| task.rows.len()).max().unwrap_or(0), self.task.1)
    }

    /// Floats of one task's product of a weight gradient.
    pub(super) fn weight_sums(&self) -> usize {
        self.points() * self.weight_layout().point
    }

    /// Computes the weight gradient.
    pub(super) fn run_weight_grad(
        &self,
        pool: &Pool,
        isa: Isa,
        x: &[f32],
        dy: &[f32],
        out: &mut [f32],
        scratch: Scratch<'_>,
    ) {
        let Scratch { activations, weights: together, own, .. } = scratch;
        let (left, right) = self.layouts();
        let right = right.unwrap_or(left);
        let (v, m) = activations.split_at_mut(self.points() * left.point);
        let (tasks, sums, each) = (self.weight_tasks.len(), self.weight_layout(), self.weight_sums());
        let (target, shared) = (Output::new(out), Output::new(together));
        let alone = self.tile_block >= self.tiles;
        for first in (0..self.tiles).step_by(self.tile_block) {
            let count = self.tile_block.min(self.tiles - first);
            let last = first + count == self.tiles;
            self.transform(pool, isa, Side::Input, x, (first, count), left, v);
            self.transform(pool, isa, Side::Output, dy, (first, count), right, m);
            let (v, m) = (&*v, &*m);
            with_scratch(pool, tasks, own, if alone { each } else { 0 }, &|task, own| {
                let WeightTask { rows, columns, group } = &self.weight_tasks[task];
                // SAFETY: each task has its own part of the sums.
                let sum = if alone { own } else { unsafe { shared.part(task * each, each) } };
                let mut c_rows = [0; MAX_ROWS];
                c_rows.iter_mut().enumerate().for_each(|(i, at)| *at = i * sums.tile);
                for point in 0..self.points() {
                    let ends = self.ends(point);
                    let (phases, whole) =
                        (self.kernel.phases_with(self.size.r, ends), self.input.whole(first..first + count, ends));
                    let each = self.deep() / self.input.phases();
                    let within = |row: usize| (row * each).clamp(rows.start, rows.end);
                    let fitting = within(phases.start)..within(phases.end);
                    let sum = &mut sum[point * sums.point..];
                    if first == 0 {
                        for row in rows.clone().filter(|row| !fitting.contains(row) || whole.is_empty()) {
                            sum[(row - rows.start) * sums.tile..][..columns.len()].fill(0.0);
                        }
                    }
                    if fitting.is_empty() {
                        continue;
                    }
                    let at = fitting.start / MAX_ROWS * left.group + fitting.start % MAX_ROWS;
                    let a = &v[point * left.point + at..];
                    let b = &m[point * right.point + columns.start / PANEL * right.group..];
                    for k in whole.clone().step_by(MAX_DEPTH) {
                        let (pieces, n) = pieces(k, whole.end);
                        let block = Block {
                            a: &a[k * MAX_ROWS..],
                            layout: tile::Packing::Columns,
                            b,
                            panel_stride: right.group,
                            pieces: &pieces[..n],
                            c_rows: &c_rows[fitting.start - rows.start..fitting.end - rows.start],
                            columns: columns.len(),
                            accumulate: first > 0 || k > whole.start,
                            apart: true,
                        };
                        // SAFETY: the point's sums lie in this task's part.
                        unsafe { tile::block_product(isa, block, sum.as_mut_ptr()) };
                    }
                }
                if last {
                    let transform = FromWeights {
                        kernel: &self.kernel,
                        from: sum,
                        strides: (sums.point, sums.tile),
                        rows: rows.start - group..rows.end - group,
                        columns: columns.start..columns.end.min(self.kernel.out_channels),
                        to: target.start(),
                    };
                    with_matrix!(WeightGrad as T, self.size, isa.dispatch(By::<T, _>::new(transform)));
                }
            });
        }
    }
}
