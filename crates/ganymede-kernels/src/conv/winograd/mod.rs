//! Two-dimensional convolutions with fewer multiplications: Toom-Cook (Winograd) in squares of m x m outputs.
//!
//! y = Aᵀ[Σ (G w Gᵀ) ⊙ (Bᵀ x B)]A, where the sum runs over the input's channels and, with stride s, its s² phases.
//! Forward: squares of the input become points V, the kernel becomes U, one matrix product for each point gives M, whose
//! squares are the output. The input gradient is the transpose of that (A dy Aᵀ, product with Uᵀ, B · Bᵀ added where
//! squares overlap), the weight gradient is Gᵀ(Vᵀ M)G. All of it goes in blocks that stay in the cache; blocks and the
//! order of every sum are fixed by the shape alone.
//!
//! The last point is ∞: there stand the last tap alone, and the last output alone. What has no such tap (a phase with
//! fewer than the others) or no such output (a tile at the end of a side that m does not divide) needs no product there.
//!
//! `toom_cook.rs` has the matrices, `tiling.rs` says what a square and a phase is, `transform.rs` applies the matrices,
//! `cuts.rs` has the blocks and tasks, `weight_grad.rs` the weight gradient. When it pays is decided in `cost.rs`.
//!
//! # Source
//! Lavin, Gray (2016), "Fast algorithms for convolutional neural networks", arXiv:1509.09308.

mod cost;
mod cuts;
mod tiling;
mod toom_cook;
mod transform;
mod weight_grad;

use super::numerics::Numerics;
use super::plan::Pass;
use super::spec::ConvSpec;
use crate::gemm::parallel::{Epilogue, Finished, Output, with_scratch};
use crate::gemm::tile::{self, Block, MAX_DEPTH, MAX_ROWS, PANEL};
use crate::isa::{Isa, LANES};
use crate::pool::Pool;
use cuts::{WeightTask, blocks, pieces, weight_tasks};
use tiling::{Kernel2d, Tiling};
use toom_cook::{Size, with_matrix};
use transform::{By, FromPoints, PointStrides, ToPoints, ToWeights};

/// Rows and columns of the product of one task.
const TASK: (usize, usize) = (48, 64);

/// A convolution by Toom-Cook, planned.
#[derive(Clone, Debug)]
pub struct WinogradPlan {
    pass: Pass,
    size: Size,
    input: Tiling,
    output: Tiling,
    kernel: Kernel2d,
    /// Tiles over all samples, and how many are taken at once.
    tiles: usize,
    tile_block: usize,
    /// Tiles that are always in one task of a product.
    unit: usize,
    /// Columns of the product (a multiple of 16) whose weights are taken at once.
    column_block: usize,
    /// Tiles and columns of one task.
    task: (usize, usize),
    /// Into how many groups the channels fall; the products are of one group each.
    groups: usize,
    /// What the tasks of a weight gradient compute.
    weight_tasks: Vec<WeightTask>,
}

impl WinogradPlan {
    /// Plans one of the three functions, or says why that would not be faster than the direct algorithm.
    pub fn new(spec: &ConvSpec, pass: Pass, numerics: Numerics) -> Result<WinogradPlan, String> {
        let size = cost::choose(spec, pass, numerics)?;
        let (m, n) = (size.m, size.n());
        let (mut input, mut output) = (Tiling::input(spec, m, n), Tiling::output(spec, m));
        let tiles = spec.batch * input.tiles();
        let (points, deep, wide) = (n * n, input.phases() * input.chunks() * LANES, output.chunks() * LANES);
        let (held, columns) = if pass == Pass::InputGrad { (wide, deep) } else { (deep, wide) };
        let depth = held / spec.groups;
        let held = if pass == Pass::WeightGrad { deep + wide } else { held };
        // Columns of one phase or group stand together, and tasks do not cross them.
        let whole = if pass == Pass::InputGrad { input.chunks() * LANES } else { wide } / spec.groups;
        let task = match spec.groups {
            1 => (TASK.0, super::part(whole, TASK.1, PANEL)),
            _ => {
                (MAX_ROWS, (1..=TASK.1 / PANEL).map(|n| n * PANEL).rfind(|n| whole.is_multiple_of(*n)).unwrap_or(PANEL))
            }
        };
        // The input gradient adds overlapping squares in order, so that its blocks are whole samples. So are sorted ones:
        // those of one task, or for a weight gradient of a block.
        let sorts = output.ragged() && 2 * input.tiles() <= task.0;
        let unit = match pass {
            Pass::WeightGrad if sorts => input.tiles(),
            _ if sorts => spec.batch.div_ceil(tiles.div_ceil(task.0 / input.tiles() * input.tiles())) * input.tiles(),
            Pass::InputGrad => input.tiles(),
            _ => task.0,
        };
        let column_unit = if whole < columns { whole } else { task.1 };
        let weights = (pass != Pass::WeightGrad).then_some((points * depth, columns, column_unit));
        let (tile_block, column_block) = blocks((points * held, tiles, unit), weights);
        if sorts {
            let together = if pass == Pass::WeightGrad { tile_block } else { unit } / input.tiles();
            input.sort(together);
            output.sort(together);
        }
        let unit = if sorts || pass == Pass::InputGrad { unit } else { 1 };
        let kernel = Kernel2d::new(spec);
        let groups = spec.groups;
        let weight_tasks = weight_tasks((deep, wide), groups, task.1);
        Ok(WinogradPlan {
            pass,
            size,
            input,
            output,
            kernel,
            tiles,
            tile_block,
            unit,
            column_block,
            task,
            groups,
            weight_tasks,
        })
    }

    /// The side of its squares of outputs, the most taps on a side of a phase, the phases, and the multiplications of a
    /// whole square.
    pub fn squares(&self) -> (usize, usize, usize, usize) {
        let phases = |point| self.kernel.phases_with(self.size.r, self.ends(point)).len();
        (self.size.m, self.size.r, self.input.phases(), (0..self.points()).map(phases).sum())
    }

    /// On which sides a point is ∞.
    fn ends(&self, point: usize) -> [bool; 2] {
        let n = self.size.n();
        [point / n, point % n].map(|at| at == n - 1)
    }

    fn points(&self) -> usize {
        self.size.n() * self.size.n()
    }

    /// The depth of the forward product, with phases and padded channels.
    fn deep(&self) -> usize {
        self.input.phases() * self.input.chunks() * LANES
    }

    /// Columns of the products of all groups.
    fn columns(&self) -> usize {
        if self.pass == Pass::InputGrad { self.deep() } else { self.wide() }
    }

    /// Output channels, padded.
    fn wide(&self) -> usize {
        self.output.chunks() * LANES
    }

    /// Points as rows of a product: (point, tile, channel), with odd distances so that they do not meet in one cache set.
    fn rows(tiles: usize, channels: usize) -> PointStrides {
        let tile = channels + LANES;
        let together = channels / LANES;
        PointStrides { point: tiles * tile + LANES * (1 + tiles % 2), tile, together, group: 0 }
    }

    /// Points as panels of so many chunks: (point, panel, tile, channel).
    fn panels(tiles: usize, channels: usize, together: usize) -> PointStrides {
        let tile = together * LANES;
        let group = tiles * tile;
        PointStrides { point: channels.div_ceil(tile) * group + LANES, tile, together, group }
    }

    /// The points of the activations that a block of tiles needs: one or two layouts.
    fn layouts(&self) -> (PointStrides, Option<PointStrides>) {
        match self.pass {
            Pass::Forward => (Self::rows(self.tile_block, self.deep()), None),
            Pass::InputGrad => (Self::rows(self.tile_block, self.wide()), None),
            Pass::WeightGrad => {
                let input = Self::panels(self.tile_block, self.deep(), MAX_ROWS / LANES);
                (input, Some(Self::panels(self.tile_block, self.wide(), 1)))
            }
        }
    }

    /// Floats of scratch of the points of activations, of the weights, of one thread, and of the counts of what is done.
    fn scratch(&self) -> [usize; 4] {
        let points = self.points();
        let (first, second) = self.layouts();
        let activations = points * (first.point + second.map_or(0, |l| l.point));
        if self.pass == Pass::WeightGrad {
            let (tasks, each) = (self.weight_tasks.len(), self.weight_sums());
            let together = if self.tile_block < self.tiles { tasks * each } else { 0 };
            return [activations, together, if together == 0 { each } else { 0 }, 0];
        }
        [activations, points * self.weight_point(), points * self.sums().point, self.tile_block]
    }

    /// The length of the sums of the products, in one group.
    fn depth(&self) -> usize {
        let all = if self.pass == Pass::InputGrad { self.kernel.out_channels } else { self.deep() };
        all / self.groups
    }

    /// The distance between the points of the weights.
    fn weight_point(&self) -> usize {
        self.depth() * self.column_block + LANES
    }

    /// The layout of one task's product.
    fn sums(&self) -> PointStrides {
        Self::rows(self.task.0, self.task.1)
    }

    /// How many floats of scratch `run` needs.
    pub fn scratch_len(&self, threads: usize) -> usize {
        let [activations, weights, own, counts] = self.scratch();
        activations + weights + threads * own + counts
    }

    /// Computes `out` from the two operands; the lengths have been checked. Gives back the epilogue if it is still to be
    /// called.
    #[allow(clippy::too_many_arguments)]
    pub fn run<'e>(
        &self,
        pool: &Pool,
        isa: Isa,
        first: &[f32],
        second: &[f32],
        out: &mut [f32],
        scratch: &mut [f32],
        epilogue: Epilogue<'e>,
    ) -> Epilogue<'e> {
        let [activations, weights, _, counts] = self.scratch();
        let (activations, rest) = scratch.split_at_mut(activations);
        let (weights, rest) = rest.split_at_mut(weights);
        let (counts, own) = rest.split_at_mut(counts);
        let scratch = Scratch { activations, weights, counts, own };
        match self.pass {
            Pass::Forward | Pass::InputGrad => {
                self.run_product(pool, isa, first, second, out, scratch, epilogue);
                None
            }
            Pass::WeightGrad => {
                self.run_weight_grad(pool, isa, first, second, out, scratch);
                epilogue
            }
        }
    }

    /// Squares of the input, or of the output's gradient, to points, for a block of tiles.
    #[allow(clippy::too_many_arguments)]
    fn transform(
        &self,
        pool: &Pool,
        isa: Isa,
        side: Side,
        from: &[f32],
        (first, count): (usize, usize),
        layout: PointStrides,
        to: &mut [f32],
    ) {
        let tiling = if side == Side::Input { &self.input } else { &self.output };
        let each = (2048 / (tiling.phases() * tiling.chunks() * self.points())).clamp(1, 8);
        let to = Output::new(to);
        pool.run(count.div_ceil(each), &|task| {
            let start = task * each;
            let tiles = first + start..first + count.min(start + each);
            let to = to.start().wrapping_add(layout.at(start, 0));
            let transform = ToPoints { tiling, from, tiles, to, layout };
            match side {
                Side::Input => with_matrix!(Input as T, self.size, isa.dispatch(By::<T, _>::new(transform))),
                Side::Output => with_matrix!(OutputGrad as T, self.size, isa.dispatch(By::<T, _>::new(transform))),
            }
        });
    }

    /// The kernel to points, in panels (point, panel, depth, 16) of the columns from `first` on.
    fn transform_weights(&self, pool: &Pool, isa: Isa, kernel: &[f32], first: usize, count: usize, to: &mut [f32]) {
        let transposed = self.pass == Pass::InputGrad;
        let depth = self.depth();
        // Chunks of input and of output channels in a group.
        let (ins, outs) = (self.input.chunks() / self.groups, self.output.chunks() / self.groups);
        // Blocks of 16 by 16: a panel holds a chunk of output channels, or of a phase's input channels.
        let blocks = if transposed { outs } else { self.input.phases() * ins };
        let to = Output::new(to);
        pool.run(blocks * count / PANEL, &|task| {
            let (row, panel) = (task % blocks, task / blocks);
            let column = first / PANEL + panel;
            // With several groups there is one phase.
            let (deep, out) = match transposed {
                true if self.groups > 1 => (column % ins, column / ins * outs + row),
                true => (column, row),
                false => (row, column),
            };
            let transform = ToWeights {
                kernel: &self.kernel,
                from: kernel,
                block: (deep / ins, deep % ins * LANES, out * LANES),
                transposed,
                to: to.start().wrapping_add((panel * depth + row * LANES) * PANEL),
                point: self.weight_point(),
            };
            with_matrix!(Weight as T, self.size, isa.dispatch(By::<T, _>::new(transform)));
        });
    }

    /// Forward pass and input gradient.
    #[allow(clippy::too_many_arguments)]
    fn run_product(
        &self,
        pool: &Pool,
        isa: Isa,
        from: &[f32],
        kernel: &[f32],
        out: &mut [f32],
        scratch: Scratch<'_>,
        epilogue: Epilogue<'_>,
    ) {
        let Scratch { activations, weights, counts, own } = scratch;
        let backward = self.pass == Pass::InputGrad;
        let (side, depth, columns) =
            if backward { (Side::Output, self.depth(), self.deep()) } else { (Side::Input, self.depth(), self.wide()) };
        if backward {
            // Squares overlap, and are added to zeros.
            let (target, sample) = (Output::new(out), self.input.sample());
            // SAFETY: each sample is one task's.
            pool.run(self.tiles / self.input.tiles(), &|task| unsafe {
                target.part(task * sample, sample).fill(0.0);
            });
        }
        let (layout, _) = self.layouts();
        let target = Output::new(out);
        for first in (0..self.tiles).step_by(self.tile_block) {
            let count = self.tile_block.min(self.tiles - first);
            self.transform(pool, isa, side, from, (first, count), layout, activations);
            for column in (0..columns).step_by(self.column_block) {
                let width = self.column_block.min(columns - column);
                if first == 0 || self.column_block < columns {
                    self.transform_weights(pool, isa, kernel, column, width, weights);
                }
                let part = Part { first, count, column, width, depth };
                let epilogue = epilogue.filter(|_| column + width == columns);
                self.products(pool, isa, &part, (activations, weights), (own, counts), target, epilogue);
            }
        }
    }

    /// The products of a block of tiles with a block of columns, and the squares that they are. Where these are the last
    /// columns, the epilogue follows while the squares are in cache.
    #[allow(clippy::too_many_arguments)]
    fn products(
        &self,
        pool: &Pool,
        isa: Isa,
        part: &Part,
        (activations, weights): (&[f32], &[f32]),
        (own, counts): (&mut [f32], &mut [f32]),
        out: Output,
        epilogue: Epilogue<'_>,
    ) {
        let backward = self.pass == Pass::InputGrad;
        let (layout, sums) = (self.layouts().0, self.sums());
        // Rows of one task: some tiles, or whole samples, a few tiles after the other.
        let units = part.count.div_ceil(self.unit);
        let blocks = units.div_ceil((self.task.0 / self.unit).max(1));
        let tiling = if backward { &self.input } else { &self.output };
        let column_tasks = part.width.div_ceil(self.task.1);
        let each = self.points() * sums.point;
        let finished = Finished::new(&mut counts[..blocks], column_tasks);
        with_scratch(pool, blocks * column_tasks, own, each, &|task, own| {
            let (block, columns) = (task / column_tasks, task % column_tasks);
            let column = columns * self.task.1;
            let width = self.task.1.min(part.width - column);
            let group = if self.groups > 1 { (part.column + column) / (self.columns() / self.groups) } else { 0 };
            let bound = |block: usize| (units * block / blocks * self.unit).min(part.count);
            let (start, end) = (bound(block), bound(block + 1));
            let chunk = (part.column + column) / LANES;
            for first in (start..end).step_by(self.task.0) {
                let rows = self.task.0.min(end - first);
                let tiles = part.first + first..part.first + first + rows;
                let mut c_rows = [0; MAX_ROWS];
                c_rows.iter_mut().take(rows).enumerate().for_each(|(i, at)| *at = i * sums.tile);
                for point in 0..self.points() {
                    let ends = self.ends(point);
                    let (phases, mut whole) =
                        (self.kernel.phases_with(self.size.r, ends), tiling.whole(tiles.clone(), ends));
                    let mut depth = 0..part.depth;
                    if !backward {
                        depth = phases.start * depth.len() / self.input.phases()
                            ..phases.end * depth.len() / self.input.phases();
                    } else if !phases.contains(&(chunk / tiling.chunks())) {
                        whole = 0..0;
                    }
                    let sum = &mut own[point * sums.point..];
                    for row in (0..rows).filter(|row| !whole.contains(row)) {
                        sum[row * sums.tile..][..width].fill(0.0);
                    }
                    if whole.is_empty() {
                        continue;
                    }
                    let at = point * layout.point + (first + whole.start) * layout.tile + group * part.depth;
                    let a = &activations[at..];
                    let b = &weights[point * self.weight_point() + column * part.depth..];
                    for k in depth.clone().step_by(MAX_DEPTH) {
                        let (pieces, count) = pieces(k, depth.end);
                        let block = Block {
                            a: &a[k..],
                            layout: tile::Packing::Strided(layout.tile),
                            b,
                            panel_stride: part.depth * PANEL,
                            pieces: &pieces[..count],
                            c_rows: &c_rows[whole.clone()],
                            columns: width,
                            accumulate: k > depth.start,
                            apart: true,
                        };
                        // SAFETY: the point's sums lie in this thread's scratch.
                        unsafe { tile::block_product(isa, block, sum.as_mut_ptr()) };
                    }
                }
                let transform = FromPoints {
                    tiling,
                    from: own,
                    layout: sums,
                    tiles,
                    chunks: chunk..chunk + width / LANES,
                    to: out.start(),
                    add: backward,
                };
                match backward {
                    true => with_matrix!(InputGrad as T, self.size, isa.dispatch(By::<T, _>::new(transform))),
                    false => with_matrix!(Output as T, self.size, isa.dispatch(By::<T, _>::new(transform))),
                }
            }
            if let Some(epilogue) = epilogue
                && finished.one(block)
            {
                let channels = tiling.channels;
                tiling.positions(part.first + start..part.first + end, |first, count| {
                    // SAFETY: the last columns of these tiles have just been written, and nobody else finishes them.
                    epilogue(first, unsafe { out.part(first * channels, count * channels) });
                });
            }
        });
    }
}

/// Which tensor of a convolution.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Output,
}

/// Scratch by what it is for: points of activations, points of weights or sums, counts of what is done, each thread's own.
struct Scratch<'a> {
    activations: &'a mut [f32],
    weights: &'a mut [f32],
    counts: &'a mut [f32],
    own: &'a mut [f32],
}

/// A block of tiles and a block of columns.
struct Part {
    first: usize,
    count: usize,
    column: usize,
    width: usize,
    depth: usize,
}
