//! One network: what it takes and gives, its weights, and running it on arrays. Not here: training it (`session.rs`).

use crate::arrays::{array, arrays, tensors};
use crate::errors::{raised, refused};
use crate::process::{Home, cpu};
use ganymede::gan::GanError;
use ganymede::graph::Builder;
use ganymede::nn::{Layer, Mode, Model, ModelConfig, Parameter, Scope};
use ganymede::runtime::{Backend, CpuBackend, Program, StateLayout, Store};
use ganymede::tensor::{Tensor, TensorType};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Samples of one run at the most.
const MOST: usize = 64;

/// Sizes and type of what a network takes or gives, without the batch.
pub type Kind = (Vec<usize>, String);

/// A network of layers.
#[pyclass(frozen)]
pub struct Network {
    model: Model,
    parameters: Vec<Parameter>,
    inputs: Vec<TensorType>,
    outputs: Vec<TensorType>,
    running: Mutex<Option<Running>>,
    home: Home,
}

/// What it runs with.
struct Running {
    backend: CpuBackend,
    store: Box<dyn Store>,
    /// A program for each size of a batch.
    programs: BTreeMap<usize, Box<dyn Program>>,
}

/// What the JSON of a network's layers says.
pub fn config(name: &str, json: &str) -> PyResult<ModelConfig> {
    serde_json::from_str(json).map_err(|error| refused(&format!("network `{name}`: {error}"), None))
}

/// The model of the JSON of its layers.
pub fn model(name: &str, json: &str) -> PyResult<Model> {
    Model::from_config(name, &config(name, json)?)
        .map_err(|source| raised(GanError::Model { network: name.into(), source }))
}

/// What is built of a model for a batch: its outputs, and what its parameters are.
fn built(model: &Model, batch: usize) -> Result<(Vec<TensorType>, Vec<Parameter>, ganymede::graph::Graph), GanError> {
    let builder = Builder::new("network");
    let scope = Scope::root(&builder, model.name(), Mode::Infer);
    let types = model.input_types(batch);
    let inputs: Vec<_> = types.iter().enumerate().map(|(at, ty)| builder.input(&at.to_string(), ty.clone())).collect();
    let outputs = model.build(&scope, &inputs);
    let made: Vec<TensorType> = outputs.iter().map(|output| output.ty()).collect();
    outputs.iter().enumerate().for_each(|(at, output)| builder.output(&at.to_string(), *output));
    let parameters = scope.parameters();
    drop(scope);
    Ok((made, parameters, builder.finish()?))
}

fn kind(ty: &TensorType) -> Kind {
    (
        ty.shape.iter().skip(1).copied().collect(),
        if ty.dtype == ganymede::tensor::DType::I32 { "int32" } else { "float32" }.into(),
    )
}

#[pymethods]
impl Network {
    /// The network of a name and the JSON of its layers.
    #[new]
    fn new(name: &str, config: &str) -> PyResult<Network> {
        let model = model(name, config)?;
        let inputs = model.input_types(MOST);
        let (outputs, parameters, _) = built(&model, MOST).map_err(raised)?;
        Ok(Network { model, parameters, inputs, outputs, running: Mutex::new(None), home: Home::here() })
    }

    /// Sizes and type of each input, without the batch.
    fn inputs(&self) -> Vec<Kind> {
        self.inputs.iter().map(kind).collect()
    }

    /// Sizes and type of each output, without the batch.
    fn outputs(&self) -> Vec<Kind> {
        self.outputs.iter().map(kind).collect()
    }

    /// Name, sizes, and whether it is trained, of each weight in Keras's order.
    fn parameters(&self) -> Vec<(String, Vec<usize>, bool)> {
        let path = |name: &str| name.split_once('/').map_or(name, |(_, rest)| rest).to_string();
        self.parameters.iter().map(|p| (path(&p.name), p.shape.to_vec(), p.trainable)).collect()
    }

    /// The printed form, for a batch.
    fn summary(&self, batch: usize) -> PyResult<String> {
        Ok(self.model.summary(batch).map_err(|errors| raised(errors.into()))?.to_string())
    }

    /// What its weights are before any training with this seed.
    fn initial<'py>(&self, py: Python<'py>, seed: u64) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let value = |p: &Parameter| array(py, p.first_value(seed).map_err(|error| raised(error.into()))?);
        self.parameters.iter().map(value).collect()
    }

    /// What it gives for arrays with these weights: a sample depends on no other.
    fn run<'py>(
        &self,
        py: Python<'py>,
        weights: Vec<Bound<'py, PyAny>>,
        inputs: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.home.check()?;
        let (weights, inputs) = (tensors(&weights)?, tensors(&inputs)?);
        let made = py.detach(|| self.apply(&weights, &inputs)).map_err(raised)?;
        arrays(py, made)
    }
}

impl Network {
    fn apply(&self, weights: &[Tensor], inputs: &[Tensor]) -> Result<Vec<Tensor>, GanError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match &mut *running {
            Some(running) => running,
            empty => empty.insert(self.start()?),
        };
        for (parameter, value) in self.parameters.iter().zip(weights) {
            running.store.write(&parameter.name, value)?;
        }
        let count = inputs.first().map_or(0, |input| input.shape()[0]);
        let mut made: Vec<Vec<f32>> = vec![Vec::new(); self.outputs.len()];
        for first in (0..count).step_by(MOST) {
            let rows = (count - first).min(MOST);
            let batch = rows.next_power_of_two();
            if !running.programs.contains_key(&batch) {
                let (_, _, graph) = built(&self.model, batch)?;
                let program = running.backend.load(&graph, running.store.as_ref())?;
                running.programs.insert(batch, program);
            }
            let Some(program) = running.programs.get_mut(&batch) else { continue };
            for (at, input) in inputs.iter().enumerate() {
                let mut bytes = input.rows(first..first + rows).to_le_bytes();
                bytes.resize(bytes.len() / rows * batch, 0);
                program.write_bytes(&at.to_string(), &bytes)?;
            }
            program.run(running.store.as_mut())?;
            for (at, values) in made.iter_mut().enumerate() {
                let output = program.read(&at.to_string())?;
                let output = output.rows(0..rows);
                values.extend_from_slice(output.as_f32()?);
            }
        }
        let shaped = |(ty, values): (&TensorType, Vec<f32>)| {
            let shape: Vec<usize> = std::iter::once(count).chain(ty.shape.iter().skip(1).copied()).collect();
            Ok(Tensor::from_f32(shape, values)?)
        };
        self.outputs.iter().zip(made).map(shaped).collect()
    }

    fn start(&self) -> Result<Running, GanError> {
        let backend = CpuBackend::new(cpu())?;
        let (_, _, graph) = built(&self.model, 1)?;
        let store = backend.store(&StateLayout::of_graph(&graph, self.model.name()))?;
        Ok(Running { backend, store, programs: BTreeMap::new() })
    }
}

/// Sizes and types of what a model gives, without the batch.
pub fn outputs_of(model: &Model) -> PyResult<Vec<Kind>> {
    let (outputs, _, _) = built(model, MOST).map_err(raised)?;
    Ok(outputs.iter().map(kind).collect())
}

/// What does not fit together in a configuration, in a sentence with what to do; none where all does.
pub fn fault_of(name: &str, config: &ModelConfig) -> Option<String> {
    let error = match Model::from_config(name, config) {
        Ok(model) => built(&model, MOST).err()?,
        Err(source) => GanError::Model { network: name.into(), source },
    };
    Some(match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    })
}
