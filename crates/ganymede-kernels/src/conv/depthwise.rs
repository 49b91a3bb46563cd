//! Depthwise convolutions, where each output channel sees one input channel: vectors run along the channels.
//!
//! With a multiplier the input is repeated first, so that the channels of both tensors correspond; its gradient is
//! summed afterwards. Not here: groups of several channels (`gather.rs`).

use super::gathering::Gathering;
use super::spec::ConvSpec;
use crate::gemm::parallel::Output;
use crate::gemm::tile::{MAX_DEPTH, MAX_ROWS, PANEL, Piece};
use crate::isa::{Isa, Kernel, LANES, Simd};
use crate::pool::Pool;

/// Taps that are added to a row in one go.
const TAPS: usize = 64;

/// A depthwise convolution: which of the three functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Forward,
    InputGrad,
    WeightGrad,
}

/// A depthwise convolution, planned.
#[derive(Clone, Debug)]
pub struct DepthwisePlan {
    function: Function,
    gathering: Gathering,
    /// Output channels, and how many there are for each input channel.
    channels: usize,
    multiplier: usize,
    /// Positions of the input, over all samples.
    positions: usize,
}

impl DepthwisePlan {
    /// Plans the forward pass.
    pub fn forward(spec: &ConvSpec) -> DepthwisePlan {
        DepthwisePlan::new(spec, Function::Forward)
    }

    /// Plans the input gradient.
    pub fn input_grad(spec: &ConvSpec) -> DepthwisePlan {
        DepthwisePlan::new(spec, Function::InputGrad)
    }

    /// Plans the weight gradient.
    pub fn weight_grad(spec: &ConvSpec) -> DepthwisePlan {
        DepthwisePlan::new(spec, Function::WeightGrad)
    }

    fn new(spec: &ConvSpec, function: Function) -> DepthwisePlan {
        let channels = spec.out_channels;
        let repeated = ConvSpec { in_channels: channels, groups: channels, ..spec.clone() };
        let gathering = Gathering::new(&repeated, function == Function::InputGrad);
        let multiplier = channels / spec.in_channels;
        let positions = spec.x_len() / spec.in_channels;
        DepthwisePlan { function, gathering, channels, multiplier, positions }
    }

    /// Floats of the repeated input or of its gradient.
    fn repeated_len(&self) -> usize {
        if self.multiplier > 1 { (self.positions * self.channels).next_multiple_of(PANEL) } else { 0 }
    }

    /// How many floats of scratch `run` needs.
    pub fn scratch_len(&self) -> usize {
        self.repeated_len() + self.gathering.taps.len() * self.channels
    }

    /// Computes `out` from the two operands of the function; the lengths have been checked.
    pub fn run(&self, pool: &Pool, isa: Isa, first: &[f32], second: &[f32], out: &mut [f32], scratch: &mut [f32]) {
        let (repeated, kernel) = scratch.split_at_mut(self.repeated_len());
        if self.multiplier == 1 {
            return match self.function {
                Function::WeightGrad => self.weights(pool, isa, first, second, out),
                _ => self.gather(pool, isa, first, second, kernel, out),
            };
        }
        let many = &mut repeated[..self.positions * self.channels];
        match self.function {
            Function::Forward => {
                self.repeat(pool, first, many);
                self.gather(pool, isa, many, second, kernel, out);
            }
            Function::WeightGrad => {
                self.repeat(pool, first, many);
                self.weights(pool, isa, many, second, out);
            }
            Function::InputGrad => {
                self.gather(pool, isa, first, second, kernel, many);
                for (sum, parts) in out.iter_mut().zip(many.chunks_exact(self.multiplier)) {
                    *sum = parts.iter().sum();
                }
            }
        }
    }

    /// Each channel as often as the multiplier says.
    fn repeat(&self, pool: &Pool, x: &[f32], many: &mut [f32]) {
        const BLOCK: usize = 1024;
        let many = Output::new(many);
        pool.run(x.len().div_ceil(BLOCK), &|task| {
            let from = &x[task * BLOCK..x.len().min((task + 1) * BLOCK)];
            // SAFETY: the blocks are within the repeated input and do not overlap.
            let to = unsafe { many.part(task * BLOCK * self.multiplier, from.len() * self.multiplier) };
            for (value, copies) in from.iter().zip(to.chunks_exact_mut(self.multiplier)) {
                copies.fill(*value);
            }
        });
    }

    /// Forward and input gradient.
    fn gather(&self, pool: &Pool, isa: Isa, from: &[f32], kernel: &[f32], packed: &mut [f32], out: &mut [f32]) {
        for (to, tap) in packed.chunks_exact_mut(self.channels).zip(&self.gathering.taps) {
            to.copy_from_slice(&kernel[tap * self.channels..][..self.channels]);
        }
        let out = Output::new(out);
        for region in &self.gathering.regions {
            let blocks = region.rows.div_ceil(MAX_ROWS);
            pool.run(blocks, &|block| {
                let first = region.rows * block / blocks;
                let count = region.rows * (block + 1) / blocks - first;
                let (mut reads, mut writes) = ([0; MAX_ROWS], [0; MAX_ROWS]);
                let (reads, writes) = (&mut reads[..count], &mut writes[..count]);
                self.gathering.rows(region, first, reads, writes);
                let mut walk = self.gathering.pieces(region, 0..usize::MAX);
                let mut taps = [Piece::default(); TAPS];
                let mut accumulate = false;
                loop {
                    let n = walk.next_block(TAPS, &mut taps);
                    if n == 0 && accumulate {
                        break;
                    }
                    let (reads, writes, taps) = (&*reads, &*writes, &taps[..n]);
                    let (channels, kernel) = (self.channels, &*packed);
                    isa.dispatch(Rows { from, reads, writes, taps, kernel, channels, accumulate, out });
                    accumulate = true;
                }
            });
        }
    }

    fn weights(&self, pool: &Pool, isa: Isa, x: &[f32], dy: &[f32], out: &mut [f32]) {
        let taps = self.gathering.taps.len();
        let out = Output::new(out);
        pool.run(self.channels.div_ceil(LANES), &|task| {
            let first = task * LANES;
            let count = LANES.min(self.channels - first);
            for tap in 0..taps {
                // SAFETY: these channels are this task's alone.
                unsafe { out.part(tap * self.channels + first, count) }.fill(0.0);
            }
            let (mut reads, mut writes) = ([0; MAX_DEPTH], [0; MAX_DEPTH]);
            let mut pieces = [Piece::default(); TAPS];
            for region in &self.gathering.regions {
                for start in (0..region.rows).step_by(MAX_DEPTH) {
                    let n = MAX_DEPTH.min(region.rows - start);
                    let (reads, writes) = (&mut reads[..n], &mut writes[..n]);
                    self.gathering.rows(region, start, reads, writes);
                    reads.iter_mut().for_each(|r| *r += first);
                    writes.iter_mut().for_each(|w| *w += first);
                    let mut walk = self.gathering.pieces(region, 0..usize::MAX);
                    loop {
                        let taps = walk.next_block(TAPS, &mut pieces);
                        if taps == 0 {
                            break;
                        }
                        for tap in &pieces[..taps] {
                            // SAFETY: as above.
                            let sums = unsafe { out.part(tap.at * self.channels + first, count) };
                            isa.dispatch(Products { x: &x[tap.read..], dy, reads, writes, sums });
                        }
                    }
                }
            }
        });
    }
}

/// out\[row, c\] = or += Σ over taps of from\[row + tap, c\] · kernel\[tap, c\].
struct Rows<'a> {
    from: &'a [f32],
    reads: &'a [usize],
    writes: &'a [usize],
    taps: &'a [Piece],
    kernel: &'a [f32],
    channels: usize,
    accumulate: bool,
    out: Output,
}

impl Kernel for Rows<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut row = 0;
        while row + 4 <= self.reads.len() {
            self.tile::<S, 4>(s, row);
            row += 4;
        }
        while row < self.reads.len() {
            self.tile::<S, 1>(s, row);
            row += 1;
        }
    }
}

#[allow(clippy::needless_range_loop)] // indices keep closures away from vectors
impl Rows<'_> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&self, s: S, row: usize) {
        for c in (0..self.channels).step_by(LANES) {
            let n = LANES.min(self.channels - c);
            let mut sums = [s.zero(); R];
            if self.accumulate {
                for r in 0..R {
                    // SAFETY: this row is this task's alone.
                    sums[r] = s.load_partial(unsafe { self.out.part(self.writes[row + r] + c, n) });
                }
            }
            for tap in self.taps {
                let weights = read(s, &self.kernel[tap.at * self.channels + c..][..n]);
                for r in 0..R {
                    let x = read(s, &self.from[self.reads[row + r] + tap.read + c..][..n]);
                    sums[r] = s.mul_add(x, weights, sums[r]);
                }
            }
            for r in 0..R {
                // SAFETY: as above.
                let out = unsafe { self.out.part(self.writes[row + r] + c, n) };
                if n == LANES { s.store(out, sums[r]) } else { s.store_partial(out, sums[r]) }
            }
        }
    }
}

/// Up to 16 floats.
#[inline(always)]
fn read<S: Simd>(s: S, from: &[f32]) -> S::F32 {
    if from.len() == LANES { s.load(from) } else { s.load_partial(from) }
}

/// sums\[c\] += Σ over positions of x\[c\] · dy\[c\] for up to 16 c, in four interleaved sums.
struct Products<'a, 'b> {
    x: &'a [f32],
    dy: &'a [f32],
    reads: &'a [usize],
    writes: &'a [usize],
    sums: &'b mut [f32],
}

impl Kernel for Products<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let n = self.sums.len();
        let mut sums = [s.zero(); 4];
        for (i, (x, dy)) in self.reads.iter().zip(self.writes).enumerate() {
            let (x, dy) = (read(s, &self.x[*x..][..n]), read(s, &self.dy[*dy..][..n]));
            sums[i % 4] = s.mul_add(x, dy, sums[i % 4]);
        }
        let sum = s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3]));
        let sum = s.add(s.load_partial(self.sums), sum);
        s.store_partial(self.sums, sum);
    }
}
