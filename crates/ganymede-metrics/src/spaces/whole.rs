//! Space `samples`: samples as they are. Not here: features of images.

use super::{Features, Space, refuse};
use crate::{Comparison, Facts, Matrix, MetricError};
use ganymede_tensor::Tensor;

/// The line of the table: of every kind of data but images, whose pixels say little one by one, and tables, whose cells are
/// places in lists as well as numbers.
pub(super) struct Whole;

impl Space for Whole {
    fn name(&self) -> &'static str {
        "samples"
    }

    fn describe(&self) -> &'static str {
        "samples as they are"
    }

    fn fits(&self, data: &Facts) -> bool {
        !data.is("images") && !data.is(Facts::TABLE)
    }

    fn columns(&self, data: &Facts) -> usize {
        data.elements()
    }

    fn features(&self, compared: &mut Comparison<'_>) -> Result<Features, MetricError> {
        Features::of(self.name(), "", compared.sides, |samples| {
            let columns = samples.shape().iter().skip(1).product();
            Matrix::new(columns, Tensor::as_f32(samples).map_err(|e| refuse(e.to_string()))?.to_vec())
        })
    }
}
