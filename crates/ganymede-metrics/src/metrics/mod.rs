//! The table of metrics. To add one: a file here with a type that is a [`Metric`], and a line in [`METRICS`]; the
//! contract tests (`tests/contract.rs`), `ganymede evaluate` and `[evaluate]` follow from the table. Not here: what
//! stands for samples (`spaces/`), those of tables (`tables/`), which samples are compared (the caller).

mod classes;
mod frechet;
mod kernel;
mod laplacian;
mod modes;
mod ms_ssim;
mod neighbours;
mod sliced_wasserstein;
mod tables;

pub use frechet::frechet;
pub use kernel::kernel_distance;
pub use laplacian::laplacian;
pub use modes::{Mixture, covered, modes};
pub use ms_ssim::{ms_ssim, similarity};
pub use neighbours::neighbours;
pub use sliced_wasserstein::sliced_wasserstein;
#[cfg(test)]
pub(crate) use tables::reference as tables_by_formula;

use crate::estimate::Estimate;
use crate::{Comparison, Facts, MetricError, Number, Sizes};
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

/// One number that a metric gives of two sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its name.
    pub name: &'static str,
    /// Which values are good ones.
    pub better: Better,
    /// The number and its interval.
    pub estimate: Estimate,
    /// Further information, such as the number of its scales.
    pub note: Option<String>,
    /// The same of each class by its label, where it is one of classes; none of a class with too few samples.
    pub by_class: Vec<Option<f64>>,
}

impl Value {
    /// A number without a note.
    pub fn new(name: &'static str, better: Better, estimate: Estimate) -> Value {
        Value { name, better, estimate, note: None, by_class: Vec::new() }
    }
}

/// One metric: the data that it measures, and how.
pub trait Metric: Sync {
    /// Name on the command line and in specs.
    fn name(&self) -> &'static str;

    /// One sentence for lists.
    fn summary(&self) -> &'static str;

    /// Why such samples have no such number; `None` where they have, as all have by default.
    fn unfit(&self, _data: &Facts) -> Option<String> {
        None
    }

    /// Its numbers: of whole samples by [`Comparison::samples`], in each space of features by [`Comparison::features`], or by
    /// what it asks the comparison for.
    ///
    /// # Errors
    /// What keeps it from being measured.
    fn measure(&self, compared: &mut Comparison<'_>) -> Result<Vec<Number>, MetricError>;

    /// Whether it compares features or asks for a classifier.
    fn of_features(&self) -> bool {
        false
    }

    /// The most bytes that it takes at a time beside the sets and their features.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64;
}

/// Every metric.
pub const METRICS: &[&dyn Metric] = &[
    &sliced_wasserstein::SlicedWasserstein,
    &laplacian::Laplacian,
    &ms_ssim::MsSsim,
    &frechet::Frechet,
    &kernel::Kernel,
    &neighbours::Neighbours,
    &modes::Modes,
    &classes::Classes,
    &tables::ColumnShapes,
    &tables::PairTrends,
    &tables::TableForm,
    &tables::Detection,
    &tables::Utility,
    &tables::Copying,
];
