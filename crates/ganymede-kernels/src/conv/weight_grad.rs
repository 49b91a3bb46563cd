//! Weight gradients: for each tap a matrix product of the input's channels and the output gradient's, over all
//! positions where the tap lies inside the input. Not here: the case of few channels (`weight_few.rs`).

use super::axis::Class;
use super::gather::{Gathering, Region};
use super::spec::{ConvAxis, ConvSpec};
use crate::gemm::pack::{PackGathered, PackGatheredPanels, Panels};
use crate::gemm::parallel::{Output, add_pieces, with_scratch};
use crate::gemm::tile::{self, A_BLOCK, Block, Layout, MAX_DEPTH, MAX_ROWS, PANEL, Piece};
use crate::isa::Isa;
use crate::pool::Pool;

/// The output positions for which tap `k` lies inside the input.
fn inside(axis: &ConvAxis, k: usize) -> Class {
    let seen = |o: &usize| (0..axis.input as isize).contains(&axis.position(*o, k));
    let start = (0..axis.output()).find(seen);
    let count = (0..axis.output()).filter(seen).count();
    let at = start.map_or(0, |o| axis.position(o, k) as usize);
    let start = start.unwrap_or(0);
    Class { start, step: 1, count, read_step: axis.stride, slot: k, at, taps: 1, tap_step: 0 }
}

/// A weight gradient, planned.
#[derive(Clone, Debug)]
pub struct WeightPlan {
    /// The input is read, the output gradient has the rows.
    gathering: Gathering,
    /// For each tap the positions where it counts.
    regions: Vec<Region>,
    groups: usize,
    out_channels: usize,
    /// Channels of one task: (input, output).
    block: (usize, usize),
    /// Into how many pieces the positions are cut, whose sums are added in order.
    pieces: usize,
    len: usize,
}

impl WeightPlan {
    /// Plans the weight gradient.
    pub fn new(spec: &ConvSpec) -> WeightPlan {
        let [z, y, x] = spec.three_axes();
        let mut regions = Vec::new();
        for kz in 0..z.kernel {
            for ky in 0..y.kernel {
                for kx in 0..x.kernel {
                    let classes = [inside(&z, kz), inside(&y, ky), inside(&x, kx)];
                    let rows = spec.batch * classes.iter().map(|c| c.count).product::<usize>();
                    regions.push(Region { classes, rows });
                }
            }
        }
        let gathering = Gathering::new(spec, false);
        let (ci, co) = (gathering.read.channels, gathering.write.channels);
        let block = (ci.div_ceil(ci.div_ceil(MAX_ROWS)), super::part(co, 256, PANEL));
        let tasks = spec.groups * regions.len() * ci.div_ceil(block.0) * co.div_ceil(block.1);
        let rows = regions.iter().map(|r| r.rows).max().unwrap_or(0);
        let pieces = if tasks < 16 { (16 / tasks).min(rows / 1024).max(1) } else { 1 };
        let (groups, out_channels) = (spec.groups, spec.out_channels);
        WeightPlan { gathering, regions, groups, out_channels, block, pieces, len: spec.kernel_len() }
    }

    fn partial_len(&self) -> usize {
        if self.pieces > 1 { (self.pieces * self.len).next_multiple_of(PANEL) } else { 0 }
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
        let (ci, co) = (self.gathering.read.channels, self.gathering.write.channels);
        let (ci_blocks, co_blocks) = (ci.div_ceil(self.block.0), co.div_ceil(self.block.1));
        let tasks = self.pieces * self.groups * self.regions.len() * ci_blocks * co_blocks;
        let target = Output::new(if self.pieces > 1 { &mut *partial } else { &mut *out });
        with_scratch(pool, tasks, own, self.own_scratch(), &|task, scratch| {
            let (piece, rest) = (task % self.pieces, task / self.pieces);
            let (ci_block, rest) = (rest % ci_blocks, rest / ci_blocks);
            let (co_block, rest) = (rest % co_blocks, rest / co_blocks);
            let (group, tap) = (rest % self.groups, rest / self.groups);
            let (first_ci, first_co) = (ci_block * self.block.0, co_block * self.block.1);
            let part = Part {
                tap,
                rows: (piece, self.pieces),
                ci: (group * ci + first_ci, self.block.0.min(ci - first_ci)),
                co: (group * co + first_co, self.block.1.min(co - first_co)),
                c_row: tap * ci + first_ci,
            };
            // SAFETY: this part of this piece's gradient is this task's alone.
            unsafe { self.part(isa, x, dy, &part, scratch, target.start().add(piece * self.len)) };
        });
        if self.pieces > 1 {
            add_pieces(pool, isa, &partial[..self.pieces * self.len], out);
        }
    }

    /// # Safety
    /// `out` must be valid for the whole gradient, and no other thread may touch this part of it.
    unsafe fn part(&self, isa: Isa, x: &[f32], dy: &[f32], part: &Part, scratch: &mut [f32], out: *mut f32) {
        let region = &self.regions[part.tap];
        let (packed_a, packed_b) = scratch.split_at_mut(A_BLOCK);
        let (mut reads, mut writes) = ([0; MAX_DEPTH], [0; MAX_DEPTH]);
        let mut c_rows = [0; MAX_ROWS];
        for (r, row) in c_rows.iter_mut().enumerate() {
            *row = (part.c_row + r) * self.out_channels + part.co.0;
        }
        let (piece, pieces) = part.rows;
        let (start, end) = (region.rows * piece / pieces, region.rows * (piece + 1) / pieces);
        let mut first = start;
        loop {
            let depth = (end - first).min(MAX_DEPTH);
            let (reads, writes) = (&mut reads[..depth], &mut writes[..depth]);
            self.gathering.rows(region, first, reads, writes);
            reads.iter_mut().for_each(|r| *r += part.ci.0);
            writes.iter_mut().for_each(|w| *w += part.co.0);
            let pieces = &[Piece { read: 0, at: 0, depth: part.ci.1 }];
            isa.dispatch(PackGathered { from: x, rows: reads, pieces, to: packed_a, to_stride: MAX_ROWS });
            let stride = MAX_DEPTH * PANEL;
            let to = Panels { data: packed_b, stride };
            isa.dispatch(PackGatheredPanels { from: dy, rows: writes, columns: part.co.1, to });
            let block = Block {
                a: packed_a,
                layout: Layout::Columns,
                b: packed_b,
                panel_stride: stride,
                pieces: &[Piece { read: 0, at: 0, depth }],
                c_rows: &c_rows[..part.ci.1],
                columns: part.co.1,
                accumulate: first > start,
            };
            // SAFETY: as the caller promises.
            unsafe { tile::block_product(isa, block, out) };
            first += depth;
            if first >= end {
                break;
            }
        }
    }
}

/// One task's part of the gradient.
struct Part {
    tap: usize,
    /// Which piece of the positions, of how many.
    rows: (usize, usize),
    /// First and how many input channels.
    ci: (usize, usize),
    /// First and how many output channels.
    co: (usize, usize),
    /// The first row of the gradient.
    c_row: usize,
}
