//! Which algorithm computes which convolution, and the one way to run them all.

use super::depthwise::DepthwisePlan;
use super::gather::GatherPlan;
use super::numerics::Numerics;
use super::overlap::OverlapPlan;
use super::spec::{ConvError, ConvSpec};
use super::weight_grad::WeightPlan;
use super::winograd::WinogradPlan;
use crate::choice::Choice;
use crate::gemm::{self, Epilogue, MatmulSpec};
use crate::isa::Isa;
use crate::pool::Pool;

/// The three functions of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// y from x and the kernel.
    Forward,
    /// The gradient of x.
    InputGrad,
    /// The gradient of the kernel.
    WeightGrad,
}

#[derive(Clone, Debug)]
enum Algorithm {
    /// The convolution is a plain matrix product.
    Matmul(MatmulSpec),
    /// Each output channel sees one input channel.
    Depthwise(DepthwisePlan),
    /// Forward and input gradient: rows gathered from the input.
    Gather(GatherPlan),
    /// Forward and input gradient with few channels out: products of whole positions, added where they overlap.
    Overlap(OverlapPlan),
    /// Weight gradient: rows gathered from one tensor, columns packed from the other.
    Weight(WeightPlan),
    /// Fewer multiplications, on squares of outputs.
    Winograd(Box<WinogradPlan>),
}

/// A convolution, planned once and run often: the choice of algorithm and its tables. Running allocates nothing.
#[derive(Clone, Debug)]
pub struct ConvPlan {
    algorithm: Algorithm,
    choice: Choice,
    /// Floats of the two operands and of the result, with their names.
    lengths: [(&'static str, usize); 3],
    /// Floats of a row of the result.
    columns: usize,
}

impl ConvPlan {
    /// Plans y from (x, kernel).
    ///
    /// # Errors
    /// [`ConvError`] when the sizes make no sense.
    pub fn forward(spec: &ConvSpec, numerics: Numerics) -> Result<ConvPlan, ConvError> {
        ConvPlan::new(spec, Pass::Forward, numerics)
    }

    /// Plans the gradient of x from (gradient of y, kernel); this is also the forward pass of a transposed convolution.
    ///
    /// # Errors
    /// [`ConvError`] when the sizes make no sense.
    pub fn input_grad(spec: &ConvSpec, numerics: Numerics) -> Result<ConvPlan, ConvError> {
        ConvPlan::new(spec, Pass::InputGrad, numerics)
    }

    /// Plans the gradient of the kernel from (x, gradient of y).
    ///
    /// # Errors
    /// [`ConvError`] when the sizes make no sense.
    pub fn weight_grad(spec: &ConvSpec, numerics: Numerics) -> Result<ConvPlan, ConvError> {
        ConvPlan::new(spec, Pass::WeightGrad, numerics)
    }

    fn new(spec: &ConvSpec, pass: Pass, numerics: Numerics) -> Result<ConvPlan, ConvError> {
        spec.check()?;
        let (x, w, y) = (("x", spec.x_len()), ("kernel", spec.kernel_len()), ("y", spec.y_len()));
        let lengths = match pass {
            Pass::Forward => [x, w, y],
            Pass::InputGrad => [y, w, x],
            Pass::WeightGrad => [x, y, w],
        };
        let columns = if pass == Pass::InputGrad { spec.in_channels } else { spec.out_channels };
        let (algorithm, choice) = choose(spec, pass, numerics);
        Ok(ConvPlan { algorithm, choice, lengths, columns })
    }

    /// The algorithm, and why it was chosen.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// How many floats of scratch `run` needs with this many threads.
    pub fn scratch_len(&self, threads: usize) -> usize {
        match &self.algorithm {
            Algorithm::Matmul(spec) => gemm::scratch_len(spec, threads),
            Algorithm::Depthwise(plan) => plan.scratch_len(),
            Algorithm::Gather(plan) => plan.scratch_len(threads),
            Algorithm::Overlap(plan) => plan.scratch_len(threads),
            Algorithm::Weight(plan) => plan.scratch_len(threads),
            Algorithm::Winograd(plan) => plan.scratch_len(threads),
        }
    }

    /// Computes `out` from the two operands that the constructor names, in that order. The epilogue is called once for
    /// each row (a position's channels) of the finished result; for weight gradients a row is a (tap, input channel).
    ///
    /// # Errors
    /// [`ConvError::Length`] when a slice has not the length that the spec asks for.
    #[allow(clippy::too_many_arguments)]
    pub fn run(
        &self,
        pool: &Pool,
        isa: Isa,
        first: &[f32],
        second: &[f32],
        out: &mut [f32],
        scratch: &mut [f32],
        epilogue: Epilogue<'_>,
    ) -> Result<(), ConvError> {
        let needed = self.scratch_len(pool.threads());
        let found = [first.len(), second.len(), out.len()];
        let scratch_found = scratch.len().min(needed);
        let lengths = self.lengths.into_iter().zip(found).chain([(("scratch", needed), scratch_found)]);
        for ((operand, expected), found) in lengths {
            if expected != found {
                return Err(ConvError::Length { operand, expected, found });
            }
        }
        let scratch = &mut scratch[..needed];
        // The epilogue, where the algorithm has not called it.
        let left = match &self.algorithm {
            Algorithm::Matmul(spec) => {
                // A row of the product may be several rows of the result.
                let each = spec.n / self.columns;
                let per_row = |row: usize, rows: &mut [f32]| epilogue.iter().for_each(|e| e(row * each, rows));
                let epilogue: Epilogue<'_> = if epilogue.is_some() { Some(&per_row) } else { None };
                let done = gemm::matmul(pool, isa, spec, first, second, out, scratch, epilogue);
                debug_assert!(done.is_ok(), "the lengths are those of the convolution");
                None
            }
            Algorithm::Depthwise(plan) => {
                plan.run(pool, isa, first, second, out, scratch);
                epilogue
            }
            Algorithm::Gather(plan) => plan.run(pool, isa, first, second, out, scratch, epilogue),
            Algorithm::Overlap(plan) => {
                plan.run(pool, isa, first, second, out, scratch, epilogue);
                None
            }
            Algorithm::Weight(plan) => {
                plan.run(pool, isa, first, second, out, scratch);
                epilogue
            }
            Algorithm::Winograd(plan) => plan.run(pool, isa, first, second, out, scratch, epilogue),
        };
        gemm::run_epilogue(pool, out, self.columns, left);
        Ok(())
    }
}

/// Which algorithm for which shape, and why.
fn choose(spec: &ConvSpec, pass: Pass, numerics: Numerics) -> (Algorithm, Choice) {
    let depthwise = spec.groups == spec.in_channels && spec.groups > 1;
    let why = match WinogradPlan::new(spec, pass, numerics) {
        Ok(plan) => {
            let choice = toom_cook(spec, plan.squares());
            return (Algorithm::Winograd(Box::new(plan)), choice);
        }
        Err(why) => why,
    };
    if is_matmul(spec) {
        let matmul = as_matmul(spec, pass);
        let Choice { name, reason } = gemm::choice(&matmul);
        let reason = format!("each output reads a contiguous part of the input of its own; {reason}");
        return (Algorithm::Matmul(matmul), Choice { name, reason });
    }
    if depthwise {
        let plan = match pass {
            Pass::Forward => DepthwisePlan::forward(spec),
            Pass::InputGrad => DepthwisePlan::input_grad(spec),
            Pass::WeightGrad => DepthwisePlan::weight_grad(spec),
        };
        return (Algorithm::Depthwise(plan), Choice::new("depthwise", "each output channel sees one input channel"));
    }
    // Its sums are one chain, up to twice as far off as the direct algorithm's (docs/reference/accuracy.md).
    let overlap = match (numerics, pass) {
        (Numerics::Fast, Pass::Forward) => OverlapPlan::new(spec, true),
        (Numerics::Fast, Pass::InputGrad) => OverlapPlan::new(spec, false),
        _ => None,
    };
    if let Some(plan) = overlap {
        let few = if pass == Pass::Forward { spec.out_channels } else { spec.in_channels };
        let reason = format!("{few} channels of {} taps fill vectors together", spec.taps());
        return (Algorithm::Overlap(plan), Choice::new("overlap", reason));
    }
    let algorithm = match pass {
        Pass::Forward => Algorithm::Gather(GatherPlan::new(spec, false)),
        Pass::InputGrad => Algorithm::Gather(GatherPlan::new(spec, true)),
        Pass::WeightGrad => Algorithm::Weight(WeightPlan::new(spec)),
    };
    (algorithm, Choice::new("direct", why))
}

/// Toom-Cook in words: squares of m outputs a side, at most r taps a side in each phase, `points` multiplications.
fn toom_cook(spec: &ConvSpec, (m, r, phases, points): (usize, usize, usize, usize)) -> Choice {
    let axes = spec.axes.len() as u32;
    let sides = |side: usize| vec![side.to_string(); axes as usize].join("x");
    let direct = m.pow(axes) * spec.taps();
    let split = if phases > 1 { format!("{phases} phases, ") } else { String::new() };
    let reason = format!("{split}{points} instead of {direct} multiplications for {} outputs", sides(m));
    Choice::new(format!("toom-cook F({},{})", sides(m), sides(r)), reason)
}

/// Whether each output reads its own, contiguous part of the input: 1x1 kernels, or a kernel as large as the input.
fn is_matmul(spec: &ConvSpec) -> bool {
    let pointwise = spec.axes.iter().all(|a| a.kernel == 1 && a.stride == 1 && a.pad_low + a.pad_high == 0);
    let whole = spec.axes.iter().all(|a| a.kernel == a.input && a.pad_low + a.pad_high == 0);
    spec.groups == 1 && (pointwise || whole)
}

/// The product over rows = (sample, output position) that the convolution is.
fn as_matmul(spec: &ConvSpec, pass: Pass) -> MatmulSpec {
    let rows = spec.batch * spec.outputs();
    let (depth, channels) = (spec.taps() * spec.in_channels, spec.out_channels);
    let product = |m, n, k, transpose_a, transpose_b| MatmulSpec { batch: 1, m, n, k, transpose_a, transpose_b };
    match pass {
        Pass::Forward => product(rows, channels, depth, false, false),
        Pass::InputGrad => product(rows, depth, channels, false, true),
        Pass::WeightGrad => product(depth, channels, rows, true, false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::ConvAxis;
    use super::*;

    #[test]
    fn fewer_multiplications_where_they_pay() {
        let winograd = |batch, input, kernel, stride, pads: (usize, usize), ins, outs, groups| {
            let axis = ConvAxis { input, kernel, stride, dilation: 1, pad_low: pads.0, pad_high: pads.1 };
            let spec = ConvSpec { batch, axes: vec![axis; 2], in_channels: ins, out_channels: outs, groups };
            let passes = [Pass::Forward, Pass::InputGrad, Pass::WeightGrad];
            passes.map(|pass| matches!(choose(&spec, pass, Numerics::Fast).0, Algorithm::Winograd(_)))
        };
        for (what, found) in [
            ("3x3", winograd(32, 32, 3, 1, (1, 1), 64, 64, 1)),
            ("4x4 stride 2", winograd(64, 32, 4, 2, (1, 1), 64, 128, 1)),
            ("5x5", winograd(32, 7, 5, 1, (2, 2), 128, 256, 1)),
            ("5x5 stride 2", winograd(32, 14, 5, 2, (1, 2), 64, 128, 1)),
            ("groups", winograd(32, 32, 3, 1, (1, 1), 64, 64, 4)),
        ] {
            assert_eq!(found, [true; 3], "{what}");
        }
        for (what, found) in [
            ("few channels", winograd(64, 64, 4, 2, (1, 1), 3, 64, 1)),
            ("groups with a stride", winograd(32, 32, 3, 2, (1, 1), 64, 64, 2)),
            ("groups that do not fill vectors", winograd(32, 32, 3, 1, (1, 1), 48, 48, 2)),
            ("one output", winograd(32, 4, 4, 1, (0, 0), 256, 128, 1)),
            ("transforms of weights for one tile", winograd(1, 4, 3, 1, (1, 1), 512, 512, 1)),
            ("1x1", winograd(32, 16, 1, 1, (0, 0), 64, 64, 1)),
        ] {
            assert_eq!(found, [false; 3], "{what}");
        }
    }

    fn chosen(kernel: usize, stride: usize, pad: usize, ins: usize, numerics: Numerics) -> Choice {
        let axis = ConvAxis { input: 16, kernel, stride, dilation: 1, pad_low: pad, pad_high: pad };
        let spec = ConvSpec { batch: 32, axes: vec![axis; 2], in_channels: ins, out_channels: 64, groups: 1 };
        ConvPlan::forward(&spec, numerics).unwrap().choice().clone()
    }

    #[test]
    fn strict_numerics_leave_small_squares_of_three_taps() {
        assert_eq!(chosen(3, 1, 1, 64, Numerics::Strict).name, "toom-cook F(2x2,3x3)");
        let direct =
            |taps| Choice::new("direct", format!("no squares with {taps} taps are exact enough for strict numerics"));
        assert_eq!(chosen(4, 2, 1, 64, Numerics::Strict), direct(2));
        assert_eq!(chosen(5, 1, 2, 64, Numerics::Strict), direct(5));
    }

    #[test]
    fn choices_have_reasons() {
        let reason = "4 phases, 100 instead of 256 multiplications for 4x4 outputs";
        assert_eq!(chosen(4, 2, 1, 64, Numerics::Fast), Choice::new("toom-cook F(4x4,2x2)", reason));
        assert_eq!(chosen(4, 2, 1, 3, Numerics::Fast), Choice::new("direct", "3 input channels are fewer than 16"));
        assert_eq!(chosen(1, 1, 0, 64, Numerics::Fast).name, "gemm");
    }
}
