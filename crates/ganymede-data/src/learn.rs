//! What is learned of the samples to train on, when the split is known. Not here: what a kind of data learns
//! (`modalities`).

use crate::codec::Codec;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::field::Role;
use crate::split::Split;
use ganymede_tensor::Tensor;
use std::borrow::Cow;

/// Number of examples that a codec keeps of a condition of numbers.
const EXAMPLES: usize = 64;

impl Dataset {
    /// The codec of a run: what is known of the data, with what its modality learns of the samples to train on.
    ///
    /// # Errors
    /// What reading the samples gives.
    pub fn learn(&self, split: &Split) -> Result<Codec, DataError> {
        let rows = Rows { dataset: self, numbers: Cow::Borrowed(&split.train) };
        let mut fields = self.codec().fields().to_vec();
        for field in &mut fields {
            if field.role == Role::Condition && field.categories.is_empty() {
                let values = rows.spread(EXAMPLES).read(&field.name)?.to_f64();
                field.examples = values.chunks_exact(field.ty.elements()).map(<[f64]>::to_vec).collect();
            }
        }
        let codec = self.codec().with(fields, self.codec().modality().clone())?;
        codec.modality().clone().learn(&codec, &rows)
    }
}

/// Some samples of a data set: those to train on, for what is learned of them.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    dataset: &'a Dataset,
    numbers: Cow<'a, [u32]>,
}

impl Rows<'_> {
    /// The data set that they are of.
    pub fn dataset(&self) -> &Dataset {
        self.dataset
    }

    /// Their numbers in the data set, of which there is at least one.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// At most `most` of them, evenly spread.
    pub fn spread(&self, most: usize) -> Rows<'_> {
        let step = self.numbers.len().div_ceil(most.max(1)).max(1);
        Rows { dataset: self.dataset, numbers: self.numbers.iter().copied().step_by(step).collect() }
    }

    /// The values of a field of all of them, (N, …). Large samples are better read in parts.
    ///
    /// # Errors
    /// As [`Dataset::gather_field`].
    pub fn read(&self, field: &str) -> Result<Tensor, DataError> {
        self.dataset.gather_field(field, &self.numbers)
    }
}
