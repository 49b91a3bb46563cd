//! Metrics: how far generated samples are from real ones, and from each other. To add one: a file here with a function of two
//! sets, and a line in [`METRICS`]; the tests below and `ganymede evaluate` follow from the table.
//! Not here: which samples are compared (`evaluate/`), what stands for them (`features/`).

mod bootstrap;
pub mod features;
mod frechet;
mod kernel_distance;
mod laplacian;
mod matrix;
mod modes;
mod ms_ssim;
mod neighbours;
mod sliced_wasserstein;
#[cfg(test)]
mod tests;

pub use bootstrap::Estimate;
pub use frechet::frechet;
pub use kernel_distance::kernel_distance;
pub use laplacian::laplacian;
pub use matrix::Matrix;
pub use modes::{Mixture, covered, modes};
pub use ms_ssim::{ms_ssim, similarity};
pub use neighbours::neighbours;
pub use sliced_wasserstein::sliced_wasserstein;

use crate::error::GanError;
use ganymede_tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Which values are good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Low ones.
    Lower,
    /// High ones.
    Higher,
    /// Those near that of real samples.
    Near,
}

/// One number that a metric gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its name.
    pub name: &'static str,
    /// Which values are good ones.
    pub better: Better,
    /// The number and its interval.
    pub estimate: Estimate,
    /// What else belongs to it, such as the number of its scales.
    pub note: Option<String>,
}

impl Value {
    /// A number of which there is nothing else to say.
    pub(crate) fn new(name: &'static str, better: Better, estimate: Estimate) -> Value {
        Value { name, better, estimate, note: None }
    }
}

/// What a metric is of: two sets, real then generated, and the seed of what is random in it.
#[derive(Clone, Copy)]
pub enum Of {
    /// Samples (N, …), `f32` in the network's range.
    Samples(fn(&Tensor, &Tensor, u64) -> Result<Vec<Value>, GanError>),
    /// Pictures (N, H, W, C), `f32` in the network's range.
    Pictures(fn(&Tensor, &Tensor, u64) -> Result<Vec<Value>, GanError>),
    /// Features (N, D), in each space that there is.
    Features(fn(&Matrix, &Matrix, u64) -> Result<Vec<Value>, GanError>),
}

/// An entry of the table: name, one sentence, function.
pub struct Entry {
    /// Name on the command line and in specs.
    pub name: &'static str,
    /// One sentence for lists.
    pub summary: &'static str,
    /// The function.
    pub of: Of,
}

/// Every metric of two sets.
pub const METRICS: &[Entry] = &[
    Entry {
        name: "sliced_wasserstein",
        summary: "mean Wasserstein-1 distance of projections on random directions; Rabin et al. 2011",
        of: Of::Samples(sliced_wasserstein::values),
    },
    Entry {
        name: "laplacian",
        summary: "sliced Wasserstein distance of patches of a Laplacian pyramid; Karras et al. 2018",
        of: Of::Pictures(laplacian::values),
    },
    Entry {
        name: "ms_ssim",
        summary: "similarity of pairs of samples, beside that of pairs of real ones; Wang et al. 2003, Odena et al. 2017",
        of: Of::Pictures(ms_ssim::values),
    },
    Entry {
        name: "frechet",
        summary: "Fréchet distance of Gaussians fitted to features; Heusel et al. 2017",
        of: Of::Features(frechet::values),
    },
    Entry {
        name: "kernel",
        summary: "maximum mean discrepancy of features by a cubic kernel (KID); Bińkowski et al. 2018",
        of: Of::Features(kernel_distance::values),
    },
    Entry {
        name: "neighbours",
        summary: "precision, recall, density and coverage by nearest neighbours; Kynkäänniemi et al. 2019, Naeem et al. 2020",
        of: Of::Features(neighbours::values),
    },
];
