//! A small classifier that learns the data's own labels: its features, its verdicts, its accuracy.

use super::{BATCH, Extractor};
use crate::checkpoint::{self, hex};
use crate::error::GanError;
use crate::metrics::Matrix;
use crate::spec::NetworkSpec;
use crate::step::first_value;
use ganymede_graph::{Builder, Expr};
use ganymede_nn::optimizers::{Adam, Update};
use ganymede_nn::{Layer, Mode, Model, ModelConfig, OptimizerConfig, Scope};
use ganymede_runtime::{Backend, StateLayout};
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorType, stream_of};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Seed of weights and order.
const SEED: u64 = 0x636c_6173_7369;
/// Updates, each on a batch of 64.
const STEPS: usize = 600;
/// Names of Adam's two states of each parameter.
const OPTIMIZER_GROUP: &str = "classifier/optimizer";

/// Strided 3x3 convolutions of 32 and 64 filters, 64 features, a logit a class.
const NETWORK: &str = r#"
layers = [
    { class_name = "Input", shape = SHAPE },
    { class_name = "Conv2D", filters = 32, kernel_size = [3, 3], strides = [2, 2], padding = "same", activation = "relu" },
    { class_name = "Conv2D", filters = 64, kernel_size = [3, 3], strides = [2, 2], padding = "same", activation = "relu" },
    { class_name = "Flatten" },
    { class_name = "Dense", units = 64, activation = "relu", name = "features" },
    { class_name = "Dense", units = CLASSES, name = "logits" },
]
outputs = ["logits", "features"]
"#;

/// Samples (N, H, W, C) in the network's range with a label each.
#[derive(Clone, Copy)]
pub struct Labelled<'a> {
    /// The samples.
    pub samples: &'a Tensor,
    /// Their labels.
    pub labels: &'a [u32],
}

/// A classifier that has learned.
pub struct Classifier {
    extractor: Extractor,
}

/// The network for pictures (height, width, channels) of so many classes, and its text.
fn network(sample: &[usize], classes: usize) -> Result<(Model, String), GanError> {
    let [height, width, channels] = *sample else {
        return Err(refuse(format!("expected pictures (height, width, channels), found {sample:?}")));
    };
    let text = NETWORK.replace("SHAPE", &format!("[{height}, {width}, {channels}]"));
    let text = text.replace("CLASSES", &classes.to_string());
    let network: NetworkSpec = toml::from_str(&text).map_err(|e| refuse(e.message().to_string()))?;
    let config = ModelConfig { layers: network.layers, outputs: network.outputs };
    let model = Model::from_config("classifier", &config)
        .map_err(|source| GanError::Model { network: "classifier".into(), source })?;
    Ok((model, text))
}

fn refuse(reason: String) -> GanError {
    GanError::Argument { what: "classifier".into(), reason }
}

impl Classifier {
    /// The classifier that was kept under a key in a folder, or what `learn` gives, which is then kept there. The key stands for
    /// what its weights depend on beside the network and its training. A file that is damaged, or of another network, counts
    /// as none; one that cannot be written is not missed.
    ///
    /// # Errors
    /// What learning and compiling give.
    pub fn kept(
        folder: Option<&Path>,
        key: &str,
        sample: &[usize],
        classes: usize,
        backend: &dyn Backend,
        learn: impl FnOnce() -> Result<Classifier, GanError>,
    ) -> Result<Classifier, GanError> {
        let Some(folder) = folder else { return learn() };
        let (model, text) = network(sample, classes)?;
        let whole = Sha256::digest(format!("{key} {SEED} {STEPS} {} {text}", env!("CARGO_PKG_VERSION")));
        let path = folder.join(format!("classifier-{}.safetensors", &hex(&whole)[..16]));
        if let Ok(weights) = checkpoint::read_tensors(&path)
            && let Ok(known) = Classifier::of(&model, &text, sample, backend, |name| weights.get(name).cloned())
        {
            return Ok(known);
        }
        let learned = learn()?;
        if std::fs::create_dir_all(folder).is_ok() {
            let _ = checkpoint::write_tensors(&path, learned.extractor.store.as_ref());
        }
        Ok(learned)
    }

    /// The classifier with these weights.
    fn of(
        model: &Model,
        text: &str,
        sample: &[usize],
        backend: &dyn Backend,
        mut weight: impl FnMut(&str) -> Option<Tensor>,
    ) -> Result<Classifier, GanError> {
        let builder = Builder::new("classify");
        let scope = Scope::root(&builder, "classifier", Mode::Infer);
        let sizes: Vec<usize> = [BATCH].iter().chain(sample).copied().collect();
        let outputs = model.build(&scope, &[builder.input("x", TensorType::f32(sizes))]);
        builder.output("logits", outputs[0]);
        builder.output("features", outputs[1]);
        drop(scope);
        let extractor = Extractor::new(&builder.finish()?, text, backend, |name| {
            weight(name).ok_or_else(|| refuse(format!("expected weights {name}, found none")))
        })?;
        Ok(Classifier { extractor })
    }

    /// Stands for the network and its weights.
    pub fn digest(&self) -> &str {
        self.extractor.digest()
    }

    /// Learns the labels of pictures in 600 updates of 64 by Adam at 0.001, the same every time.
    ///
    /// # Errors
    /// [`GanError::Argument`] for samples that are no pictures, or labels that are not theirs; what computing gives.
    pub fn learn(data: Labelled<'_>, classes: usize, backend: &dyn Backend) -> Result<Classifier, GanError> {
        let shape = data.samples.shape().clone();
        let [count, height, width, channels] = shape[..] else {
            return Err(refuse(format!("expected pictures (N, height, width, channels), found {shape}")));
        };
        let beyond = data.labels.iter().find(|&&label| label as usize >= classes);
        if count == 0 || data.labels.len() != count || classes < 2 || beyond.is_some() {
            let labels = data.labels.len();
            return Err(refuse(format!(
                "expected a label below {classes} for each of {count} pictures, found {labels}"
            )));
        }
        let (model, network) = network(&shape[1..], classes)?;
        let x_type = TensorType::f32([BATCH, height, width, channels]);

        let builder = Builder::new("learn");
        let scope = Scope::root(&builder, "classifier", Mode::Train);
        let x = builder.input("x", x_type.clone());
        let label = builder.input("label", TensorType::new(DType::I32, [BATCH]));
        let logits = model.build(&scope, &[x])[0];
        let loss = -(logits.log_softmax(1) * label.one_hot(classes)).sum_axes(&[1]).mean();
        let parameters = scope.parameters();
        let adam = OptimizerConfig::new(Adam::new());
        let slots = adam.slots();
        let value = |name: &str| {
            let shape = parameters.iter().find(|p| p.name == name).map(|p| p.shape.clone()).unwrap_or_default();
            builder.state(name, TensorType::f32(shape))
        };
        let values: Vec<Expr<'_>> = parameters.iter().map(|p| value(&p.name)).collect();
        let slot = |slot: &str, name: &str| format!("{OPTIMIZER_GROUP}/{slot}/{name}");
        let updates: Vec<Update<'_>> = parameters
            .iter()
            .zip(loss.grad(&values))
            .map(|(p, gradient)| Update {
                parameter: value(&p.name),
                gradient,
                slots: slots.iter().map(|s| builder.state(&slot(s, &p.name), gradient.ty())).collect(),
                constraint: None,
            })
            .collect();
        let updated = adam.apply(&|name| builder.scalar(name), &updates);
        for (parameter, new) in parameters.iter().zip(updated) {
            builder.assign(&parameter.name, new.parameter);
            for (s, value) in slots.iter().zip(new.slots) {
                builder.assign(&slot(s, &parameter.name), value);
            }
        }
        builder.output("loss", loss);
        drop(scope);
        let graph = builder.finish()?;
        let mut store = backend.store(&StateLayout::of_graph(&graph, "classifier"))?;
        for parameter in &parameters {
            store.write(&parameter.name, &first_value(parameter, SEED)?)?;
        }
        let mut program = backend.load(&graph, store.as_ref())?;
        let pixels = data.samples.as_f32().map_err(|e| refuse(e.to_string()))?;
        let size = pixels.len() / count;
        let mut rng = Rng::new(SEED, stream_of("metrics/classifier"));
        let mut order: Vec<usize> = Vec::new();
        for step in 0..STEPS {
            let mut rows = Vec::with_capacity(BATCH);
            while rows.len() < BATCH {
                if order.is_empty() {
                    order = rng.permutation(count);
                }
                rows.extend(order.pop());
            }
            let batch = rows.iter().flat_map(|&row| pixels[row * size..(row + 1) * size].iter().copied()).collect();
            let labels = rows.iter().map(|&row| data.labels[row] as i32).collect();
            let made = |e: ganymede_tensor::TensorError| refuse(e.to_string());
            program.write("x", &Tensor::from_f32(x_type.shape.clone(), batch).map_err(made)?)?;
            program.write("label", &Tensor::new([BATCH], Data::I32(labels)).map_err(made)?)?;
            for (name, number) in adam.scalars(step as u64) {
                program.write_scalar(name, number)?;
            }
            program.run(store.as_mut())?;
        }

        Classifier::of(&model, &network, &shape[1..], backend, |name| store.read(name).ok())
    }

    /// 64 features of each picture.
    ///
    /// # Errors
    /// What computing gives.
    pub fn features(&mut self, samples: &Tensor) -> Result<Matrix, GanError> {
        self.extractor.rows(samples, "features")
    }

    /// The class that it says of each picture.
    ///
    /// # Errors
    /// What computing gives.
    pub fn classify(&mut self, samples: &Tensor) -> Result<Vec<u32>, GanError> {
        let logits = self.extractor.rows(samples, "logits")?;
        let best = |row: &[f32]| {
            let largest = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
            largest.map_or(0, |(at, _)| at as u32)
        };
        Ok((0..logits.rows()).map(|at| best(logits.row(at))).collect())
    }

    /// 1 for each picture whose label it says, else 0: their mean is the accuracy.
    ///
    /// # Errors
    /// What computing gives.
    pub fn right(&mut self, data: Labelled<'_>) -> Result<Vec<f64>, GanError> {
        let said = self.classify(data.samples)?;
        Ok(said.iter().zip(data.labels).map(|(said, label)| f64::from(u8::from(said == label))).collect())
    }
}
