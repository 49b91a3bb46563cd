//! He's scheme: variance scaling with scale 2 over the inputs. Not here: the drawing itself (`variance_scaling.rs`).

use super::Initialize;
use super::variance_scaling::{Distribution, FanMode, VarianceScaling};
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// Normal with variance 2 / inputs, cut at two standard deviations.
    ///
    /// # Source
    /// He, Zhang, Ren, Sun (2015), "Delving deep into rectifiers", arXiv:1502.01852.
    pub struct HeNormal {
        ;
        /// A seed of its own.
        seed: Option<u64> = None,
        /// As in [`VarianceScaling`].
        input_axes: Option<Vec<i64>> = None,
        /// As in [`VarianceScaling`].
        output_axes: Option<Vec<i64>> = None,
    }
}

configured! {
    /// Uniform within ±√(6 / inputs).
    ///
    /// # Source
    /// He, Zhang, Ren, Sun (2015), "Delving deep into rectifiers", arXiv:1502.01852.
    pub struct HeUniform {
        ;
        /// A seed of its own.
        seed: Option<u64> = None,
        /// As in [`VarianceScaling`].
        input_axes: Option<Vec<i64>> = None,
        /// As in [`VarianceScaling`].
        output_axes: Option<Vec<i64>> = None,
    }
}

super::variance_scaling::scheme!(HeNormal, 2.0, FanMode::FanIn, Distribution::TruncatedNormal);
super::variance_scaling::scheme!(HeUniform, 2.0, FanMode::FanIn, Distribution::Uniform);
