//! Values whose variance follows from the shape. Not here: its named settings (`glorot.rs`, `he.rs`, `lecun.rs`).

use super::Initialize;
use super::truncated_normal::truncated;
use crate::arguments::words;
use crate::config::{Invalid, configured};
use crate::family::positive;
use ganymede_tensor::{Rng, Shape};

words! {
    /// Which number of units divides the variance.
    pub enum FanMode {
        /// Inputs of a unit.
        FanIn = "fan_in",
        /// Outputs of a unit.
        FanOut = "fan_out",
        /// The mean of both.
        FanAvg = "fan_avg",
    }
}

words! {
    /// Shape of the distribution.
    pub enum Distribution {
        /// Normal, cut at two standard deviations, scaled so that its variance is the one asked for.
        TruncatedNormal = "truncated_normal",
        /// Normal.
        UntruncatedNormal = "untruncated_normal",
        /// Uniform, symmetric about 0.
        Uniform = "uniform",
    }
}

configured! {
    /// Mean 0, variance `scale` / n with n = max(1, number of units that `mode` names).
    ///
    /// # Source
    /// He, Zhang, Ren, Sun (2015), "Delving deep into rectifiers", arXiv:1502.01852, for the scheme; Keras for the
    /// arguments.
    pub struct VarianceScaling {
        ;
        /// Factor of the variance, above 0.
        scale: f64 = 1.0,
        /// Which number of units divides it.
        mode: FanMode = FanMode::FanIn,
        /// Shape of the distribution.
        distribution: Distribution = Distribution::TruncatedNormal,
        /// A seed of its own.
        seed: Option<u64> = None,
        /// Axes whose sizes make the number of inputs, together with `output_axes`; by the rule of
        /// [`compute_fans`] where one is missing.
        input_axes: Option<Vec<i64>> = None,
        /// Axes whose sizes make the number of outputs.
        output_axes: Option<Vec<i64>> = None,
    }
}

/// Standard deviation of N(0, 1) cut at ±2.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

impl Initialize for VarianceScaling {
    fn check(&self) -> Result<(), Invalid> {
        positive("scale", self.scale)
    }

    fn check_shape(&self, shape: &Shape) -> Result<(), String> {
        let axes = self.input_axes.iter().chain(&self.output_axes).flatten();
        match axes.copied().find(|&a| resolve(a, shape).is_none()) {
            Some(axis) => Err(format!("a shape with axis {axis}")),
            None => Ok(()),
        }
    }

    fn own_seed(&self) -> Option<u64> {
        self.seed
    }

    fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
        let (fan_in, fan_out) = match (&self.input_axes, &self.output_axes) {
            (Some(inputs), Some(outputs)) => (product(inputs, shape), product(outputs, shape)),
            _ => compute_fans(shape),
        };
        let fan = match self.mode {
            FanMode::FanIn => fan_in,
            FanMode::FanOut => fan_out,
            FanMode::FanAvg => (fan_in + fan_out) / 2.0,
        };
        let variance = self.scale / fan.max(1.0);
        let n = shape.elements();
        match self.distribution {
            Distribution::TruncatedNormal => {
                let stddev = variance.sqrt() / TRUNCATED_DEVIATION;
                (0..n).map(|_| stddev * truncated(rng)).collect()
            }
            Distribution::UntruncatedNormal => {
                let stddev = variance.sqrt();
                (0..n).map(|_| stddev * rng.normal()).collect()
            }
            Distribution::Uniform => {
                let limit = (3.0 * variance).sqrt();
                (0..n).map(|_| rng.uniform_in(-limit, limit)).collect()
            }
        }
    }
}

/// Numbers of inputs and outputs of a unit whose weights have this shape: of a vector its size, of a matrix
/// (inputs, outputs), of a kernel (k…, inputs, outputs) each times the product of k.
///
/// # Differs
/// As in Keras, the kernel of a transposed convolution, (k…, out, in), is counted by the same rule.
pub fn compute_fans(shape: &Shape) -> (f64, f64) {
    match shape[..] {
        [] => (1.0, 1.0),
        [n] => (n as f64, n as f64),
        [ref window @ .., inputs, outputs] => {
            let window: f64 = window.iter().map(|&n| n as f64).product();
            (inputs as f64 * window, outputs as f64 * window)
        }
    }
}

fn resolve(axis: i64, shape: &Shape) -> Option<usize> {
    let rank = shape.rank() as i64;
    (-rank..rank).contains(&axis).then(|| axis.rem_euclid(rank) as usize)
}

fn product(axes: &[i64], shape: &Shape) -> f64 {
    axes.iter().filter_map(|&a| resolve(a, shape)).map(|a| shape[a] as f64).product()
}

/// Makes an initializer with the fields `seed`, `input_axes` and `output_axes` a setting of [`VarianceScaling`].
macro_rules! scheme {
    ($name:ident, $scale:expr, $mode:expr, $distribution:expr) => {
        impl $name {
            fn scaling(&self) -> VarianceScaling {
                VarianceScaling {
                    scale: $scale,
                    mode: $mode,
                    distribution: $distribution,
                    seed: self.seed,
                    input_axes: self.input_axes.clone(),
                    output_axes: self.output_axes.clone(),
                }
            }
        }

        impl Initialize for $name {
            fn check_shape(&self, shape: &Shape) -> Result<(), String> {
                self.scaling().check_shape(shape)
            }

            fn own_seed(&self) -> Option<u64> {
                self.seed
            }

            fn fill(&self, rng: &mut Rng, shape: &Shape) -> Vec<f64> {
                self.scaling().fill(rng, shape)
            }
        }
    };
}
pub(super) use scheme;
