//! The module in the making: which layer becomes what under which name. Not here: what a layer becomes (`layers.rs`), the text
//! (`source.rs`).

use super::layers;
use crate::error::InteropError;
use crate::trained::Trained;
use ganymede_gan::GanError;
use ganymede_graph::ops::Op;
use ganymede_graph::{Array, Builder, Graph};
use ganymede_nn::layers::Inputs;
use ganymede_nn::{Layer, LayerConfig, Mode, Model, ModelConfig, Scope};
use ganymede_tensor::{Data, Tensor};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A module in the making.
pub(super) struct Module {
    /// Arguments of `forward`, with what they are.
    pub inputs: Vec<(String, String)>,
    /// Lines of `__init__`.
    pub init: Vec<String>,
    /// Lines of `forward`.
    pub forward: Vec<String>,
    /// The expression that `forward` returns.
    pub result: String,
    weights: Vec<(String, Tensor)>,
}

/// A tensor in `forward`: an expression, and its sizes in the order of the engine.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// The variable.
    pub name: String,
    /// Sizes without the batch; more than one axis stand channels first in torch.
    pub sizes: Vec<usize>,
}

/// A layer to be written.
pub(super) struct Given<'a> {
    /// Its name in torch.
    pub name: String,
    /// Its configuration, without defaults.
    pub config: &'a LayerConfig,
    /// What it takes.
    pub inputs: Vec<Variable>,
    /// Sizes of what it gives.
    pub output: Vec<usize>,
    /// Its nodes, where it has a convolution.
    graph: &'a Graph,
    /// Its path in the graph and in the names of its weights.
    path: String,
    weights: &'a BTreeMap<String, Tensor>,
}

/// What a layer becomes.
#[derive(Default)]
pub(super) struct Written {
    /// Parts of `__init__`: the name behind that of the layer (empty for the layer itself), and the expression.
    pub parts: Vec<(&'static str, String)>,
    /// Weights: names behind that of the layer, such as `.weight`.
    pub weights: Vec<(String, Tensor)>,
    /// The expression of its result.
    pub forward: String,
}

impl Module {
    /// The module of a network of a run.
    ///
    /// # Errors
    /// [`InteropError::Layer`] for one that torch has no words for.
    pub fn of(trained: &Trained, network: &str) -> Result<Module, InteropError> {
        let name = trained.spec.generator();
        let spec = trained.spec.networks.get(name).ok_or_else(|| {
            let reason = format!("expected a network `{name}` in the spec, found none");
            GanError::Run { path: trained.run.clone(), reason }
        })?;
        let config = ModelConfig { layers: spec.layers.clone(), outputs: spec.outputs.clone() };
        let failed = |source| GanError::Model { network: name.into(), source };
        let model = Model::from_config(network, &config).map_err(failed)?;
        let weights = trained.weights(network)?;
        let graph = traced(&model)?;
        let summary = model.summary(1).map_err(GanError::Build)?;
        let sizes: HashMap<&str, Vec<usize>> = summary
            .rows
            .iter()
            .filter_map(|row| Some((row.name.as_str(), row.outputs.first()?.shape[1..].to_vec())))
            .collect();
        let mut module = Module {
            inputs: Vec::new(),
            init: Vec::new(),
            forward: Vec::new(),
            result: String::new(),
            weights: Vec::new(),
        };
        let mut made: HashMap<String, Variable> = HashMap::new();
        let mut taken: HashSet<String> = HashSet::new();
        let mut last: Option<String> = None;
        let conditions = trained.spec.conditions_of(name);
        let whole = model.to_config();
        for layer in &whole.layers {
            let called = layer.name.clone().unwrap_or_default();
            let refuse =
                |reason: String| InteropError::Layer { layer: called.clone(), class: layer.class_name.clone(), reason };
            if matches!(layer.class_name.as_str(), "Input" | "InputLayer") {
                let at = module.inputs.len();
                let field = at.checked_sub(1).and_then(|further| conditions.get(further)?.clone());
                let wanted = if at == 0 { "z".into() } else { field.unwrap_or_else(|| called.clone()) };
                let name = identifier(&wanted, &mut taken);
                let shape = model.inputs().nth(at).map(|input| input.shape.clone()).unwrap_or_default();
                if shape.len() > 1 {
                    return Err(refuse(format!("expected an input of one axis, found {shape:?}")));
                }
                let list: String = shape.iter().map(|size| format!(", {size}")).collect();
                module.inputs.push((name.clone(), format!("(N{list})")));
                made.insert(called.clone(), Variable { name, sizes: shape });
                last = Some(called);
                continue;
            }
            let names = match &layer.inputs {
                None => last.clone().into_iter().collect(),
                Some(Inputs::Once(names)) => names.clone(),
                Some(Inputs::Shared(_)) => {
                    return Err(refuse("expected a layer that is used once, found one of several uses".into()));
                }
            };
            let find = |name: &String| made.get(name).or_else(|| made.get(name.split(':').next().unwrap_or(name)));
            let inputs: Vec<Variable> = names.iter().filter_map(find).cloned().collect();
            if inputs.len() != names.len() || inputs.is_empty() {
                return Err(refuse(format!("expected the layers {}, found not all of them", names.join(", "))));
            }
            let output = sizes.get(called.as_str()).cloned().unwrap_or_default();
            let name = identifier(&called, &mut taken);
            let path = format!("{network}/{called}");
            let given =
                Given { name: name.clone(), config: layer, inputs, output, graph: &graph, path, weights: &weights };
            let written = layers::write(&given)?;
            module.take(&name, written);
            made.insert(called.clone(), Variable { name, sizes: given.output });
            last = Some(called);
        }
        let output = model.output_names().first().map(|name| name.to_string()).or(last).unwrap_or_default();
        module.result = made.get(&output).map(|tensor| tensor.name.clone()).unwrap_or_default();
        Ok(module)
    }

    fn take(&mut self, name: &str, written: Written) {
        let part = |part: &str| if part.is_empty() { name.to_string() } else { format!("{name}_{part}") };
        self.init.extend(written.parts.iter().map(|(suffix, made)| format!("self.{} = {made}", part(suffix))));
        self.weights.extend(written.weights.into_iter().map(|(suffix, tensor)| (format!("{name}{suffix}"), tensor)));
        self.forward.push(format!("{name} = {}", written.forward));
    }

    /// Its weights by their names in torch.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.weights.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}

/// The graph of a model for one sample.
fn traced(model: &Model) -> Result<Graph, InteropError> {
    let builder = Builder::new("module");
    let scope = Scope::root(&builder, model.name(), Mode::Infer);
    let types = model.input_types(1).into_iter().enumerate();
    let inputs: Vec<_> = types.map(|(at, ty)| builder.input(&format!("input{at}"), ty)).collect();
    for (at, output) in model.build(&scope, &inputs).into_iter().enumerate() {
        builder.output(&at.to_string(), output);
    }
    drop(scope);
    builder.finish().map_err(|errors| GanError::Build(errors).into())
}

/// A name that Python takes and that is not taken.
fn identifier(wanted: &str, taken: &mut HashSet<String>) -> String {
    const KEPT: &[&str] = &[
        "self",
        "torch",
        "nn",
        "F",
        "forward",
        "train",
        "eval",
        "lambda",
        "class",
        "def",
        "return",
        "in",
        "is",
        "not",
        "and",
        "or",
        "if",
        "else",
        "for",
        "while",
        "from",
        "import",
        "as",
        "with",
        "pass",
        "None",
        "True",
        "False",
        "type",
        "float",
        "double",
        "half",
        "to",
        "cpu",
        "cuda",
        "apply",
        "parameters",
        "modules",
        "children",
        "buffers",
        "training",
    ];
    let plain: String =
        wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let start = !plain.starts_with(|c: char| c.is_ascii_alphabetic()) || KEPT.contains(&plain.as_str());
    let plain = if start { format!("layer_{plain}") } else { plain };
    let numbered = |n: usize| if n == 1 { plain.clone() } else { format!("{plain}_{n}") };
    let name = (1..).map(numbered).find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(name.clone());
    name
}

impl Given<'_> {
    /// An error about it.
    pub fn refuse(&self, reason: impl Into<String>) -> InteropError {
        let (layer, class) = (self.config.name.clone().unwrap_or_default(), self.config.class_name.clone());
        InteropError::Layer { layer, class, reason: reason.into() }
    }

    /// Its first input.
    pub fn x(&self) -> &Variable {
        &self.inputs[0]
    }

    /// An argument that is a number.
    pub fn number(&self, name: &str, default: f64) -> f64 {
        self.config.arguments.get(name).and_then(Value::as_f64).unwrap_or(default)
    }

    /// An argument that is true or false.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.config.arguments.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    /// An argument that is a word.
    pub fn word(&self, name: &str, default: &str) -> String {
        self.config.arguments.get(name).and_then(Value::as_str).unwrap_or(default).into()
    }

    /// An argument that is a list of numbers, one for each of so many axes.
    pub fn list(&self, name: &str, default: &[i64]) -> Vec<i64> {
        match self.config.arguments.get(name) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_i64).collect(),
            Some(one) => one.as_i64().map_or_else(|| default.to_vec(), |one| vec![one; default.len()]),
            None => default.to_vec(),
        }
    }

    /// A weight of the layer.
    ///
    /// # Errors
    /// When the checkpoint has none of this name.
    pub fn weight(&self, name: &str) -> Result<Tensor, InteropError> {
        let full = format!("{}/{name}", self.path);
        let found = self.weights.get(&full).cloned();
        found.ok_or_else(|| self.refuse(format!("expected the weight `{full}` in the checkpoint, found none")))
    }

    /// A weight with its axes in another order.
    ///
    /// # Errors
    /// As [`Given::weight`].
    pub fn weight_as(&self, name: &str, order: &[usize]) -> Result<Tensor, InteropError> {
        let weight = self.weight(name)?;
        let turned = crate::axes::permuted(&Array::from(&weight), order);
        let values = turned.data.iter().map(|&value| value as f32).collect();
        Tensor::new(turned.ty.shape, Data::F32(values)).map_err(|error| self.refuse(error.to_string()))
    }

    /// The primitive of a kind among its nodes.
    pub fn primitive<T>(&self, of: impl Fn(&Op) -> Option<T>) -> Option<T> {
        let below =
            |scope: &str| scope.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let ids = self.graph.ids().filter(|&id| below(self.graph.scope(id)));
        ids.filter_map(|id| of(&self.graph.node(id).op)).next()
    }
}
