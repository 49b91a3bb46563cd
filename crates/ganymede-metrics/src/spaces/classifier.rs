//! Space `classifier`: a small classifier that learns the data's own labels, its features and its verdicts. Not here: which samples
//! it learns from (`Others`).

use super::{BATCH, Extractor, Features, Space, network, program_bytes};
use crate::{Comparison, Facts, Matrix, MetricError, Set, Sizes, Stop, Taken};
use ganymede_graph::{Builder, Expr};
use ganymede_nn::optimizers::{Adam, Update};
use ganymede_nn::{Layer, Mode, Model, OptimizerConfig, Parameter, Scope};
use ganymede_runtime::{Backend, Program, StateLayout, Store};
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorError, TensorType, stream_of};
use std::collections::BTreeMap;

/// Seed of weights and order.
const SEED: u64 = 0x636c_6173_7369;
/// Updates, each on a batch of 64.
const STEPS: usize = 600;
/// Units of the layer that gives the features.
const COLUMNS: usize = 64;
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

/// A classifier that has learned.
pub struct Classifier {
    extractor: Extractor,
}

/// The network for images (height, width, channels) of so many classes, and its text.
fn network_of(sample: &[usize], classes: usize) -> Result<(Model, String), MetricError> {
    network("classifier", &NETWORK.replace("CLASSES", &classes.to_string()), sample)
}

fn refuse(reason: String) -> MetricError {
    MetricError::argument("classifier", reason)
}

fn misshapen(error: TensorError) -> MetricError {
    refuse(error.to_string())
}

/// A classifier while it learns.
struct Learner {
    program: Box<dyn Program>,
    store: Box<dyn Store>,
    adam: OptimizerConfig,
    x: TensorType,
}

impl Classifier {
    /// Name of its features.
    pub const NAME: &'static str = "classifier";

    /// The classifier of a comparison: the one that was kept, else it learns and is kept. States that are damaged, or of another
    /// network, count as none.
    ///
    /// # Errors
    /// [`MetricError::Missing`] where there is nothing to learn from; what learning and compiling give.
    pub(crate) fn known(compared: &Comparison<'_>) -> Result<Classifier, MetricError> {
        let (data, others) = (compared.data, compared.others);
        match data.classes {
            0 => return Err(MetricError::Missing("the data has no classes".into())),
            1 => return Err(MetricError::Missing("the data has one class alone".into())),
            _ => {}
        }
        let (model, text) = network_of(&data.shape, data.classes)?;
        let what = format!("{SEED} {STEPS} {text}");
        if let Some(states) = others.recall(&what)
            && let Ok(known) =
                Classifier::of(&model, &text, &data.shape, compared.backend, |name| states.get(name).cloned())
        {
            return Ok(known);
        }
        compared.tell("a classifier learns the data's classes", 0, 0);
        let learned = Classifier::learn(&others.learned()?, data.classes, compared.backend, compared.stop)?;
        others.keep(&what, &learned.states()?);
        Ok(learned)
    }

    /// The classifier with these weights.
    fn of(
        model: &Model,
        text: &str,
        sample: &[usize],
        backend: &dyn Backend,
        mut weight: impl FnMut(&str) -> Option<Tensor>,
    ) -> Result<Classifier, MetricError> {
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
        &self.extractor.digest
    }

    /// Its weights, by name.
    fn states(&self) -> Result<BTreeMap<String, Tensor>, MetricError> {
        let store = self.extractor.store.as_ref();
        let read = |name: &String| Ok((name.clone(), store.read(name)?));
        store.layout().entries.iter().map(|entry| read(&entry.name)).collect()
    }

    /// Learns the labels of images in 600 updates of 64 by Adam at 0.001, the same every time.
    ///
    /// # Errors
    /// [`MetricError::Argument`] for samples that are no images, or labels that are not theirs; what computing gives.
    pub fn learn(set: &Set, classes: usize, backend: &dyn Backend, stop: Stop<'_>) -> Result<Classifier, MetricError> {
        let (samples, labels) = (set.samples(), set.labels().unwrap_or_default());
        let (count, sample) = (set.len(), samples.shape().iter().skip(1).copied().collect::<Vec<usize>>());
        let beyond = labels.iter().find(|&&label| label as usize >= classes);
        if count == 0 || labels.len() != count || classes < 2 || beyond.is_some() {
            let found = beyond.map_or(labels.len().to_string(), |label| format!("the label {label}"));
            return Err(refuse(format!("expected a label below {classes} for each of {count} images, found {found}")));
        }
        let (model, text) = network_of(&sample, classes)?;
        let Learner { mut program, mut store, adam, x } = Learner::new(&model, &sample, classes, backend)?;
        let pixels = samples.as_f32().map_err(misshapen)?;
        let size = pixels.len() / count;
        let mut rng = Rng::new(SEED, stream_of("metrics/classifier"));
        let mut order: Vec<usize> = Vec::new();
        for step in 0..STEPS {
            stop.check()?;
            let mut rows = Vec::with_capacity(BATCH);
            while rows.len() < BATCH {
                if order.is_empty() {
                    order = rng.permutation(count);
                }
                rows.extend(order.pop());
            }
            let batch = rows.iter().flat_map(|&row| pixels[row * size..(row + 1) * size].iter().copied()).collect();
            let labels = rows.iter().map(|&row| labels[row] as i32).collect();
            program.write("x", &Tensor::from_f32(x.shape.clone(), batch).map_err(misshapen)?)?;
            program.write("label", &Tensor::new([BATCH], Data::I32(labels)).map_err(misshapen)?)?;
            for (name, number) in adam.scalars(step as u64) {
                program.write_scalar(name, number)?;
            }
            program.run(store.as_mut())?;
        }
        Classifier::of(&model, &text, &sample, backend, |name| store.read(name).ok())
    }

    /// 64 features of each image.
    ///
    /// # Errors
    /// What computing gives.
    pub fn features(&mut self, samples: &Tensor, stop: Stop<'_>) -> Result<Matrix, MetricError> {
        self.extractor.rows(samples, "features", stop)
    }

    /// The class that it says of each image.
    ///
    /// # Errors
    /// What computing gives.
    pub fn classify(&mut self, samples: &Tensor, stop: Stop<'_>) -> Result<Vec<u32>, MetricError> {
        let logits = self.extractor.rows(samples, "logits", stop)?;
        let best = |row: &[f32]| {
            let largest = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
            largest.map_or(0, |(at, _)| at as u32)
        };
        Ok((0..logits.rows()).map(|at| best(logits.row(at))).collect())
    }

    /// Whether it says the label of each image.
    ///
    /// # Errors
    /// [`MetricError::Argument`] for images without labels; what computing gives.
    pub fn right(&mut self, set: &Set, stop: Stop<'_>) -> Result<Vec<bool>, MetricError> {
        let labels = set.labels().ok_or_else(|| refuse("expected images with labels, found none".into()))?;
        let said = self.classify(set.samples(), stop)?;
        Ok(said.iter().zip(&labels).map(|(said, label)| said == label).collect())
    }
}

impl Learner {
    /// The program of an update, and first values.
    fn new(model: &Model, sample: &[usize], classes: usize, backend: &dyn Backend) -> Result<Learner, MetricError> {
        let sizes: Vec<usize> = [BATCH].iter().chain(sample).copied().collect();
        let x_type = TensorType::f32(sizes);
        let builder = Builder::new("learn");
        let scope = Scope::root(&builder, "classifier", Mode::Train);
        let x = builder.input("x", x_type.clone());
        let label = builder.input("label", TensorType::new(DType::I32, [BATCH]));
        let logits = model.build(&scope, &[x])[0];
        let loss = -(logits.log_softmax(1) * label.one_hot(classes)).sum_axes(&[1]).mean();
        let parameters: Vec<Parameter> = scope.parameters();
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
            store.write(&parameter.name, &parameter.first_value(SEED)?)?;
        }
        let program = backend.load(&graph, store.as_ref())?;
        Ok(Learner { program, store, adam, x: x_type })
    }
}

/// The line of the table.
pub(super) struct Learned;

impl Space for Learned {
    fn name(&self) -> &'static str {
        Classifier::NAME
    }

    fn describe(&self) -> &'static str {
        "a classifier"
    }

    fn fits(&self, data: &Facts) -> bool {
        data.is("images")
    }

    fn columns(&self, _: &Facts) -> usize {
        COLUMNS
    }

    fn features(&self, compared: &mut Comparison<'_>) -> Result<Features, MetricError> {
        let (sides, stop) = (compared.sides, compared.stop);
        let classifier = compared.classifier()?;
        let digest = classifier.digest().to_string();
        Features::of(self.name(), &digest, sides, |samples| classifier.features(samples, stop))
    }

    /// What it learns from.
    fn bytes(&self, data: &Facts, sizes: &Sizes) -> u64 {
        (sizes.learned * (data.elements() + 1) * size_of::<f32>()) as u64
    }

    /// Its program of an update.
    fn program_bytes(&self, data: &Facts, backend: &dyn Backend) -> Result<Taken, MetricError> {
        if data.classes < 2 {
            return Ok(Taken::default());
        }
        let (model, _) = network_of(&data.shape, data.classes)?;
        let learner = Learner::new(&model, &data.shape, data.classes, backend)?;
        Ok(program_bytes(learner.program.as_ref(), learner.store.as_ref()))
    }
}
