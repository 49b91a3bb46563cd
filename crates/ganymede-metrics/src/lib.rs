//! Metrics: how far generated samples are from real ones, and from each other.
//!
//! A [`Metric`] is one file and one line of [`METRICS`]: it says of which data it is, and measures a [`Comparison`] of two
//! sets. Those of features do so in every [`Space`] of [`SPACES`] that fits. Each number is an [`Estimate`] with an interval of
//! about 95 %, and comes with that of real samples beside other real ones.
//!
//! Nothing here knows runs, specs or trainers: the caller decides which samples are compared and where others come from
//! ([`Others`]).
//!
//! ```
//! use ganymede_metrics::{Matrix, frechet};
//!
//! // Numbers that vary as much, with the means 1 and 4: (1 − 4)².
//! let (a, b) = (Matrix::new(1, vec![0.0, 0.0, 2.0, 2.0])?, Matrix::new(1, vec![3.0, 3.0, 5.0, 5.0])?);
//! assert!((frechet(&a, &b)? - 9.0).abs() < 1e-6);
//! # Ok::<(), ganymede_metrics::MetricError>(())
//! ```
#![forbid(unsafe_code)]

pub mod baselines;
mod comparison;
mod error;
mod estimate;
mod learners;
mod matrix;
mod metrics;
mod nearest;
mod set;
pub mod spaces;
mod stop;
mod table;
mod teller;
#[doc(hidden)]
pub mod testing;

pub use comparison::{Comparison, Measured, Number, Others, Sides, Sizes, Stage, Taken, measure, program_bytes};
pub use error::MetricError;
pub use estimate::Estimate;
pub use matrix::Matrix;
pub use metrics::{
    Better, METRICS, Metric, Mixture, Value, covered, frechet, kernel_distance, laplacian, modes, ms_ssim, neighbours,
    similarity, sliced_wasserstein,
};
pub use set::{Facts, Set};
pub use spaces::{SPACES, Space};
pub use stop::Stop;
pub use table::{TableColumn, TableKind, TableRule};
pub use teller::Teller;
