//! One side of a comparison, and what is known of both before they are there. Not here: the comparison (`comparison.rs`).

use crate::{MetricError, TableColumn, TableRule};
use ganymede_tensor::Tensor;

/// Samples by field: the samples themselves first, then what else is known of each, such as `label`.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    fields: Vec<(String, Tensor)>,
}

impl Set {
    /// A set of samples (N, …), `f32` in the network's range, under the name of their field.
    pub fn new(name: &str, samples: Tensor) -> Set {
        Set { fields: vec![(name.into(), samples)] }
    }

    /// The set with one more field, (N, …).
    ///
    /// # Errors
    /// [`MetricError::Argument`] where it has not as many rows as there are samples.
    pub fn with(mut self, name: &str, values: Tensor) -> Result<Set, MetricError> {
        if values.shape().first() != self.samples().shape().first() {
            let reason = format!("expected a row for each of {} samples, found {}", self.len(), values.shape());
            return Err(MetricError::argument(name, reason));
        }
        self.fields.push((name.into(), values));
        Ok(self)
    }

    /// The set with a label for each sample, as field `label`.
    ///
    /// # Errors
    /// As [`Set::with`].
    pub fn labelled(self, labels: &[u32]) -> Result<Set, MetricError> {
        let labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
        let labels = Tensor::new([labels.len()], ganymede_tensor::Data::I32(labels))
            .map_err(|e| MetricError::argument("label", e.to_string()))?;
        self.with("label", labels)
    }

    /// Other samples of the same kind, of which nothing else is known.
    pub(crate) fn other(&self, samples: Tensor) -> Set {
        Set { fields: vec![(self.fields[0].0.clone(), samples)] }
    }

    /// The samples.
    pub fn samples(&self) -> &Tensor {
        &self.fields[0].1
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&Tensor> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, values)| values)
    }

    /// The label of each sample, where they have labels.
    pub fn labels(&self) -> Option<Vec<u32>> {
        Some(self.field("label")?.to_f64().into_iter().map(|label| label as u32).collect())
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples().shape().first().copied().unwrap_or(0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first `count` of them.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn first(&self, count: usize) -> Set {
        Set { fields: self.fields.iter().map(|(name, values)| (name.clone(), values.rows(0..count))).collect() }
    }
}

/// What is known of the data and the generator before a sample is there: metrics and features say by it whether they fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Which kind of data it is, by its modality's name: `images`, `points`, `table` …
    pub modality: String,
    /// Sizes of a sample.
    pub shape: Vec<usize>,
    /// Number of classes; 0 where samples have no labels.
    pub classes: usize,
    /// Number of classes of the images that are stacked as channels; 0 where channels are no images of their own.
    pub stacked: usize,
    /// Whether generated samples were generated for the real ones' classes; why not.
    pub asked: Result<(), String>,
    /// The columns of a table, of which a sample is a row; none of other data.
    pub columns: Vec<TableColumn>,
    /// What real rows of a table never break.
    pub rules: Vec<TableRule>,
}

impl Facts {
    /// The modality whose samples are rows of a table.
    pub const TABLE: &str = "table";

    /// Whether the data is of this modality.
    pub fn is(&self, modality: &str) -> bool {
        self.modality == modality
    }

    /// Refuses data of another modality, which it names.
    pub(crate) fn expect(&self, modality: &str) -> Option<String> {
        let words =
            |modality: &str| if modality == Facts::TABLE { "rows of a table".into() } else { modality.to_string() };
        let (expected, found) = (words(modality), words(&self.modality));
        (!self.is(modality)).then(|| format!("it measures {expected}, and these samples are {found}"))
    }

    /// Refuses rows of tables, whose cells are places in lists as well as numbers: their differences say nothing.
    pub(crate) fn refuse_tables(&self) -> Option<String> {
        let reason =
            "places of categories have no distances; `column_shapes`, `pair_trends` and `detection` compare tables";
        self.is(Facts::TABLE).then(|| reason.into())
    }

    /// Values of a sample.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}
