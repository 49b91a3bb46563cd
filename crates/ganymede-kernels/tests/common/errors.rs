//! Errors of convolutions against `f64`: the shapes and the measure of `tests/errors.rs` and `benches/errors.rs`.

mod square;

use ganymede_kernels::conv::{ConvAxis, ConvPlan, ConvSpec, Numerics};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::naive;
use ganymede_kernels::pool::Pool;
use ganymede_tensor::{Rng, stream_of};
use square::square;

/// The three functions of a convolution.
pub const PASSES: [&str; 3] = ["forward", "input gradient", "weight gradient"];

/// A layer: a name and its shape.
pub type Layer = (&'static str, ConvSpec);

/// Layers of which every Toom-Cook size computes one when numerics are fast: as many outputs a side as a square has. In one
/// with 7 squares are not whole and phases of different length.
pub fn squares() -> Vec<Layer> {
    vec![
        ("4x4 stride 2, 2x2 outputs", square(64, (6, 4, 2, 0), 64, 64, 1)),
        ("4x4 stride 2, 3x3 outputs", square(32, (8, 4, 2, 0), 64, 64, 1)),
        ("4x4 stride 2, 4x4 outputs", square(32, (10, 4, 2, 0), 64, 64, 1)),
        ("3x3, 2x2 outputs", square(64, (4, 3, 1, 0), 64, 64, 1)),
        ("3x3, 3x3 outputs", square(32, (5, 3, 1, 0), 64, 64, 1)),
        ("3x3, 4x4 outputs", square(32, (6, 3, 1, 0), 64, 64, 1)),
        ("4x4, 2x2 outputs", square(64, (5, 4, 1, 0), 64, 64, 1)),
        ("4x4, 3x3 outputs", square(32, (6, 4, 1, 0), 64, 64, 1)),
        ("4x4, 4x4 outputs", square(32, (7, 4, 1, 0), 64, 64, 1)),
        ("5x5, 2x2 outputs", square(64, (6, 5, 1, 0), 64, 64, 1)),
        ("5x5, 3x3 outputs", square(32, (7, 5, 1, 0), 64, 64, 1)),
        ("5x5, 4x4 outputs", square(32, (8, 5, 1, 0), 64, 64, 1)),
        ("5x5 stride 2, 7x7 outputs", square(16, (14, 5, 2, 2), 64, 64, 1)),
        ("3x3, 8x8 outputs, 4 groups", square(16, (8, 3, 1, 1), 64, 64, 4)),
    ]
}

/// Layers that other algorithms compute.
pub fn others() -> Vec<Layer> {
    vec![
        ("4x4 stride 2, 3 input channels", square(16, (16, 4, 2, 1), 3, 64, 1)),
        ("3x3, 3 output channels", square(16, (8, 3, 1, 1), 64, 3, 1)),
        ("3x3, 8 groups of 6 channels", square(16, (8, 3, 1, 1), 48, 48, 8)),
        ("3x3, depthwise", square(16, (8, 3, 1, 1), 64, 64, 64)),
        ("1x1", square(16, (8, 1, 1, 0), 64, 64, 1)),
        ("4x4 over all of its input", square(64, (4, 4, 1, 0), 64, 64, 1)),
    ]
}

/// The same sums as a convolution with a third side of length 1, for which there is the direct algorithm alone.
pub fn direct(spec: &ConvSpec) -> ConvSpec {
    let axis = ConvAxis { input: 1, kernel: 1, stride: 1, dilation: 1, pad_low: 0, pad_high: 0 };
    ConvSpec { axes: [&spec.axes[..], &[axis]].concat(), ..spec.clone() }
}

/// Standard normal numbers.
pub fn normal(name: &str, n: usize) -> Vec<f32> {
    Rng::fill(0, stream_of(name), 0, 0, n, true).into_iter().map(|x| x as f32).collect()
}

/// √(Σ (found − expected)² / Σ expected²).
pub fn relative_rms(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let error: f64 = found.iter().zip(expected).map(|(&f, e)| (f64::from(f) - e).powi(2)).sum();
    (error / expected.iter().map(|e| e * e).sum::<f64>()).sqrt()
}

/// A layer's standard normal operands and what each pass means in `f64`.
pub struct Case {
    spec: ConvSpec,
    operands: [Vec<f32>; 3],
    expected: [Vec<f64>; 3],
}

impl Case {
    pub fn new(spec: &ConvSpec) -> Case {
        let (x, w, dy) = (normal("x", spec.x_len()), normal("kernel", spec.kernel_len()), normal("dy", spec.y_len()));
        let expected = [
            naive::conv::forward_f64(spec, &x, &w),
            naive::conv::input_grad_f64(spec, &dy, &w),
            naive::conv::weight_grad_f64(spec, &x, &dy),
        ];
        Case { spec: spec.clone(), operands: [x, w, dy], expected }
    }

    /// The algorithm's name and the relative rms error of a pass.
    pub fn error(&self, pass: usize, numerics: Numerics, isa: Isa, pool: &Pool) -> (String, f64) {
        self.of(&self.spec, pass, numerics, isa, pool)
    }

    /// The relative rms error of a pass by the direct algorithm.
    pub fn direct_error(&self, pass: usize, isa: Isa, pool: &Pool) -> f64 {
        self.of(&direct(&self.spec), pass, Numerics::Strict, isa, pool).1
    }

    fn of(&self, spec: &ConvSpec, pass: usize, numerics: Numerics, isa: Isa, pool: &Pool) -> (String, f64) {
        let [x, w, dy] = &self.operands;
        let plan = [ConvPlan::forward, ConvPlan::input_grad, ConvPlan::weight_grad][pass](spec, numerics).unwrap();
        let (first, second) = [(x, w), (dy, w), (x, dy)][pass];
        let mut out = vec![f32::NAN; self.expected[pass].len()];
        let mut scratch = vec![f32::NAN; plan.scratch_len(pool.threads())];
        plan.run(pool, isa, first, second, &mut out, &mut scratch, None).unwrap();
        (plan.choice().name.clone(), relative_rms(&out, &self.expected[pass]))
    }
}
