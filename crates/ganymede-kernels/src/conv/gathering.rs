//! The boxes of positions that see the same taps, where each position reads and writes, and the pieces of its sum.
//! Not here: one dimension of it (`axis.rs`), and the products over it (`gather.rs`, `weight_grad.rs`, `depthwise.rs`).

use super::axis::{Class, Gather};
use super::spec::ConvSpec;
use crate::gemm::tile::Piece;
use std::ops::Range;

/// How one of the two tensors lies in memory.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// Channels of one group.
    pub channels: usize,
    /// The distance between samples.
    pub sample: usize,
    /// The distances between positions along the three axes.
    pub strides: [usize; 3],
}

impl Side {
    fn new(lengths: [usize; 3], channels: usize, groups: usize) -> Side {
        let x = channels;
        let y = x * lengths[2];
        let z = y * lengths[1];
        let sample = z * lengths[0];
        Side { channels: channels / groups, sample, strides: [z, y, x] }
    }
}

/// A box of positions that see the same taps: one class of each axis.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// The classes.
    pub classes: [Class; 3],
    /// How many positions, over all samples.
    pub rows: usize,
}

/// The boxes of a gather, and where they read and write.
#[derive(Clone, Debug)]
pub struct Gathering {
    /// The boxes; together they cover every position once.
    pub regions: Vec<Region>,
    /// For each slot of the packed kernel the tap that stands there.
    pub taps: Vec<usize>,
    /// Slots along the last two axes.
    slots: [usize; 2],
    /// The tensor that is read.
    pub read: Side,
    /// The tensor that has a row for each position.
    pub write: Side,
    /// Whether positions along the last axis follow each other in memory without a gap.
    joined: bool,
}

impl Gathering {
    /// Outputs read the input, or `backward`: positions of the input read the gradient of the output.
    pub fn new(spec: &ConvSpec, backward: bool) -> Gathering {
        let axes = spec.three_axes();
        let gathers = axes.map(|a| if backward { Gather::input_grad(&a) } else { Gather::forward(&a) });
        let x = Side::new(axes.map(|a| a.input), spec.in_channels, spec.groups);
        let y = Side::new(axes.map(|a| a.output()), spec.out_channels, spec.groups);
        let (read, write) = if backward { (y, x) } else { (x, y) };
        let mut regions = Vec::new();
        for z in &gathers[0].classes {
            for y in &gathers[1].classes {
                for x in &gathers[2].classes {
                    let rows = spec.batch * z.count * y.count * x.count;
                    regions.push(Region { classes: [*z, *y, *x], rows });
                }
            }
        }
        let mut taps = Vec::new();
        for z in &gathers[0].taps {
            for y in &gathers[1].taps {
                for x in &gathers[2].taps {
                    taps.push((z * axes[1].kernel + y) * axes[2].kernel + x);
                }
            }
        }
        let slots = [axes[1].kernel, axes[2].kernel];
        Gathering { regions, taps, slots, read, write, joined: spec.groups == 1 }
    }

    /// Fills in where rows `first..` of a region are read and written.
    pub fn rows(&self, region: &Region, first: usize, reads: &mut [usize], writes: &mut [usize]) {
        if reads.is_empty() {
            return;
        }
        let [z, y, x] = &region.classes;
        let mut at = first;
        let mut digit = |base: usize| {
            let d = at % base;
            at /= base;
            d
        };
        let (mut ix, mut iy, mut iz) = (digit(x.count), digit(y.count), digit(z.count));
        let mut n = at;
        for (read, write) in reads.iter_mut().zip(writes) {
            let offset = |side: &Side, position: fn(&Class, usize) -> usize| {
                let [sz, sy, sx] = side.strides;
                n * side.sample + position(z, iz) * sz + position(y, iy) * sy + position(x, ix) * sx
            };
            *read = offset(&self.read, |class, i| class.at + i * class.read_step);
            *write = offset(&self.write, |class, i| class.start + i * class.step);
            ix += 1;
            if ix == x.count {
                (ix, iy) = (0, iy + 1);
                if iy == y.count {
                    (iy, iz) = (0, iz + 1);
                    if iz == z.count {
                        (iz, n) = (0, n + 1);
                    }
                }
            }
        }
    }

    /// The pieces of a region's sum whose terms are in `terms`, in the order of the packed kernel.
    pub fn pieces<'a>(&'a self, region: &'a Region, terms: Range<usize>) -> Pieces<'a> {
        let [_, _, x] = &region.classes;
        let (channels, joined) = (self.read.channels, self.joined && x.tap_step == 1);
        let (runs, length) = if joined { (x.taps.min(1), x.taps * channels) } else { (x.taps, channels) };
        Pieces { gathering: self, region, terms, runs, length, next: 0, done: 0 }
    }
}

/// Walks over the pieces of a sum.
pub struct Pieces<'a> {
    gathering: &'a Gathering,
    region: &'a Region,
    terms: Range<usize>,
    /// Runs of contiguous floats for each row of the kernel.
    runs: usize,
    /// How long each is.
    pub length: usize,
    next: usize,
    done: usize,
}

impl Pieces<'_> {
    /// How many runs there are, of the full sum.
    pub fn count(&self) -> usize {
        self.region.classes[0].taps * self.region.classes[1].taps * self.runs
    }

    /// Run number `n`: where it is read, and its first term.
    fn run(&self, n: usize) -> (usize, usize) {
        let [z, y, x] = &self.region.classes;
        let (tx, rest) = (n % self.runs, n / self.runs);
        let (ty, tz) = (rest % y.taps, rest / y.taps);
        let [sz, sy, sx] = self.gathering.read.strides;
        let read = tz * z.tap_step * sz + ty * y.tap_step * sy + tx * x.tap_step * sx;
        let [slots_y, slots_x] = self.gathering.slots;
        let slot = ((z.slot + tz) * slots_y + y.slot + ty) * slots_x + x.slot + tx;
        (read, slot * self.gathering.read.channels)
    }

    /// Whether there is any piece.
    pub fn any(&self) -> bool {
        let overlaps = |n| {
            let (_, at) = self.run(n);
            at < self.terms.end && self.terms.start < at + self.length
        };
        (0..self.count()).any(overlaps)
    }

    /// Writes the next pieces, together at most `depth` long, and gives how many; 0 at the end of the sum.
    pub fn next_block(&mut self, depth: usize, pieces: &mut [Piece]) -> usize {
        let (mut room, mut n) = (depth, 0);
        while room > 0 && n < pieces.len() && self.next < self.count() {
            let (read, at) = self.run(self.next);
            let first = self.done.max(self.terms.start.saturating_sub(at));
            let last = self.length.min(self.terms.end.saturating_sub(at));
            let take = room.min(last.saturating_sub(first));
            if take > 0 {
                pieces[n] = Piece { read: read + first, at: at + first, depth: take };
                n += 1;
                room -= take;
            }
            self.done = first + take;
            if self.done >= last {
                (self.done, self.next) = (0, self.next + 1);
            }
        }
        n
    }
}
