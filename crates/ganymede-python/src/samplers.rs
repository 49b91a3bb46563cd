//! The generator of a run. Not here: one that is being trained (`session.rs`).

use crate::arrays::{array, named, tensor};
use crate::errors::{raised, raised_data, refused};
use crate::process::{Home, cpu};
use ganymede::data::{Codec, class_number};
use ganymede::gan::spec::DataSpec;
use ganymede::gan::{
    EvaluateOptions, GanError, Labels, Machine, Sampler as Engine, SamplerOptions, checkpoint, evaluate, open_beside,
    open_run_data, run_dir,
};
use ganymede::tensor::DType;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

/// How the samples of a run become files.
#[pyclass(frozen)]
pub struct Form {
    codec: Codec,
}

#[pymethods]
impl Form {
    /// That of a run.
    #[new]
    fn new(run: PathBuf) -> PyResult<Form> {
        Ok(Form { codec: run_dir::read_codec(&run).map_err(raised)? })
    }

    /// Names of the classes.
    fn classes(&self) -> Vec<String> {
        self.codec.classes().to_vec()
    }

    /// The number of a class by its name or number.
    fn class_number(&self, text: &str) -> PyResult<u32> {
        class_number(self.codec.classes(), text).map_err(|reason| refused(&format!("class: {reason}"), None))
    }

    /// Sizes of a sample.
    fn shape(&self) -> Vec<usize> {
        self.codec.shape().to_vec()
    }

    /// Type of a raw value.
    fn element(&self) -> &'static str {
        match self.codec.dtype() {
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::I32 => "int32",
            _ => "float32",
        }
    }

    /// Writes a picture of samples in the networks' range.
    fn write_grid(&self, path: PathBuf, samples: Bound<'_, PyAny>, columns: usize) -> PyResult<()> {
        self.codec.write_grid(&path, &tensor(&samples)?, columns).map_err(raised_data)
    }

    /// Samples in the networks' range as the data has them: bytes of images, units of points.
    fn in_units<'py>(&self, py: Python<'py>, samples: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        array(py, self.codec.in_units(&tensor(&samples)?).map_err(raised_data)?)
    }
}

/// The generator of a run's checkpoint.
#[pyclass(frozen)]
pub struct Sampler {
    sampler: Mutex<Engine>,
    checkpoint: PathBuf,
    home: Home,
}

#[pymethods]
impl Sampler {
    /// Of a run: the newest checkpoint or that of a step, the averaged weights or the last, latents within some deviations.
    #[new]
    #[pyo3(signature = (run, step, last_weights, truncation))]
    fn new(
        py: Python<'_>,
        run: PathBuf,
        step: Option<u64>,
        last_weights: bool,
        truncation: Option<f64>,
    ) -> PyResult<Sampler> {
        py.detach(|| {
            let spec = run_dir::read_spec(&run)?;
            let machine = Machine::new(cpu(), spec.train.numerics)?;
            let options = SamplerOptions { step, last_weights, truncation, ..SamplerOptions::default() };
            let (sampler, _, checkpoint) =
                Engine::open(&run, options, &machine.backend).map_err(|error| machine.explain(error))?;
            Ok(Sampler { sampler: Mutex::new(sampler), checkpoint, home: Home::here() })
        })
        .map_err(raised)
    }

    /// The checkpoint's folder.
    fn checkpoint(&self) -> String {
        self.checkpoint.display().to_string()
    }

    /// How many classes samples can be asked for; 0 where it takes none.
    fn classes(&self) -> u64 {
        self.lock().classes()
    }

    /// One sample for each seed, of these classes.
    #[pyo3(signature = (first, count, labels))]
    fn draw<'py>(
        &self,
        py: Python<'py>,
        first: u64,
        count: u64,
        labels: Option<Vec<u32>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.home.check()?;
        let seeds = first..first.saturating_add(count);
        let labels = labels.as_deref().map_or(Labels::InTurn, Labels::Each);
        let made = py.detach(|| self.lock().draw(seeds, labels)).map_err(raised)?;
        array(py, made)
    }

    /// The latents of seeds.
    fn latents<'py>(&self, py: Python<'py>, first: u64, count: u64) -> PyResult<Bound<'py, PyAny>> {
        self.home.check()?;
        let made = py.detach(|| self.lock().latents(first..first.saturating_add(count))).map_err(raised)?;
        array(py, made)
    }

    /// Samples of latents.
    fn generate<'py>(
        &self,
        py: Python<'py>,
        latents: Bound<'py, PyAny>,
        given: BTreeMap<String, Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.home.check()?;
        let (latents, given) = (tensor(&latents)?, named(&given)?);
        let made = py.detach(|| self.lock().generate(&latents, &given)).map_err(raised)?;
        array(py, made)
    }
}

impl Sampler {
    fn lock(&self) -> std::sync::MutexGuard<'_, Engine> {
        self.sampler.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The weights of a network of a run's checkpoint by their names: the newest, or that of a step.
#[pyfunction]
#[pyo3(signature = (run, step, network))]
pub fn run_weights<'py>(
    py: Python<'py>,
    run: PathBuf,
    step: Option<u64>,
    network: &str,
) -> PyResult<BTreeMap<String, Bound<'py, PyAny>>> {
    let file = format!("{network}.safetensors");
    let read = || checkpoint::read_tensors(&checkpoint::find(&run, step)?.join(file));
    let tensors = py.detach(read).map_err(raised)?;
    tensors.into_iter().map(|(name, value)| Ok((name, array(py, value)?))).collect()
}

/// Compares the samples of a run with its data, or with other data of a path: all scores as JSON, and what could not be computed.
#[pyfunction]
#[pyo3(signature = (run, other, samples, metrics))]
pub fn evaluate_run(
    py: Python<'_>,
    run: PathBuf,
    other: Option<&str>,
    samples: Option<usize>,
    metrics: Option<Vec<String>>,
) -> PyResult<(String, Vec<String>)> {
    py.detach(|| {
        let spec = run_dir::read_spec(&run)?;
        let data = match other {
            Some(source) => open_beside(&run, &DataSpec { source: source.into(), ..spec.data.clone() }, &())?,
            None => open_run_data(&run, &spec.data, &())?,
        };
        let machine = Machine::new(cpu(), spec.train.numerics)?;
        let whole = other.is_some();
        let options = EvaluateOptions { samples, metrics, whole, baselines: true, ..EvaluateOptions::default() };
        let found = evaluate(&run, &options, &data, &machine.backend, &AtomicBool::new(false))?;
        let text = serde_json::to_string(&found.scores);
        let text = text.map_err(|error| GanError::Argument { what: "scores".into(), reason: error.to_string() })?;
        Ok((text, found.left_out))
    })
    .map_err(raised)
}

/// The folder of a run's newest checkpoint.
#[pyfunction]
pub fn newest_checkpoint(run: PathBuf) -> PyResult<String> {
    checkpoint::find(&run, None).map(|path| path.display().to_string()).map_err(raised)
}
