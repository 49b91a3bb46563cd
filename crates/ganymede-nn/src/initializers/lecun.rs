//! LeCun's scheme: variance scaling with scale 1 over the inputs. Not here: the drawing itself (`variance_scaling.rs`).

use super::Initialize;
use super::variance_scaling::{Distribution, FanMode, VarianceScaling};
use crate::config::configured;
use ganymede_tensor::{Rng, Shape};

configured! {
    /// Normal with variance 1 / inputs, cut at two standard deviations.
    ///
    /// # Source
    /// LeCun, Bottou, Orr, Müller (1998), "Efficient BackProp"; Klambauer et al. (2017), arXiv:1706.02515.
    pub struct LecunNormal {
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
    /// Uniform within ±√(3 / inputs).
    ///
    /// # Source
    /// LeCun, Bottou, Orr, Müller (1998), "Efficient BackProp"; Klambauer et al. (2017), arXiv:1706.02515.
    pub struct LecunUniform {
        ;
        /// A seed of its own.
        seed: Option<u64> = None,
        /// As in [`VarianceScaling`].
        input_axes: Option<Vec<i64>> = None,
        /// As in [`VarianceScaling`].
        output_axes: Option<Vec<i64>> = None,
    }
}

super::variance_scaling::scheme!(LecunNormal, 1.0, FanMode::FanIn, Distribution::TruncatedNormal);
super::variance_scaling::scheme!(LecunUniform, 1.0, FanMode::FanIn, Distribution::Uniform);
