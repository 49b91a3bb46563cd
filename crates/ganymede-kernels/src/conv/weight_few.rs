//! Weight gradients when one side has few channels: the rows of the product are (tap, channel) of that side, gathered,
//! so that its few channels do not leave a tile empty. Not here: many channels on both sides (`weight_grad.rs`).

use super::gather::{Gathering, Region};
use super::spec::ConvSpec;
use crate::gemm::pack::{PackGathered, PackGatheredPanels, Panels};
use crate::gemm::parallel::{Output, add_pieces, with_scratch};
use crate::gemm::tile::{self, A_BLOCK, Block, Layout, MAX_DEPTH, MAX_ROWS, PANEL, Piece};
use crate::isa::Isa;
use crate::pool::Pool;

/// The most channels per group of the side that is gathered.
pub const FEW_CHANNELS: usize = 24;
/// Columns that are packed at a time.
const COLUMNS: usize = 256;

/// A weight gradient with few channels on one side, planned.
#[derive(Clone, Debug)]
pub struct FewPlan {
    /// The side of few channels is read, the other has the rows.
    gathering: Gathering,
    /// Whether the side of few channels is the output.
    swapped: bool,
    groups: usize,
    /// The first 256 positions of each region's blocks, counted over all regions.
    first_blocks: Vec<usize>,
    blocks: usize,
    /// Into how many pieces the blocks are cut, whose sums are added in order.
    pieces: usize,
}

impl FewPlan {
    /// Plans the weight gradient; `swapped`: the output has few channels, not the input.
    pub fn new(spec: &ConvSpec, swapped: bool) -> FewPlan {
        let gathering = Gathering::new(spec, swapped);
        let mut blocks = 0;
        let mut first_blocks = Vec::new();
        for region in &gathering.regions {
            first_blocks.push(blocks);
            blocks += region.rows.div_ceil(MAX_DEPTH);
        }
        // A piece of fewer than a million multiplications is not worth handing out.
        let block_work = MAX_DEPTH * spec.kernel_len();
        let pieces = (blocks.saturating_mul(block_work) >> 20).min((1 << 20) / spec.kernel_len());
        let pieces = pieces.min(blocks).clamp(1, 16);
        FewPlan { gathering, swapped, groups: spec.groups, first_blocks, blocks, pieces }
    }

    /// Rows of one group's gradient: (tap, channel of the side of few).
    fn rows(&self) -> usize {
        self.gathering.taps.len() * self.gathering.read.channels
    }

    /// Floats of the gradient.
    fn len(&self) -> usize {
        self.groups * self.rows() * self.gathering.write.channels
    }

    fn own_scratch(&self) -> usize {
        A_BLOCK + MAX_DEPTH * COLUMNS
    }

    /// How many floats of scratch `run` needs.
    pub fn scratch_len(&self, threads: usize) -> usize {
        ((self.pieces + 1) * self.len()).next_multiple_of(PANEL) + threads * self.own_scratch()
    }

    /// Computes the gradient of the kernel; the lengths have been checked.
    pub fn run(&self, pool: &Pool, isa: Isa, x: &[f32], dy: &[f32], out: &mut [f32], scratch: &mut [f32]) {
        let len = self.len();
        let (partial, own) = scratch.split_at_mut(((self.pieces + 1) * len).next_multiple_of(PANEL));
        let (partial, sum) = partial[..(self.pieces + 1) * len].split_at_mut(self.pieces * len);
        let (few, many) = if self.swapped { (dy, x) } else { (x, dy) };
        let target = Output::new(partial);
        let columns = self.gathering.write.channels;
        let column_blocks = columns.div_ceil(COLUMNS);
        let tasks = self.pieces * self.groups * column_blocks;
        with_scratch(pool, tasks, own, self.own_scratch(), &|task, scratch| {
            let (piece, rest) = (task % self.pieces, task / self.pieces);
            let (group, first) = (rest % self.groups, rest / self.groups * COLUMNS);
            let part = Part { piece, group, columns: (first, COLUMNS.min(columns - first)) };
            // SAFETY: these columns of this group of this piece's gradient are this task's alone.
            unsafe { self.part(isa, few, many, &part, scratch, target.start().add(piece * len)) };
        });
        add_pieces(pool, isa, partial, sum);
        self.unpack(sum, out);
    }

    /// # Safety
    /// `out` must be valid for the whole gradient, and no other thread may touch this part of it.
    unsafe fn part(&self, isa: Isa, few: &[f32], many: &[f32], part: &Part, scratch: &mut [f32], out: *mut f32) {
        let (packed_a, packed_b) = scratch.split_at_mut(A_BLOCK);
        let (rows, columns) = (self.rows(), self.gathering.write.channels);
        let mut c_rows = [0; MAX_ROWS];
        let product = |rows: &[usize], pieces: &[Piece], a: &[f32], b: &[f32]| {
            let block = Block {
                a,
                layout: Layout::Columns,
                b,
                panel_stride: MAX_DEPTH * PANEL,
                pieces,
                c_rows: rows,
                columns: part.columns.1,
                accumulate: !pieces.is_empty(),
            };
            // SAFETY: as the caller promises.
            unsafe { tile::block_product(isa, block, out) };
        };
        let c_row = |row: usize| (part.group * rows + row) * columns + part.columns.0;
        // Regions see different taps, so all rows start at zero.
        for first in (0..rows).step_by(MAX_ROWS) {
            let count = MAX_ROWS.min(rows - first);
            (0..count).for_each(|r| c_rows[r] = c_row(first + r));
            product(&c_rows[..count], &[], packed_b, packed_b);
        }
        let (mut reads, mut writes) = ([0; MAX_DEPTH], [0; MAX_DEPTH]);
        let mut taps = [Piece::default(); MAX_ROWS];
        for block in self.blocks * part.piece / self.pieces..self.blocks * (part.piece + 1) / self.pieces {
            let (region, first) = self.block(block);
            let depth = MAX_DEPTH.min(region.rows - first);
            let (reads, writes) = (&mut reads[..depth], &mut writes[..depth]);
            self.gathering.rows(region, first, reads, writes);
            reads.iter_mut().for_each(|r| *r += part.group * self.gathering.read.channels);
            writes.iter_mut().for_each(|w| *w += part.group * columns + part.columns.0);
            let to = Panels { data: packed_b, stride: MAX_DEPTH * PANEL };
            isa.dispatch(PackGatheredPanels { from: many, rows: writes, columns: part.columns.1, to });
            let mut walk = self.gathering.pieces(region);
            loop {
                let n = walk.next_block(MAX_ROWS, &mut taps);
                if n == 0 {
                    break;
                }
                let (mut count, pieces) = (0, &taps[..n]);
                for row in pieces.iter().flat_map(|p| p.at..p.at + p.depth) {
                    c_rows[count] = c_row(row);
                    count += 1;
                }
                isa.dispatch(PackGathered { from: few, rows: reads, pieces, to: packed_a, to_stride: MAX_ROWS });
                product(&c_rows[..count], &[Piece { read: 0, at: 0, depth }], packed_a, packed_b);
            }
        }
    }

    /// The region of a block, and its first position there.
    fn block(&self, block: usize) -> (&Region, usize) {
        let number = self.first_blocks.partition_point(|first| *first <= block) - 1;
        (&self.gathering.regions[number], (block - self.first_blocks[number]) * MAX_DEPTH)
    }

    /// (group, slot, few, many) to (tap, in, out).
    fn unpack(&self, sum: &[f32], out: &mut [f32]) {
        let (few, many) = (self.gathering.read.channels, self.gathering.write.channels);
        let (ins, outs) = if self.swapped { (many, few) } else { (few, many) };
        let mut rows = sum.chunks_exact(many);
        for group in 0..self.groups {
            for tap in &self.gathering.taps {
                for (f, row) in (0..few).zip(&mut rows) {
                    let (ci, co, step) = if self.swapped { (0, f, self.groups * outs) } else { (f, 0, 1) };
                    let at = (tap * ins + ci) * self.groups * outs + group * outs + co;
                    out[at..].iter_mut().step_by(step).zip(row).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// One task's part of the gradient.
struct Part {
    piece: usize,
    group: usize,
    /// First and how many channels of the other side.
    columns: (usize, usize),
}
