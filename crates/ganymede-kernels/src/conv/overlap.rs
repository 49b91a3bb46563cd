//! Few channels out: one matrix product gives what every position contributes to all the positions around it, and each
//! position of the result is the sum of what reaches it.
//!
//! A row of C = A · B is a position of the tensor that is read, its columns are (tap, channel). So the taps fill the
//! vectors that the few channels leave empty, and A is read in place. That is the input gradient; a forward pass with
//! stride 1 is one too, with the taps in reverse. Not here: many channels out (`gather.rs`).

use super::spec::{ConvAxis, ConvSpec};
use crate::gemm::parallel::{Epilogue, Output, with_scratch};
use crate::gemm::tile::{self, Block, MAX_DEPTH, MAX_ROWS, PANEL, Packing, Piece};
use crate::isa::{Isa, Kernel, LANES, Simd};
use crate::pool::Pool;
use std::ops::Range;

/// The most channels of the result: more fill vectors by themselves.
const MOST_CHANNELS: usize = 8;
/// The fewest columns: fewer leave most of a vector empty.
const FEWEST_COLUMNS: usize = 8;
/// The fewest channels that are read: a shorter product costs less than adding it up.
const FEWEST_TERMS: usize = 16;
/// The fewest samples: a task is a sample.
const FEWEST_SAMPLES: usize = 8;
/// The most lines of contributions that reach a line of the result.
const MOST_LINES: usize = 64;
/// The most floats of one sample's products.
const MOST_PRODUCTS: usize = 1 << 20;

/// One dimension: tap k of position r contributes to position r · `stride` + k · `dilation` + `offset` of the result.
#[derive(Clone, Copy, Debug)]
struct Axis {
    read: usize,
    write: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    offset: isize,
}

/// A forward pass or an input gradient with few channels out, planned.
#[derive(Clone, Debug)]
pub struct OverlapPlan {
    axes: [Axis; 3],
    /// Whether it is a forward pass.
    forward: bool,
    batch: usize,
    /// Channels of the tensor that is read, and of the result.
    terms: usize,
    channels: usize,
}

impl OverlapPlan {
    /// Plans it, if it is of the kind that this is for.
    pub fn new(spec: &ConvSpec, forward: bool) -> Option<OverlapPlan> {
        let axes = spec.three_axes();
        let (terms, channels) =
            if forward { (spec.in_channels, spec.out_channels) } else { (spec.out_channels, spec.in_channels) };
        let axis = |a: ConvAxis| {
            let ConvAxis { input, kernel, stride, dilation, pad_low, .. } = a;
            let output = a.output();
            match forward {
                true => {
                    let offset = pad_low as isize - ((kernel - 1) * dilation) as isize;
                    Axis { read: input, write: output, kernel, stride, dilation, offset }
                }
                false => Axis { read: output, write: input, kernel, stride, dilation, offset: -(pad_low as isize) },
            }
        };
        let fits = spec.groups == 1
            && channels <= MOST_CHANNELS
            && spec.taps() * channels >= FEWEST_COLUMNS
            && terms >= FEWEST_TERMS
            && spec.batch >= FEWEST_SAMPLES
            && axes[2].dilation == 1
            && !(forward && axes.iter().any(|a| a.stride > 1));
        let plan = OverlapPlan { axes: axes.map(axis), forward, batch: spec.batch, terms, channels };
        // What one position adds to a stride's positions is a vector.
        let lines = axes[0].kernel * axes[1].kernel;
        let small = plan.step() <= LANES && lines <= MOST_LINES && plan.products() <= MOST_PRODUCTS;
        (fits && small).then_some(plan)
    }

    /// Contributions along the last axis: its taps filled up to whole strides.
    fn run_len(&self) -> usize {
        let x = &self.axes[2];
        x.kernel.next_multiple_of(x.stride) * self.channels
    }

    fn columns(&self) -> usize {
        self.axes[0].kernel * self.axes[1].kernel * self.run_len()
    }

    /// Floats of as many positions of the result as a stride of the last axis has.
    fn step(&self) -> usize {
        self.axes[2].stride * self.channels
    }

    /// Positions that are read in one sample.
    fn positions(&self) -> usize {
        self.axes.iter().map(|a| a.read).product()
    }

    /// The distance between rows of a product, odd in vectors so that they do not meet in one cache set.
    fn row(&self) -> usize {
        (self.columns().div_ceil(PANEL) | 1) * PANEL
    }

    /// Floats of the products of one sample; vectors are read past the end.
    fn products(&self) -> usize {
        self.positions() * self.row() + LANES
    }

    /// Strides of the result along the last axis that anything contributes to, and floats of such a line.
    fn line(&self) -> (Range<usize>, usize) {
        let x = &self.axes[2];
        // A result position is stride · chunk + rest + offset; the padding of a forward pass may leave the first ones out.
        let first = (-x.offset).max(0) as usize / x.stride;
        let last = ((x.write as isize - x.offset + x.stride as isize - 1).max(0) as usize).div_euclid(x.stride);
        (first..last.max(first), (last.max(first) - first) * self.step() + LANES)
    }

    /// Floats of the packed kernel.
    fn packed(&self) -> usize {
        self.columns().next_multiple_of(PANEL) * self.terms
    }

    /// How many floats of scratch `run` needs.
    pub fn scratch_len(&self, threads: usize) -> usize {
        self.packed() + threads * (self.products() + self.line().1)
    }

    /// Computes `out` from `from` and the kernel; the lengths have been checked.
    #[allow(clippy::too_many_arguments)]
    pub fn run(
        &self,
        pool: &Pool,
        isa: Isa,
        from: &[f32],
        kernel: &[f32],
        out: &mut [f32],
        scratch: &mut [f32],
        epilogue: Epilogue<'_>,
    ) {
        let (packed, own) = scratch.split_at_mut(self.packed());
        self.pack(kernel, packed);
        let positions: usize = self.axes.iter().map(|a| a.write).product();
        let (packed, target, sample) = (&*packed, Output::new(out), positions * self.channels);
        let read = self.positions() * self.terms;
        with_scratch(pool, self.batch, own, self.products() + self.line().1, &|task, own| {
            // SAFETY: each sample is one task's.
            let out = unsafe { target.part(task * sample, sample) };
            let (products, line) = own.split_at_mut(self.products());
            self.multiply(isa, &from[task * read..][..read], packed, products);
            isa.dispatch(Sums { plan: self, products, line, out });
            if let Some(epilogue) = epilogue {
                epilogue(task * positions, out);
            }
        });
    }

    /// The kernel (taps, in, out) as panels of (term, 16) over the columns (tap, channel), filled up with zeros.
    fn pack(&self, kernel: &[f32], packed: &mut [f32]) {
        packed.fill(0.0);
        let (x, run) = (self.axes[2].kernel, self.run_len());
        let taps = self.axes.iter().map(|a| a.kernel).product::<usize>();
        for tap in 0..taps {
            for channel in 0..self.channels {
                let column = tap / x * run + tap % x * self.channels + channel;
                let (start, step) = match self.forward {
                    // Taps of all axes in reverse are the last tap first.
                    true => ((taps - 1 - tap) * self.terms * self.channels + channel, self.channels),
                    false => ((tap * self.channels + channel) * self.terms, 1),
                };
                let to = packed[column / PANEL * self.terms * PANEL + column % PANEL..].iter_mut().step_by(PANEL);
                to.zip(kernel[start..].iter().step_by(step)).take(self.terms).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// What every position of one sample contributes.
    fn multiply(&self, isa: Isa, from: &[f32], packed: &[f32], products: &mut [f32]) {
        let positions = self.positions();
        let blocks = positions.div_ceil(MAX_ROWS);
        for block in 0..blocks {
            let first = positions * block / blocks;
            let rows = positions * (block + 1) / blocks - first;
            let mut c_rows = [0; MAX_ROWS];
            for (row, at) in c_rows.iter_mut().enumerate().take(rows) {
                *at = (first + row) * self.row();
            }
            for k in (0..self.terms).step_by(MAX_DEPTH) {
                let depth = MAX_DEPTH.min(self.terms - k);
                let block = Block {
                    a: &from[first * self.terms + k..],
                    layout: Packing::Strided(self.terms),
                    b: packed,
                    panel_stride: self.terms * PANEL,
                    pieces: &[Piece { read: 0, at: k, depth }],
                    c_rows: &c_rows[..rows],
                    columns: self.columns().next_multiple_of(PANEL),
                    accumulate: k > 0,
                    apart: false,
                };
                // SAFETY: the rows lie in this thread's scratch, which has whole panels for each.
                unsafe { tile::block_product(isa, block, products.as_mut_ptr()) };
            }
        }
    }
}

/// Adds up what reaches each position of one sample.
struct Sums<'a> {
    plan: &'a OverlapPlan,
    products: &'a [f32],
    /// Room for a line of the result.
    line: &'a mut [f32],
    out: &'a mut [f32],
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let plan = self.plan;
        let [z, y, x] = &plan.axes;
        let (chunks, _) = plan.line();
        let (step, distance, run) = (plan.step(), plan.row(), plan.run_len());
        let segments = run / step;
        // The line begins with the chunk's first position, which may lie before the result's, or after it.
        let start = ((chunks.start * x.stride) as isize + x.offset) * plan.channels as isize;
        let (before, skip) = (start.max(0) as usize, (-start).max(0) as usize);
        let width = x.write * plan.channels;
        for (number, out) in self.out.chunks_exact_mut(width).enumerate() {
            let (iz, iy) = (number / y.write, number % y.write);
            // Where the rows of contributions to this line begin.
            let (mut rows, mut count) = ([0; MOST_LINES], 0);
            for kz in 0..z.kernel {
                let Some(pz) = z.source(iz, kz) else { continue };
                for ky in 0..y.kernel {
                    let Some(py) = y.source(iy, ky) else { continue };
                    rows[count] = (pz * y.read + py) * x.read * distance + (kz * y.kernel + ky) * run;
                    count += 1;
                }
            }
            for chunk in chunks.clone() {
                let mut sum = s.zero();
                // Segment g of position `chunk - g` falls into this chunk.
                for segment in (chunk + 1).saturating_sub(x.read)..segments.min(chunk + 1) {
                    let at = (chunk - segment) * distance + segment * step;
                    for row in &rows[..count] {
                        sum = s.add(sum, s.load(&self.products[row + at..][..LANES]));
                    }
                }
                // What is behind the chunk is not its own; the next chunk overwrites it.
                s.store(&mut self.line[(chunk - chunks.start) * step..][..LANES], sum);
            }
            let before = before.min(width);
            out[..before].fill(0.0);
            out[before..].copy_from_slice(&self.line[skip..][..width - before]);
        }
    }
}

impl Axis {
    /// The position whose tap k reaches position i of the result, if there is one.
    #[inline(always)]
    fn source(&self, i: usize, k: usize) -> Option<usize> {
        let at = i as isize - self.offset - (k * self.dilation) as isize;
        let position = at / self.stride as isize;
        (at >= 0 && at % self.stride as isize == 0 && position < self.read as isize).then_some(position as usize)
    }
}
