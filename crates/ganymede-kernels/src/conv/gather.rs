//! Forward passes and input gradients as implicit matrix products: rows of A are gathered from the input.
//!
//! Positions are taken in boxes that see the same taps (`gathering.rs`), so nothing is multiplied with padding, and an input
//! gradient with stride is as many small convolutions as it has phases. Not here: weight gradients (`weight_grad.rs`).

use super::gathering::{Gathering, Region};
use super::spec::ConvSpec;
use crate::gemm::pack::PackGathered;
use crate::gemm::parallel::{Epilogue, Output, with_scratch};
use crate::gemm::thin::{self, Dots, FEW};
use crate::gemm::tile::{self, A_BLOCK, Block, MAX_DEPTH, MAX_ROWS, PANEL, Packing, Piece, ROW_STRIDE};
use crate::isa::{Isa, LANES};
use crate::pool::Pool;

/// The most pieces of a sum for the thin algorithm, which takes them all at once.
const THIN_PIECES: usize = 128;

/// A forward pass or an input gradient, planned.
#[derive(Clone, Debug)]
pub struct GatherPlan {
    gathering: Gathering,
    backward: bool,
    groups: usize,
    /// The kernel's channels: (in per group, out).
    kernel: (usize, usize),
    /// Whether few output channels are summed along memory instead of in tiles.
    thin: bool,
    rows: usize,
    columns: usize,
    /// The number of each region's first task.
    first_tasks: Vec<usize>,
    tasks: usize,
}

impl GatherPlan {
    /// Plans the forward pass, or the input gradient.
    pub fn new(spec: &ConvSpec, backward: bool) -> GatherPlan {
        let gathering = Gathering::new(spec, backward);
        let channels = gathering.write.channels;
        let fits = |r: &Region| {
            let pieces = gathering.pieces(r, 0..usize::MAX);
            pieces.count() <= THIN_PIECES && (pieces.count() == 0 || pieces.length >= LANES)
        };
        let thin = channels <= FEW && gathering.regions.iter().all(fits);
        let mut columns = super::part(channels, 256, PANEL);
        let rows = MAX_ROWS;
        let row_tasks: usize = gathering.regions.iter().map(|r| r.rows.div_ceil(rows)).sum();
        while spec.groups * row_tasks * channels.div_ceil(columns) < 16 && columns > 4 * PANEL {
            columns = super::part(channels, columns / 2, PANEL);
        }
        let mut tasks = 0;
        let mut first_tasks = Vec::new();
        for region in &gathering.regions {
            first_tasks.push(tasks);
            tasks += spec.groups * region.rows.div_ceil(rows) * channels.div_ceil(columns);
        }
        let kernel = (spec.in_channels / spec.groups, spec.out_channels);
        GatherPlan { gathering, backward, groups: spec.groups, kernel, thin, rows, columns, first_tasks, tasks }
    }

    /// The length of a full sum.
    fn depth(&self) -> usize {
        self.gathering.taps.len() * self.gathering.read.channels
    }

    /// Floats of one group's packed kernel.
    fn packed_group(&self) -> usize {
        let columns = self.gathering.write.channels;
        if self.thin {
            (columns * self.depth()).next_multiple_of(PANEL)
        } else {
            columns.next_multiple_of(PANEL) * self.depth()
        }
    }

    /// Floats of scratch of one thread.
    fn own_scratch(&self) -> usize {
        if self.thin { 0 } else { A_BLOCK }
    }

    /// How many floats of scratch `run` needs.
    pub fn scratch_len(&self, threads: usize) -> usize {
        self.groups * self.packed_group() + threads * self.own_scratch()
    }

    /// Whether a task finishes whole rows that stand side by side.
    fn finishes_rows(&self) -> bool {
        let channels = self.gathering.write.channels;
        let beside = |r: &Region| r.classes[2].step == 1 || r.classes[2].count == 1;
        self.groups == 1 && channels <= self.columns && self.gathering.regions.iter().all(beside)
    }

    /// Computes `out` from `from` and the kernel; the lengths have been checked. Gives back the epilogue if it is still to
    /// be called.
    #[allow(clippy::too_many_arguments)]
    pub fn run<'e>(
        &self,
        pool: &Pool,
        isa: Isa,
        from: &[f32],
        kernel: &[f32],
        out: &mut [f32],
        scratch: &mut [f32],
        epilogue: Epilogue<'e>,
    ) -> Epilogue<'e> {
        let at_once = epilogue.filter(|_| self.finishes_rows());
        let channels = self.gathering.write.channels;
        let (packed, own) = scratch.split_at_mut(self.groups * self.packed_group());
        self.pack_kernel(pool, isa, kernel, packed);
        let (packed, target) = (&*packed, Output::new(out));
        with_scratch(pool, self.tasks, own, self.own_scratch(), &|task, scratch| {
            let number = self.first_tasks.partition_point(|first| *first <= task) - 1;
            let region = &self.gathering.regions[number];
            let blocks = region.rows.div_ceil(self.rows);
            let task = task - self.first_tasks[number];
            let (block, rest) = (task % blocks, task / blocks);
            let (group, column_block) = (rest % self.groups, rest / self.groups);
            // Blocks of nearly equal height.
            let first = region.rows * block / blocks;
            let count = region.rows * (block + 1) / blocks - first;
            let column = column_block * self.columns;
            let columns = self.columns.min(self.gathering.write.channels - column);
            let (mut reads, mut writes) = ([0; MAX_ROWS], [0; MAX_ROWS]);
            let (reads, writes) = (&mut reads[..count], &mut writes[..count]);
            self.gathering.rows(region, first, reads, writes);
            reads.iter_mut().for_each(|r| *r += group * self.gathering.read.channels);
            writes.iter_mut().for_each(|w| *w += group * self.gathering.write.channels + column);
            let group_kernel = &packed[group * self.packed_group()..][..self.packed_group()];
            let (reads, writes) = (&*reads, &*writes);
            let rows = Rows { region, reads, writes, columns };
            // SAFETY: the rows lie in the output; these rows and columns are this task's alone.
            unsafe {
                if self.thin {
                    self.thin_task(isa, from, group_kernel, rows, target);
                } else {
                    self.tile_task(isa, from, &group_kernel[column * self.depth()..], rows, scratch, target);
                }
            }
            if let Some(epilogue) = at_once {
                for beside in writes.chunk_by(|a, b| a + channels == *b) {
                    // SAFETY: these rows are this task's, and finished.
                    epilogue(beside[0] / channels, unsafe { target.part(beside[0], beside.len() * channels) });
                }
            }
        });
        if at_once.is_some() { None } else { epilogue }
    }

    /// # Safety
    /// The rows and columns must lie within `out`, and no other thread may touch them.
    unsafe fn tile_task(
        &self,
        isa: Isa,
        from: &[f32],
        kernel: &[f32],
        rows: Rows<'_>,
        scratch: &mut [f32],
        out: Output,
    ) {
        let mut pieces = [Piece::default(); MAX_DEPTH];
        let mut walk = self.gathering.pieces(rows.region, 0..usize::MAX);
        let mut accumulate = false;
        loop {
            let n = walk.next_block(MAX_DEPTH, &mut pieces);
            // A sum of nothing is a block of zeros.
            if n == 0 && accumulate {
                break;
            }
            let pieces = &pieces[..n];
            isa.dispatch(PackGathered { from, rows: rows.reads, pieces, to: scratch, to_stride: ROW_STRIDE });
            let block = Block {
                a: scratch,
                layout: Packing::Rows,
                b: kernel,
                panel_stride: self.depth() * PANEL,
                pieces,
                c_rows: rows.writes,
                columns: rows.columns,
                accumulate,
                apart: false,
            };
            // SAFETY: as the caller promises.
            unsafe { tile::block_product(isa, block, out.start()) };
            accumulate = true;
            if n == 0 {
                break;
            }
        }
    }

    /// # Safety
    /// As `tile_task`.
    unsafe fn thin_task(&self, isa: Isa, from: &[f32], kernel: &[f32], rows: Rows<'_>, out: Output) {
        let mut pieces = [Piece::default(); THIN_PIECES];
        let n = self.gathering.pieces(rows.region, 0..usize::MAX).next_block(usize::MAX, &mut pieces);
        let dots = Dots {
            a: from,
            a_rows: rows.reads,
            pieces: &pieces[..n],
            w: kernel,
            w_stride: self.depth(),
            few: rows.columns,
            c_rows: rows.writes,
            c_step: 1,
        };
        // SAFETY: as the caller promises.
        unsafe { thin::dots(isa, dots, out.start()) };
    }

    /// Brings the kernel into the order of the sums: panels of (depth, 16), or rows for the thin algorithm.
    fn pack_kernel(&self, pool: &Pool, isa: Isa, kernel: &[f32], packed: &mut [f32]) {
        let layout = super::kernel::KernelLayout {
            taps: &self.gathering.taps,
            in_channels: self.kernel.0,
            out_channels: self.kernel.1,
            groups: self.groups,
            transposed: self.backward,
        };
        if self.thin {
            layout.rows(kernel, packed, self.packed_group());
        } else {
            layout.panels(pool, isa, kernel, packed);
        }
    }
}

/// The rows and columns of one task.
struct Rows<'a> {
    region: &'a Region,
    reads: &'a [usize],
    writes: &'a [usize],
    columns: usize,
}
