//! Space `random`: features of fixed random convolutions. Not here: those that are learned (`classifier.rs`).

use super::{BATCH, Extractor, Features, Space, network};
use crate::{Comparison, Facts, Matrix, MetricError, Stop, Taken};
use ganymede_graph::{Builder, concat};
use ganymede_nn::{Layer, Mode, Scope};
use ganymede_runtime::Backend;
use ganymede_tensor::{Tensor, TensorType};

/// Seed of the weights.
const SEED: u64 = 0x6d65_7472_6963;
/// Filters of all levels.
const COLUMNS: usize = 32 + 64 + 64;

/// Three levels of 3x3 convolutions of 32, 64 and 64 filters with ReLU, each followed by means of 2x2; a feature is the mean
/// of a filter over the image.
const NETWORK: &str = r#"
layers = [
    { class_name = "Input", shape = SHAPE },
    { class_name = "Conv2D", filters = 32, kernel_size = [3, 3], padding = "same", kernel_initializer = "HeNormal", activation = "relu" },
    { class_name = "AveragePooling2D", pool_size = 2, padding = "same", name = "level_1" },
    { class_name = "Conv2D", filters = 64, kernel_size = [3, 3], padding = "same", kernel_initializer = "HeNormal", activation = "relu" },
    { class_name = "AveragePooling2D", pool_size = 2, padding = "same", name = "level_2" },
    { class_name = "Conv2D", filters = 64, kernel_size = [3, 3], padding = "same", kernel_initializer = "HeNormal", activation = "relu" },
    { class_name = "AveragePooling2D", pool_size = 2, padding = "same", name = "level_3" },
]
outputs = ["level_1", "level_2", "level_3"]
"#;

/// A network that gives 160 features of each image (N, H, W, C): means of filters with fixed random weights at three levels.
/// They need no data and favour no kind of image.
///
/// # Source
/// Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative models", arXiv:2002.09797,
/// section 4.2, on random embeddings.
pub struct RandomFeatures {
    extractor: Extractor,
}

impl RandomFeatures {
    /// The network for images of these sizes, (height, width, channels).
    ///
    /// # Errors
    /// [`MetricError::Argument`] for samples that are no images; what compiling gives.
    pub fn new(sample: &[usize], backend: &dyn Backend) -> Result<RandomFeatures, MetricError> {
        let (model, text) = network("features", NETWORK, sample)?;
        let builder = Builder::new("features");
        let scope = Scope::root(&builder, "features", Mode::Infer);
        let sizes: Vec<usize> = [BATCH].iter().chain(sample).copied().collect();
        let x = builder.input("x", TensorType::f32(sizes));
        let levels: Vec<_> = model.build(&scope, &[x]).iter().map(|level| level.mean_axes(&[1, 2])).collect();
        builder.output("features", concat(&levels, 1));
        let parameters = scope.parameters();
        drop(scope);
        let extractor = Extractor::new(&builder.finish()?, &text, backend, |name| {
            let parameter = parameters.iter().find(|parameter| parameter.name == name);
            let parameter = parameter.ok_or_else(|| MetricError::argument(name, "expected a parameter, found none"))?;
            Ok(parameter.first_value(SEED)?)
        })?;
        Ok(RandomFeatures { extractor })
    }

    /// 160 features of each image.
    ///
    /// # Errors
    /// What computing gives.
    pub fn features(&mut self, samples: &Tensor, stop: Stop<'_>) -> Result<Matrix, MetricError> {
        self.extractor.rows(samples, "features", stop)
    }

    /// Stands for the network and its weights.
    pub fn digest(&self) -> &str {
        &self.extractor.digest
    }
}

/// The line of the table.
pub(super) struct Random;

impl Space for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn describe(&self) -> &'static str {
        "random convolutions"
    }

    fn fits(&self, data: &Facts) -> bool {
        data.is("images")
    }

    fn columns(&self, _: &Facts) -> usize {
        COLUMNS
    }

    fn features(&self, compared: &mut Comparison<'_>) -> Result<Features, MetricError> {
        let mut random = RandomFeatures::new(&compared.data.shape, compared.backend)?;
        let (digest, stop) = (random.digest().to_string(), compared.stop);
        Features::of(self.name(), &digest, compared.sides, |samples| random.features(samples, stop))
    }

    fn program_bytes(&self, data: &Facts, backend: &dyn Backend) -> Result<Taken, MetricError> {
        Ok(RandomFeatures::new(&data.shape, backend)?.extractor.bytes())
    }
}
