//! Weight gradients as matrix products over positions: rows are (tap, channel) of one tensor, gathered; columns are the
//! channels of the other.
//!
//! A unit is a set of taps that is taken together: one row of the kernel, or all of it when rows are short. Its positions
//! come in boxes that see the same taps, so nothing is multiplied with padding. When the output has few channels the two
//! tensors change places, so that the many channels fill the vectors.

use super::axis::{Class, Gather};
use super::gathering::{Gathering, Region};
use super::spec::{ConvAxis, ConvSpec};
use crate::gemm::pack::{PackGathered, PackGatheredPanels, Panels};
use crate::gemm::parallel::{Output, add_pieces, with_scratch};
use crate::gemm::tile::{self, A_BLOCK, Block, MAX_DEPTH, MAX_ROWS, PANEL, Packing, Piece};
use crate::isa::Isa;
use crate::pool::Pool;
use std::ops::Range;

/// Up to so many output channels per group the tensors change places, if the input has more.
const FEW_CHANNELS: usize = 12;
/// Rows of one task: the other tensor is packed once for as many.
const TASK_ROWS: usize = 2 * MAX_ROWS;
/// Columns of one task.
const TASK_COLUMNS: usize = 160;

/// Taps that are taken together, and the positions where they count.
#[derive(Clone, Debug)]
struct Unit {
    regions: Vec<Region>,
    /// The unit's rows of the gradient.
    rows: Range<usize>,
}

/// A weight gradient, planned.
#[derive(Clone, Debug)]
pub struct WeightPlan {
    /// The tensor whose channels are rows is read, the other has the positions.
    gathering: Gathering,
    /// Whether rows are the output's channels.
    swapped: bool,
    units: Vec<Unit>,
    groups: usize,
    /// Rows and columns of one task.
    block: (usize, usize),
    /// Into how many pieces the positions are cut, whose sums are added in order.
    pieces: usize,
    len: usize,
}

impl WeightPlan {
    /// Plans the weight gradient.
    pub fn new(spec: &ConvSpec) -> WeightPlan {
        let (ins, outs) = (spec.in_channels / spec.groups, spec.out_channels / spec.groups);
        let swapped = outs <= FEW_CHANNELS && outs < ins;
        let gathering = Gathering::new(spec, swapped);
        let (few, many) = (gathering.read.channels, gathering.write.channels);
        let [_, _, x] = spec.three_axes();
        let units = if swapped || x.kernel * few < 64 {
            vec![Unit { regions: gathering.regions.clone(), rows: 0..gathering.taps.len() * few }]
        } else {
            rows_of_kernel(spec, few)
        };
        let longest = units.iter().map(|u| u.rows.len()).max().unwrap_or(0);
        let block = (super::part(longest, TASK_ROWS, 12), super::part(many, TASK_COLUMNS, PANEL));
        let tasks = units.len() * longest.div_ceil(block.0) * many.div_ceil(block.1) * spec.groups;
        let positions = units.iter().map(|u| u.regions.iter().map(|r| r.rows).sum::<usize>()).max().unwrap_or(0);
        // Few outputs and a long sum: cut the sum, unless the copies would be large.
        let len = spec.kernel_len();
        let pieces = (16 / tasks.min(16)).min(positions / 1024).min((1 << 22) / len).max(1);
        WeightPlan { gathering, swapped, units, groups: spec.groups, block, pieces, len }
    }

    /// Floats for the pieces, and for the sum if it is not yet in the kernel's order.
    fn partial_len(&self) -> usize {
        let copies = if self.pieces > 1 || self.swapped { self.pieces + self.swapped as usize } else { 0 };
        (copies * self.len).next_multiple_of(PANEL)
    }

    fn own_scratch(&self) -> usize {
        A_BLOCK + MAX_DEPTH * self.block.1
    }

    /// How many floats of scratch `run` needs.
    pub fn scratch_len(&self, threads: usize) -> usize {
        self.partial_len() + threads * self.own_scratch()
    }

    /// Computes the gradient of the kernel; the lengths have been checked.
    pub fn run(&self, pool: &Pool, isa: Isa, x: &[f32], dy: &[f32], out: &mut [f32], scratch: &mut [f32]) {
        let (partial, own) = scratch.split_at_mut(self.partial_len());
        let (rows_from, columns_from) = if self.swapped { (dy, x) } else { (x, dy) };
        let target = Output::new(if partial.is_empty() { &mut *out } else { &mut *partial });
        let columns = self.gathering.write.channels;
        let longest = self.units.iter().map(|u| u.rows.len()).max().unwrap_or(0);
        let (row_blocks, column_blocks) = (longest.div_ceil(self.block.0), columns.div_ceil(self.block.1));
        let tasks = self.units.len() * row_blocks * column_blocks * self.groups * self.pieces;
        with_scratch(pool, tasks, own, self.own_scratch(), &|task, scratch| {
            let (piece, rest) = (task % self.pieces, task / self.pieces);
            let (group, rest) = (rest % self.groups, rest / self.groups);
            let (row_block, rest) = (rest % row_blocks, rest / row_blocks);
            let (column_block, unit) = (rest % column_blocks, &self.units[rest / column_blocks]);
            let first = unit.rows.start + row_block * self.block.0;
            let column = column_block * self.block.1;
            let part = Part {
                regions: &unit.regions,
                rows: first..unit.rows.end.min(first + self.block.0),
                columns: column..columns.min(column + self.block.1),
                group,
                piece,
            };
            // SAFETY: these rows and columns of this piece's gradient are this task's alone.
            unsafe { self.part(isa, rows_from, columns_from, &part, scratch, target.start().add(piece * self.len)) };
        });
        if self.swapped {
            let (pieces, sum) = partial[..(self.pieces + 1) * self.len].split_at_mut(self.pieces * self.len);
            add_pieces(pool, isa, pieces, sum);
            self.swap(sum, out);
        } else if self.pieces > 1 {
            add_pieces(pool, isa, &partial[..self.pieces * self.len], out);
        }
    }

    /// Where a row of the gradient starts: (tap, in, out), or swapped (group, tap, out, in).
    fn row(&self, group: usize, row: usize) -> usize {
        let columns = self.gathering.write.channels;
        if self.swapped {
            group * (self.len / self.groups) + row * columns
        } else {
            (row * self.groups + group) * columns
        }
    }

    /// # Safety
    /// `out` must be valid for the whole gradient, and no other thread may touch this part of it.
    unsafe fn part(
        &self,
        isa: Isa,
        rows_from: &[f32],
        columns_from: &[f32],
        part: &Part<'_>,
        scratch: &mut [f32],
        out: *mut f32,
    ) {
        let (packed_a, packed_b) = scratch.split_at_mut(A_BLOCK);
        let mut c_rows = [0; MAX_ROWS];
        let product = |c_rows: &[usize], depth: usize, a: &[f32], b: &[f32]| {
            let block = Block {
                a,
                layout: Packing::Columns,
                b,
                panel_stride: MAX_DEPTH * PANEL,
                pieces: &[Piece { read: 0, at: 0, depth }],
                c_rows,
                columns: part.columns.len(),
                accumulate: depth > 0,
                apart: false,
            };
            // SAFETY: as the caller promises.
            unsafe { tile::block_product(isa, block, out) };
        };
        // Boxes see different taps, so all rows start at zero.
        for first in part.rows.clone().step_by(MAX_ROWS) {
            let count = MAX_ROWS.min(part.rows.end - first);
            (0..count).for_each(|r| c_rows[r] = self.row(part.group, first + r) + part.columns.start);
            product(&c_rows[..count], 0, packed_a, packed_b);
        }
        let (mut reads, mut writes) = ([0; MAX_DEPTH], [0; MAX_DEPTH]);
        let mut taps = [Piece::default(); MAX_ROWS];
        for region in part.regions {
            if !self.gathering.pieces(region, part.rows.clone()).any() {
                continue;
            }
            let (start, end) = (region.rows * part.piece / self.pieces, region.rows * (part.piece + 1) / self.pieces);
            let blocks = (end - start).div_ceil(MAX_DEPTH);
            for block in 0..blocks {
                let first = start + (end - start) * block / blocks;
                let depth = start + (end - start) * (block + 1) / blocks - first;
                let (reads, writes) = (&mut reads[..depth], &mut writes[..depth]);
                self.gathering.rows(region, first, reads, writes);
                reads.iter_mut().for_each(|r| *r += part.group * self.gathering.read.channels);
                writes.iter_mut().for_each(|w| *w += part.group * self.gathering.write.channels + part.columns.start);
                let to = Panels { data: packed_b, stride: MAX_DEPTH * PANEL };
                let columns = part.columns.len();
                isa.dispatch(PackGatheredPanels { from: columns_from, rows: writes, columns, to });
                let mut walk = self.gathering.pieces(region, part.rows.clone());
                loop {
                    let n = walk.next_block(MAX_ROWS, &mut taps);
                    if n == 0 {
                        break;
                    }
                    let (mut count, pieces) = (0, &taps[..n]);
                    for row in pieces.iter().flat_map(|p| p.at..p.at + p.depth) {
                        c_rows[count] = self.row(part.group, row) + part.columns.start;
                        count += 1;
                    }
                    let to_stride = MAX_ROWS;
                    isa.dispatch(PackGathered { from: rows_from, rows: reads, pieces, to: packed_a, to_stride });
                    product(&c_rows[..count], depth, packed_a, packed_b);
                }
            }
        }
    }

    /// (group, slot, out, in) to (tap, in, out).
    fn swap(&self, sum: &[f32], out: &mut [f32]) {
        let (outs, ins) = (self.gathering.read.channels, self.gathering.write.channels);
        let mut rows = sum.chunks_exact(ins);
        for group in 0..self.groups {
            for tap in &self.gathering.taps {
                for (co, row) in (0..outs).zip(&mut rows) {
                    let at = (tap * ins * self.groups + group) * outs + co;
                    out[at..].iter_mut().step_by(self.groups * outs).zip(row).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// One unit for each row of the kernel.
fn rows_of_kernel(spec: &ConvSpec, channels: usize) -> Vec<Unit> {
    let [z, y, x] = spec.three_axes();
    let along = Gather::forward(&x).classes;
    let mut units = Vec::new();
    for kz in 0..z.kernel {
        for ky in 0..y.kernel {
            let (z, y) = (inside(&z, kz), inside(&y, ky));
            let mut regions = Vec::new();
            for x in &along {
                regions.push(Region { classes: [z, y, *x], rows: spec.batch * z.count * y.count * x.count });
            }
            let first = units.len() * x.kernel * channels;
            units.push(Unit { regions, rows: first..first + x.kernel * channels });
        }
    }
    units
}

/// The output positions for which tap `k` lies inside the input, as a class with that tap alone.
fn inside(axis: &ConvAxis, k: usize) -> Class {
    let seen = |o: &usize| (0..axis.input as isize).contains(&axis.position(*o, k));
    let start = (0..axis.output()).find(seen);
    let count = (0..axis.output()).filter(seen).count();
    let at = start.map_or(0, |o| axis.position(o, k) as usize);
    let start = start.unwrap_or(0);
    Class { start, step: 1, count, read_step: axis.stride, slot: k, at, taps: 1, tap_step: 0 }
}

/// One task's part of the gradient.
struct Part<'a> {
    regions: &'a [Region],
    rows: Range<usize>,
    columns: Range<usize>,
    group: usize,
    piece: usize,
}
