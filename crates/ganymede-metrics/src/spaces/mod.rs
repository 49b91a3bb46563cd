//! What stands for samples where metrics compare features: the same function of both sets. To add one: a file here with a type
//! that is a [`Space`], and a line in [`SPACES`]; every metric of features is then measured in it, too.
//! Not here: the metrics.

mod classifier;
mod random;
mod whole;

pub use classifier::Classifier;
pub use random::RandomFeatures;

use crate::{Comparison, Facts, Matrix, MetricError, Set, Sides, Sizes, Stop, Taken};
use ganymede_graph::Graph;
use ganymede_nn::{Model, ModelConfig};
use ganymede_runtime::{Backend, Program, StateLayout, Store};
use ganymede_tensor::Tensor;
use sha2::{Digest, Sha256};

/// One kind of features.
pub trait Space: Sync {
    /// Name in results.
    fn name(&self) -> &'static str;

    /// What gives them, for sentences: `features of {}`.
    fn describe(&self) -> &'static str;

    /// Whether such samples have them.
    fn fits(&self, data: &Facts) -> bool;

    /// Numbers of a row.
    fn columns(&self, data: &Facts) -> usize;

    /// The rows of the sets that are compared.
    ///
    /// # Errors
    /// [`MetricError::Missing`] where something is not there that they are learned from; what computing gives.
    fn features(&self, compared: &mut Comparison<'_>) -> Result<Features, MetricError>;

    /// The most bytes of samples that making them takes beside the sets and their rows.
    fn bytes(&self, _data: &Facts, _sizes: &Sizes) -> u64 {
        0
    }

    /// Bytes of the networks that make them.
    ///
    /// # Errors
    /// What compiling gives.
    fn program_bytes(&self, _data: &Facts, _backend: &dyn Backend) -> Result<Taken, MetricError> {
        Ok(Taken::default())
    }
}

/// Every kind of features.
pub const SPACES: &[&dyn Space] = &[&whole::Whole, &random::Random, &classifier::Learned];

/// Numbers of the widest row that such samples have in any space.
pub(crate) fn most_columns(data: &Facts) -> usize {
    SPACES.iter().filter(|space| space.fits(data)).map(|space| space.columns(data)).max().unwrap_or(0)
}

/// The sets in one space.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Name of the space.
    pub space: &'static str,
    /// Stands for what gives the features, and its weights: numbers of other features cannot be compared.
    pub digest: String,
    /// Rows of the real samples.
    pub real: Matrix,
    /// Rows of the generated ones.
    pub fake: Matrix,
    /// Rows of other real ones.
    pub second: Matrix,
}

impl Features {
    /// By what gives the rows of samples.
    fn of(
        space: &'static str,
        digest: &str,
        Sides { real, fake, second }: &Sides,
        mut rows: impl FnMut(&Tensor) -> Result<Matrix, MetricError>,
    ) -> Result<Features, MetricError> {
        let mut of = |set: &Set| rows(set.samples());
        let (real, fake, second) = (of(real)?, of(fake)?, of(second)?);
        Ok(Features { space, digest: digest.into(), real, fake, second })
    }
}

/// Samples of one run of a network.
const BATCH: usize = 64;

/// A network that turns samples into rows: input `x` (64, …sample), outputs (64, columns).
struct Extractor {
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
        mut weight: impl FnMut(&str) -> Result<Tensor, MetricError>,
    ) -> Result<Extractor, MetricError> {
        let mut store = backend.store(&StateLayout::of_graph(graph, "features"))?;
        let program = backend.load(graph, store.as_ref())?;
        let mut digest = Sha256::new_with_prefix(text);
        for entry in store.layout().entries.clone() {
            let value = weight(&entry.name)?;
            store.write(&entry.name, &value)?;
            let numbers = value.as_f32().map_err(|e| refuse(e.to_string()))?;
            numbers.iter().for_each(|number| digest.update(number.to_le_bytes()));
        }
        Ok(Extractor { program, store, digest: format!("{:x}", digest.finalize()) })
    }

    /// An output of the network for each sample (N, …). Full batches are run; what is too much is dropped.
    fn rows(&mut self, samples: &Tensor, output: &str, stop: Stop<'_>) -> Result<Matrix, MetricError> {
        let values = samples.as_f32().map_err(|e| refuse(e.to_string()))?;
        let count = samples.shape().first().copied().unwrap_or(0);
        let size = values.len() / count.max(1);
        let shape: Vec<usize> = [BATCH].iter().chain(samples.shape().iter().skip(1)).copied().collect();
        let (mut rows, mut columns) = (Vec::new(), 0);
        for first in (0..count).step_by(BATCH) {
            stop.check()?;
            let taken = (count - first).min(BATCH);
            let mut batch = values[first * size..(first + taken) * size].to_vec();
            batch.resize(BATCH * size, 0.0);
            let batch = Tensor::from_f32(shape.clone(), batch).map_err(|e| refuse(e.to_string()))?;
            self.program.write("x", &batch)?;
            self.program.run(self.store.as_mut())?;
            let found = self.program.read(output)?;
            let found = found.as_f32().map_err(|e| refuse(e.to_string()))?;
            columns = found.len() / BATCH;
            rows.reserve_exact(if first == 0 { count * columns } else { 0 });
            rows.extend_from_slice(&found[..taken * columns]);
        }
        Matrix::new(columns, rows)
    }

    /// Bytes of its states and its program.
    fn bytes(&self) -> Taken {
        program_bytes(self.program.as_ref(), self.store.as_ref())
    }
}

/// Bytes of states and a program.
fn program_bytes(program: &dyn Program, store: &dyn Store) -> Taken {
    let memory = program.memory();
    Taken { own: (store.layout().bytes() + memory.fixed_bytes) as u64, shared: memory.arena_bytes as u64 }
}

/// The network of a text, its sizes put in, for images (height, width, channels).
fn network(name: &str, text: &str, sample: &[usize]) -> Result<(Model, String), MetricError> {
    let [height, width, channels] = *sample else {
        return Err(MetricError::argument(
            name,
            format!("expected images (height, width, channels), found {sample:?}"),
        ));
    };
    let text = text.replace("SHAPE", &format!("[{height}, {width}, {channels}]"));
    let config: ModelConfig = toml::from_str(&text).map_err(|e| MetricError::argument(name, e.message()))?;
    Ok((Model::from_config(name, &config)?, text))
}

fn refuse(reason: String) -> MetricError {
    MetricError::argument("features", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 4 images of 8 x 8 x 3 that a classifier learns from, the values and the labels; the others take nothing.
    #[test]
    fn what_spaces_work_with_is_counted_by_hand() {
        let data = crate::testing::facts("images", &[8, 8, 3], 10);
        let sizes = Sizes { samples: 10, reference: 6, learned: 4, tested: 2 };
        let bytes: Vec<u64> = SPACES.iter().map(|space| space.bytes(&data, &sizes)).collect();
        assert_eq!(bytes, [0, 0, 4 * (192 + 1) * 4]);
    }
}
