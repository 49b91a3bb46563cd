//! Features of fixed random convolutions.

use super::{BATCH, Extractor};
use crate::error::GanError;
use crate::metrics::Matrix;
use crate::spec::NetworkSpec;
use crate::step::first_value;
use ganymede_graph::{Builder, concat};
use ganymede_nn::{Layer, Mode, Model, ModelConfig, Scope};
use ganymede_runtime::Backend;
use ganymede_tensor::{Tensor, TensorType};

/// Seed of the weights.
const SEED: u64 = 0x6d65_7472_6963;

/// Three levels of 3x3 convolutions of 32, 64 and 64 filters with ReLU, each followed by means of 2x2; a feature is the mean
/// of a filter over the picture.
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

/// A network that gives 160 features of each picture (N, H, W, C): means of filters with fixed random weights at three levels.
/// They need no data and favour no kind of picture.
///
/// # Source
/// Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative models", arXiv:2002.09797,
/// section 4.2, on random embeddings.
pub struct RandomFeatures {
    extractor: Extractor,
}

impl RandomFeatures {
    /// The network for pictures of these sizes, (height, width, channels).
    ///
    /// # Errors
    /// [`GanError::Argument`] for samples that are no pictures; what compiling gives.
    pub fn new(sample: &[usize], backend: &dyn Backend) -> Result<RandomFeatures, GanError> {
        let refuse = |reason: String| GanError::Argument { what: "random features".into(), reason };
        let [height, width, channels] = *sample else {
            return Err(refuse(format!("expected pictures (height, width, channels), found {sample:?}")));
        };
        let text = NETWORK.replace("SHAPE", &format!("[{height}, {width}, {channels}]"));
        let network: NetworkSpec = toml::from_str(&text).map_err(|e| refuse(e.message().to_string()))?;
        let config = ModelConfig { layers: network.layers, outputs: network.outputs };
        let model = Model::from_config("features", &config)
            .map_err(|source| GanError::Model { network: "features".into(), source })?;
        let builder = Builder::new("features");
        let scope = Scope::root(&builder, "features", Mode::Infer);
        let x = builder.input("x", TensorType::f32([BATCH, height, width, channels]));
        let levels: Vec<_> = model.build(&scope, &[x]).iter().map(|level| level.mean_axes(&[1, 2])).collect();
        builder.output("features", concat(&levels, 1));
        let parameters = scope.parameters();
        drop(scope);
        let extractor = Extractor::new(&builder.finish()?, &text, backend, |name| {
            let parameter = parameters.iter().find(|parameter| parameter.name == name);
            first_value(parameter.ok_or_else(|| refuse(format!("expected a parameter {name}, found none")))?, SEED)
        })?;
        Ok(RandomFeatures { extractor })
    }

    /// 160 features of each picture.
    ///
    /// # Errors
    /// What computing gives.
    pub fn features(&mut self, samples: &Tensor) -> Result<Matrix, GanError> {
        self.extractor.rows(samples, "features")
    }

    /// Stands for the network and its weights.
    pub fn digest(&self) -> &str {
        self.extractor.digest()
    }
}
