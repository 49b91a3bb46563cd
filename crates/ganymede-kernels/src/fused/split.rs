//! How the points of a region are split into blocks, one task each, and which block has which accumulators.
//! By shape alone: the bytes of a result must not depend on the number of threads.
//! Not here: the splitting of a block into tiles (`interpret.rs`).

/// Points of a block, about, and the steps at each from which on it has fewer: some ten microseconds of work, and at
/// most 64 KiB of each operand.
const BLOCK: usize = 16 * 1024;
const STEPS: usize = 8;

/// Points of a block of so many steps.
fn block(steps: usize) -> usize {
    (BLOCK * STEPS / steps.max(STEPS)).max(1024)
}

/// Outputs of a reduction over leading axes from which on the blocks are columns.
const MANY_OUTPUTS: usize = 4096;

/// Narrowest column.
const COLUMN: usize = 512;

/// The blocks of a region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Split {
    pub blocks: usize,
    /// Points of a run, but for the last in a period.
    run: usize,
    /// Runs begin anew every so many points.
    period: usize,
    /// Whether block b is run b of every period, or the b-th run of all.
    columns: bool,
    total: usize,
}

/// The points of one block: `count` runs of `len` points, `stride` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Runs {
    pub start: usize,
    pub len: usize,
    pub stride: usize,
    pub count: usize,
}

/// Where the accumulators of a reduction are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// No other block has the block's outputs: they are the accumulators. A block that starts at point p (of
    /// `period`) has outputs from p / `points` · `outputs` on.
    Own { points: usize, outputs: usize, period: usize },
    /// Each block has `outputs` accumulators; `blocks` consecutive blocks are combined, in order.
    Partial { outputs: usize, blocks: usize },
}

impl Split {
    /// Blocks of a region of so many steps without reductions; each begins at a multiple of `tile`.
    pub fn flat(total: usize, steps: usize, tile: usize) -> Split {
        let blocks = total.div_ceil(block(steps)).max(1);
        let run = total.div_ceil(blocks).next_multiple_of(tile).max(1);
        Split { blocks: total.div_ceil(run), run, period: total, columns: false, total }
    }

    /// Blocks of a region of so many steps with reductions; each is given by the axes that it keeps. No extent is 0.
    pub fn new(extent: &[usize], steps: usize, kept: &[Vec<bool>]) -> (Split, Vec<Share>) {
        let most = block(steps);
        let total = extent.iter().product();
        let after = |axis: usize| -> usize { extent[axis + 1..].iter().product() };
        let outputs_after = |kept: &[bool], axis: usize| -> usize {
            (axis + 1..extent.len()).filter(|&a| kept[a]).map(|a| extent[a]).product()
        };
        // Of each reduction: the first axis that vanishes, and the first after it that stays.
        let first: Vec<usize> = kept.iter().map(|k| k.iter().position(|k| !k).unwrap_or(extent.len())).collect();
        let next: Vec<usize> = kept
            .iter()
            .zip(&first)
            .map(|(k, &first)| (first..extent.len()).find(|&a| k[a]).unwrap_or(extent.len()))
            .collect();
        let limit = next.iter().copied().min().unwrap_or(extent.len()).max(1);

        let leading = first.iter().all(|&axis| axis == 0) && next.iter().all(|&axis| axis == limit);
        if leading && limit < extent.len() && extent[limit] * after(limit) >= MANY_OUTPUTS {
            let (points, rows) = (after(limit), extent[..limit].iter().product::<usize>());
            let group = (COLUMN.max(most / rows) / points).clamp(1, extent[limit]);
            let (run, period) = (group * points, extent[limit] * points);
            let shares = kept.iter().map(|k| Share::Own { points, outputs: outputs_after(k, limit), period });
            let split = Split { blocks: period.div_ceil(run), run, period, columns: true, total };
            return (split, shares.collect());
        }

        // The axis to cut: outer enough for few and inner enough for many blocks; never a kept axis inside a
        // reduced one, whose blocks would have as many accumulators as points.
        let enough = |axis: usize| after(axis) <= most || extent[..=axis].iter().product::<usize>() >= 64;
        let axis = (0..limit).find(|&axis| enough(axis)).unwrap_or(limit - 1);
        let points = after(axis);
        let mut group = (most / points).max(1);
        for (kept, &first) in kept.iter().zip(&first) {
            if first <= axis {
                // An accumulator costs as much as a point.
                group = group.max((8 * outputs_after(kept, first)).div_ceil(points));
            }
        }
        let group = group.min(extent[axis]);
        let (run, period) = (group * points, extent[axis] * points);
        let groups = extent[axis].div_ceil(group);
        let shares = kept.iter().zip(&first).map(|(kept, &first)| {
            if first > axis {
                Share::Own { points, outputs: outputs_after(kept, axis), period: total }
            } else {
                let blocks = extent[first..axis].iter().product::<usize>() * groups;
                Share::Partial { outputs: outputs_after(kept, first), blocks }
            }
        });
        let shares = shares.collect();
        (Split { blocks: total / period * groups, run, period, columns: false, total }, shares)
    }

    /// The points of a block.
    pub fn runs(&self, block: usize) -> Runs {
        let per_period = self.period.div_ceil(self.run);
        let (period, within) = if self.columns { (0, block) } else { (block / per_period, block % per_period) };
        let start = within * self.run;
        Runs {
            start: period * self.period + start,
            len: self.run.min(self.period - start),
            stride: self.period,
            count: if self.columns { self.total / self.period } else { 1 },
        }
    }
}

impl Share {
    /// The first output and the number of outputs of a block.
    pub fn outputs(&self, block: usize, runs: &Runs) -> (usize, usize) {
        match *self {
            Share::Own { points, outputs, period } => {
                (runs.start % period / points * outputs, runs.len / points * outputs)
            }
            Share::Partial { outputs, blocks } => (block / blocks * outputs, outputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every point is in one block, and every output of every block's points is among the block's outputs.
    #[test]
    fn blocks_cover_all_points_and_own_outputs_are_disjoint() {
        let shapes: [&[usize]; 9] = [
            &[12_544, 128],
            &[64, 12_544],
            &[64, 196, 128],
            &[2, 100_000],
            &[100_000],
            &[3, 5000, 2, 3],
            &[64, 7, 20_000],
            &[1],
            &[5, 4, 3, 7],
        ];
        for extent in shapes {
            for first in 0..1 << extent.len() {
                for (second, steps) in [(0, 1), (1, 20), ((1 << extent.len()) - 1, 50), (first, 1000)] {
                    let kept: Vec<Vec<bool>> = [first, second]
                        .iter()
                        .map(|mask| (0..extent.len()).map(|axis| mask >> axis & 1 == 1).collect())
                        .collect();
                    let (split, shares) = Split::new(extent, steps, &kept);
                    let total: usize = extent.iter().product();
                    let mut points = 0;
                    let mut owned = [0, 0];
                    for block in 0..split.blocks {
                        let runs = split.runs(block);
                        points += runs.len * runs.count;
                        for (i, share) in shares.iter().enumerate() {
                            let (start, len) = share.outputs(block, &runs);
                            owned[i] += len;
                            for run in 0..runs.count {
                                for point in [0, runs.len / 2, runs.len - 1] {
                                    let output = output(extent, &kept[i], runs.start + run * runs.stride + point);
                                    assert!((start..start + len).contains(&output), "{extent:?} {kept:?} {split:?}");
                                }
                            }
                        }
                    }
                    assert_eq!(points, total, "{extent:?} {kept:?} {split:?}");
                    for (i, share) in shares.iter().enumerate() {
                        let outputs: usize = (0..extent.len()).filter(|&a| kept[i][a]).map(|a| extent[a]).product();
                        match share {
                            Share::Own { .. } => assert_eq!(owned[i], outputs),
                            Share::Partial { .. } => assert!(owned[i] <= total.div_ceil(4) + 2 * outputs),
                        }
                    }
                }
            }
        }
    }

    fn output(extent: &[usize], kept: &[bool], point: usize) -> usize {
        let (mut rest, mut distance, mut output) = (point, 1, 0);
        for axis in (0..extent.len()).rev() {
            if kept[axis] {
                output += rest % extent[axis] * distance;
                distance *= extent[axis];
            }
            rest /= extent[axis];
        }
        output
    }
}
