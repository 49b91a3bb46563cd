//! Every kernel that a program can call: one variant each, from what it needs to how it runs.
//! To add one: a variant of [`Draft`] and [`Kernel`], its compilation, scratch and call below, and its lowering.
//! Not here: which nodes become which kernel (`lower.rs`).

use ganymede_kernels::arena::{Views, view, view_mut};
use ganymede_kernels::choice::Choice;
use ganymede_kernels::conv::{ConvPlan, ConvSpec, Numerics};
use ganymede_kernels::fused::{Compiled, Region};
use ganymede_kernels::gather;
use ganymede_kernels::gemm::{self, MatmulSpec};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::pool::Pool;
use ganymede_kernels::random::{self, Distribution, Seeds};
use ganymede_kernels::transpose::Transpose;
use ganymede_tensor::DType;

/// A kernel as the lowering describes it; regions can still be rewritten.
#[derive(Clone, Debug)]
pub(super) enum Draft {
    /// write 0 = read 0.
    Copy,
    /// A fused region on the reads and writes.
    Fused(Region),
    /// write 0 = read 0 with its axes in another order.
    Transpose { transpose: Transpose, dtype: DType },
    /// write 0 = read 0 · read 1; the epilogue has the further reads and writes.
    Matmul { spec: MatmulSpec, epilogue: Option<Region> },
    /// write 0 = a convolution's product of read 0 and read 1; the epilogue has the further reads and writes.
    Conv { pass: ConvPass, spec: ConvSpec, epilogue: Option<Region> },
    /// write 0 = random numbers of seed (read 0) and draw (read 1), from a sample (read 2, if any) of `row` elements on.
    Random { distribution: Distribution, stream: u32, per_sample: bool, row: usize },
    /// write 0 = rows of read 0 by read 1.
    Gather { width: usize },
    /// write 0 = sums of the rows read 1 by read 0.
    ScatterAdd { width: usize },
}

/// A kernel, ready to run.
pub(super) enum Kernel {
    Copy,
    Fused(Compiled),
    Transpose { transpose: Transpose, dtype: DType },
    Matmul { spec: MatmulSpec, epilogue: Option<Compiled> },
    Conv { plan: Box<ConvPlan>, columns: usize, epilogue: Option<Compiled> },
    Random { distribution: Distribution, stream: u32, per_sample: bool, row: usize },
    Gather { width: usize },
    ScatterAdd { width: usize },
}

/// Which of a convolution's three products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConvPass {
    /// y of x and kernel.
    Forward,
    /// dx of dy and kernel.
    InputGrad,
    /// The kernel's cotangent of x and dy.
    WeightGrad,
}

/// The most buffers that a contraction with an epilogue writes.
pub(super) const EPILOGUE_WRITES: usize = 16;

/// What went wrong in a kernel: a bug of ours, in its own words.
type Failure = String;

impl Draft {
    /// Whether [`Draft::set_epilogue`] can be called.
    pub fn takes_epilogue(&self) -> bool {
        matches!(self, Draft::Matmul { .. } | Draft::Conv { .. })
    }

    /// The fused region of the call, and the number of its first read among the call's reads.
    pub fn region_mut(&mut self) -> Option<(&mut Region, usize)> {
        match self {
            Draft::Fused(region) => Some((region, 0)),
            Draft::Matmul { epilogue, .. } | Draft::Conv { epilogue, .. } => epilogue.as_mut().map(|r| (r, 2)),
            _ => None,
        }
    }

    /// Has finished rows of the result go through a region, which may update them in place (as write buffer 0) and
    /// write further buffers.
    pub fn set_epilogue(&mut self, region: Region) {
        if let Draft::Matmul { epilogue, .. } | Draft::Conv { epilogue, .. } = self {
            *epilogue = Some(region);
        }
    }

    /// Makes the kernel ready.
    pub fn compile(&self, numerics: Numerics) -> Result<Kernel, Failure> {
        let region = |region: &Region| Compiled::new(region).map_err(|e| e.to_string());
        Ok(match self {
            Draft::Copy => Kernel::Copy,
            Draft::Fused(fused) => Kernel::Fused(region(fused)?),
            Draft::Transpose { transpose, dtype } => Kernel::Transpose { transpose: transpose.clone(), dtype: *dtype },
            Draft::Matmul { spec, epilogue } => {
                Kernel::Matmul { spec: *spec, epilogue: epilogue.as_ref().map(region).transpose()? }
            }
            Draft::Conv { pass, spec, epilogue } => {
                let plan = match pass {
                    ConvPass::Forward => ConvPlan::forward(spec, numerics),
                    ConvPass::InputGrad => ConvPlan::input_grad(spec, numerics),
                    ConvPass::WeightGrad => ConvPlan::weight_grad(spec, numerics),
                };
                let plan = Box::new(plan.map_err(|e| e.to_string())?);
                let columns = if *pass == ConvPass::InputGrad { spec.in_channels } else { spec.out_channels };
                Kernel::Conv { plan, columns, epilogue: epilogue.as_ref().map(region).transpose()? }
            }
            Draft::Random { distribution, stream, per_sample, row } => {
                Kernel::Random { distribution: *distribution, stream: *stream, per_sample: *per_sample, row: *row }
            }
            Draft::Gather { width } => Kernel::Gather { width: *width },
            Draft::ScatterAdd { width } => Kernel::ScatterAdd { width: *width },
        })
    }
}

impl Kernel {
    /// The algorithm and why it was chosen, where there are several.
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Kernel::Matmul { spec, .. } => Some(gemm::choice(spec)),
            Kernel::Conv { plan, .. } => Some(plan.choice().clone()),
            _ => None,
        }
    }

    /// Bytes of scratch: its own, then its epilogue's.
    pub fn scratch_bytes(&self, threads: usize) -> usize {
        let floats = match self {
            Kernel::Copy
            | Kernel::Transpose { .. }
            | Kernel::Random { .. }
            | Kernel::Gather { .. }
            | Kernel::ScatterAdd { .. } => 0,
            Kernel::Fused(compiled) => compiled.scratch_len(),
            Kernel::Matmul { spec, epilogue } => gemm::scratch_len(spec, threads) + epilogue_len(epilogue.as_ref()),
            Kernel::Conv { plan, epilogue, .. } => plan.scratch_len(threads) + epilogue_len(epilogue.as_ref()),
        };
        floats.saturating_mul(size_of::<f32>())
    }

    /// Runs it on its reads and writes; scratch, where it needs some, is the last write.
    pub fn run(&self, pool: &Pool, isa: Isa, views: Views<'_>) -> Result<(), Failure> {
        let Views { reads, writes } = views;
        match self {
            Kernel::Copy => writes[0].copy_from_slice(reads[0]),
            Kernel::Fused(compiled) => {
                let (writes, scratch) = split_scratch(writes, compiled.scratch_len());
                compiled.run(pool, isa, reads, writes, scratch).map_err(|e| e.to_string())?;
            }
            Kernel::Transpose { transpose, dtype } => match dtype.bytes() {
                4 => transpose.run::<u32>(pool, isa, view(reads[0]), view_mut(writes[0])),
                2 => transpose.run::<u16>(pool, isa, view(reads[0]), view_mut(writes[0])),
                _ => transpose.run::<u8>(pool, isa, reads[0], writes[0]),
            },
            Kernel::Matmul { spec, epilogue } => {
                let own = gemm::scratch_len(spec, pool.threads());
                let (writes, scratch) = split_scratch(writes, own + epilogue_len(epilogue.as_ref()));
                let (scratch, rest) = scratch.split_at_mut(own);
                let (operands, more) = reads.split_at(2);
                let (a, b) = (view(operands[0]), view(operands[1]));
                let edges = Edges { columns: spec.n, reads: more, writes, scratch: rest };
                with_epilogue(epilogue.as_ref(), isa, edges, |c, epilogue| {
                    gemm::matmul(pool, isa, spec, a, b, c, scratch, epilogue).map_err(|e| e.to_string())
                })?;
            }
            Kernel::Conv { plan, columns, epilogue } => {
                let own = plan.scratch_len(pool.threads());
                let (writes, scratch) = split_scratch(writes, own + epilogue_len(epilogue.as_ref()));
                let (scratch, rest) = scratch.split_at_mut(own);
                let (operands, more) = reads.split_at(2);
                let (a, b) = (view(operands[0]), view(operands[1]));
                let edges = Edges { columns: *columns, reads: more, writes, scratch: rest };
                with_epilogue(epilogue.as_ref(), isa, edges, |c, epilogue| {
                    plan.run(pool, isa, a, b, c, scratch, epilogue).map_err(|e| e.to_string())
                })?;
            }
            Kernel::Random { distribution, stream, per_sample, row } => {
                let (seed, draw) = (view::<u32>(reads[0]), view::<u32>(reads[1])[0]);
                let first = reads.get(2).map_or(0, |first| u64::from(view::<u32>(first)[0]) * *row as u64);
                let seeds = match per_sample {
                    true => Seeds::PerSample(seed),
                    false => Seeds::Whole { key: [seed[0], seed[1]], first },
                };
                random::fill(pool, isa, *distribution, seeds, *stream, draw, view_mut(writes[0]));
            }
            Kernel::Gather { width } => {
                // An index that is no row gives zeros: that is what the primitive means.
                gather::gather(pool, view(reads[0]), *width, view(reads[1]), view_mut(writes[0]));
            }
            Kernel::ScatterAdd { width } => {
                writes[0].fill(0);
                gather::scatter_add(pool, isa, view(reads[1]), *width, view(reads[0]), view_mut(writes[0]));
            }
        }
        Ok(())
    }
}

fn epilogue_len(epilogue: Option<&Compiled>) -> usize {
    epilogue.map_or(0, Compiled::scratch_len)
}

/// The writes without scratch, and scratch (empty when there is none).
fn split_scratch<'a, 'b>(writes: &'a mut [&'b mut [u8]], floats: usize) -> (&'a mut [&'b mut [u8]], &'a mut [f32]) {
    if floats == 0 {
        return (writes, &mut []);
    }
    match writes.split_last_mut() {
        Some((scratch, writes)) => (writes, view_mut(scratch)),
        None => (&mut [], &mut []),
    }
}

/// What a contraction writes, and what its epilogue reads and writes besides.
struct Edges<'a, 'b> {
    /// Columns of the result.
    columns: usize,
    reads: &'a [&'a [u8]],
    /// The result, then the epilogue's further writes.
    writes: &'a mut [&'b mut [u8]],
    scratch: &'a mut [f32],
}

/// Calls `run` with the result and what is to be done with finished rows of it.
fn with_epilogue(
    compiled: Option<&Compiled>,
    isa: Isa,
    edges: Edges<'_, '_>,
    run: impl FnOnce(&mut [f32], gemm::Epilogue<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some((result, writes)) = edges.writes.split_first_mut() else { return Err("it has no result".into()) };
    let Some(compiled) = compiled else { return run(view_mut(result), None) };
    let epilogue = compiled.epilogue(isa, edges.columns, edges.reads, writes, edges.scratch);
    let epilogue = epilogue.map_err(|e| e.to_string())?;
    run(view_mut(result), Some(&|first, rows: &mut [f32]| epilogue.apply(first, rows)))
}
