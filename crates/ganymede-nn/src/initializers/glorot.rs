//! Glorot's scheme: variance scaling with scale 1 over the mean of inputs and outputs. Not here: the drawing itself (`variance_scaling.rs`).

use super::Initialize;
use super::variance_scaling::{Distribution, FanMode, VarianceScaling};
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// Normal with variance 2 / (inputs + outputs), cut at two standard deviations.
    ///
    /// # Source
    /// Glorot, Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", AISTATS.
    pub struct GlorotNormal {
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
    /// Uniform within ±√(6 / (inputs + outputs)).
    ///
    /// # Source
    /// Glorot, Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", AISTATS.
    pub struct GlorotUniform {
        ;
        /// A seed of its own.
        seed: Option<u64> = None,
        /// As in [`VarianceScaling`].
        input_axes: Option<Vec<i64>> = None,
        /// As in [`VarianceScaling`].
        output_axes: Option<Vec<i64>> = None,
    }
}

super::variance_scaling::scheme!(GlorotNormal, 1.0, FanMode::FanAvg, Distribution::TruncatedNormal);
super::variance_scaling::scheme!(GlorotUniform, 1.0, FanMode::FanAvg, Distribution::Uniform);
