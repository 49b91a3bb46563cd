//! What stands for samples where metrics compare features: the outputs of a network that is the same for both sets. A file
//! each: a network of fixed random weights, and a classifier that learned the data's own labels.
//! Not here: the metrics.

mod classifier;
mod random;

pub use classifier::{Classifier, Labelled};
pub use random::RandomFeatures;

use super::Matrix;
use crate::checkpoint::hex;
use crate::error::GanError;
use ganymede_graph::Graph;
use ganymede_runtime::{Backend, Program, StateLayout, Store};
use ganymede_tensor::Tensor;
use sha2::{Digest, Sha256};

/// Samples of one run of a network.
const BATCH: usize = 64;

/// A network that turns samples into rows: input `x` (64, …sample), outputs (64, columns).
pub(super) struct Extractor {
    program: Box<dyn Program>,
    store: Box<dyn Store>,
    digest: String,
}

impl Extractor {
    /// Compiles the graph, with the values that `weight` gives its states. `text` is the network that it was made of.
    fn new(
        graph: &Graph,
        text: &str,
        backend: &dyn Backend,
        mut weight: impl FnMut(&str) -> Result<Tensor, GanError>,
    ) -> Result<Extractor, GanError> {
        let mut store = backend.store(&StateLayout::of_graph(graph, "features"))?;
        let program = backend.load(graph, store.as_ref())?;
        let mut digest = Sha256::new_with_prefix(text);
        for entry in store.layout().entries.clone() {
            let value = weight(&entry.name)?;
            store.write(&entry.name, &value)?;
            let numbers = value.as_f32().map_err(|e| refuse(e.to_string()))?;
            numbers.iter().for_each(|number| digest.update(number.to_le_bytes()));
        }
        Ok(Extractor { program, store, digest: hex(&digest.finalize()) })
    }

    /// Stands for the network and its weights: numbers of other features do not compare.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// An output of the network for each sample (N, …). Full batches are run; what is too much is dropped.
    fn rows(&mut self, samples: &Tensor, output: &str) -> Result<Matrix, GanError> {
        let values = samples.as_f32().map_err(|e| refuse(e.to_string()))?;
        let count = samples.shape().first().copied().unwrap_or(0);
        let size = values.len() / count.max(1);
        let shape: Vec<usize> = [BATCH].iter().chain(&samples.shape()[1..]).copied().collect();
        let (mut rows, mut columns) = (Vec::new(), 0);
        for first in (0..count).step_by(BATCH) {
            let taken = (count - first).min(BATCH);
            let mut batch = values[first * size..(first + taken) * size].to_vec();
            batch.resize(BATCH * size, 0.0);
            let batch = Tensor::from_f32(shape.clone(), batch).map_err(|e| refuse(e.to_string()))?;
            self.program.write("x", &batch)?;
            self.program.run(self.store.as_mut())?;
            let found = self.program.read(output)?;
            let found = found.as_f32().map_err(|e| refuse(e.to_string()))?;
            columns = found.len() / BATCH;
            rows.extend_from_slice(&found[..taken * columns]);
        }
        Matrix::new(columns, rows)
    }
}

fn refuse(reason: String) -> GanError {
    GanError::Argument { what: "features".into(), reason }
}
