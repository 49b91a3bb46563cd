//! Specs as Python has them: JSON in, TOML kept. Not here: what they mean (`ganymede-gan`).

use crate::arrays::array;
use crate::errors::{raised, raised_data, refused};
use crate::json::{read, written};
use ganymede::data::{DataOptions, Dataset, Source};
use ganymede::gan::check::{DataFacts, Severity, check};
use ganymede::gan::spec::TrainSpec;
use ganymede::gan::{GanError, presets};
use numpy::PyArray1;
use pyo3::prelude::*;
use serde_json::Value;
use std::path::PathBuf;

/// The spec of TOML, and its data.
pub fn with_data(text: &str) -> Result<(TrainSpec, Dataset), GanError> {
    let spec = TrainSpec::from_toml(text)?;
    let data = Dataset::open(&Source::parse(&spec.data.source)?, &spec.data.options, &())?;
    Ok((spec, data))
}

/// The TOML of a spec's JSON: what is null is left out.
#[pyfunction]
pub fn spec_text(json: &str) -> PyResult<String> {
    let value: Value = read(json)?;
    toml::to_string(&without_nulls(value)).map_err(|error| refused(&error.to_string(), None))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(table) => {
            let kept = table.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        value => value,
    }
}

/// A finding: its severity, its rule, where, why, and what mends it.
type Found = (String, String, String, String, Vec<String>);

/// Everything that is wrong with a spec, which need not be complete: each finding, and the report as the command prints it. With data it
/// is compared with that.
#[pyfunction]
pub fn check_spec(py: Python<'_>, text: &str, reads_data: bool) -> PyResult<(Vec<Found>, String)> {
    py.detach(|| {
        let draft = TrainSpec::lenient(text)?;
        let facts = if reads_data {
            let (spec, data) = with_data(text)?;
            let rows = data.split(spec.data.options.holdout, spec.seed).train.len();
            Some(DataFacts { name: data.codec().source.clone(), ..DataFacts::of(data.codec(), rows) })
        } else {
            None
        };
        let report = check(&draft, facts.as_ref());
        let found = report.findings.iter().map(|finding| {
            let severity = match finding.severity {
                Severity::Error => "error",
                _ => "hint",
            };
            let fixes = finding.fixes.iter().map(|fix| fix.what.clone()).collect();
            (severity.to_string(), finding.rule.to_string(), finding.place.clone(), finding.reason.clone(), fixes)
        });
        Ok((found.collect(), report.to_string()))
    })
    .map_err(raised)
}

/// The spec (TOML) of a preset for data at a path, with the options of a table `data` as JSON; of the preset that fits best where none
/// is named.
#[pyfunction]
#[pyo3(signature = (preset, source, options, minutes))]
pub fn preset_spec(
    py: Python<'_>,
    preset: Option<String>,
    source: &str,
    options: &str,
    minutes: Option<f64>,
) -> PyResult<String> {
    let options = read(options)?;
    py.detach(|| {
        let data = Dataset::open(&Source::parse(source)?, &options, &())?;
        let training = match &preset {
            Some(name) => ganymede::gan::Training::preset(name, data)?,
            None => ganymede::gan::Training::chosen(minutes, None, data)?.0,
        };
        Ok(training.spec().to_toml())
    })
    .map_err(raised)
}

/// Names of the presets.
#[pyfunction]
pub fn preset_names() -> Vec<&'static str> {
    presets::PRESETS.iter().map(|entry| entry.name).collect()
}

/// Steps in which each sample to train on is seen once, in the mean.
pub fn epoch(spec: &TrainSpec, data: &Dataset) -> f64 {
    let samples = data.split(spec.data.options.holdout, spec.seed).train.len();
    samples as f64 / spec.train.images_per_step().max(1) as f64
}

/// Steps in which each sample of a spec's data is seen once, in the mean.
#[pyfunction]
pub fn steps_per_epoch(py: Python<'_>, text: &str) -> PyResult<f64> {
    py.detach(|| {
        let (spec, data) = with_data(text)?;
        Ok(epoch(&spec, &data))
    })
    .map_err(raised)
}

/// The JSON of a spec's file.
#[pyfunction]
pub fn spec_json(path: PathBuf) -> PyResult<String> {
    TrainSpec::load(&path).map_err(raised).and_then(|spec| written(&spec))
}

/// The JSON of a spec's text.
#[pyfunction]
pub fn spec_of_text(text: &str) -> PyResult<String> {
    TrainSpec::from_toml(text).map_err(raised).and_then(|spec| written(&spec))
}

/// All samples of data that comes along, as they are, and their classes.
#[pyfunction]
pub fn load_data<'py>(py: Python<'py>, name: &str) -> PyResult<(Bound<'py, PyAny>, Option<Bound<'py, PyAny>>)> {
    let data = py.detach(|| open(name)).map_err(raised)?;
    let rows: Vec<u32> = (0..data.len() as u32).collect();
    let samples = array(py, data.gather(&rows).map_err(raised_data)?)?;
    let labels =
        data.labels().map(|labels| PyArray1::from_vec(py, labels.iter().map(|&label| i64::from(label)).collect()));
    Ok((samples, labels.map(Bound::into_any)))
}

/// Names of the classes of data that comes along.
#[pyfunction]
pub fn data_classes(py: Python<'_>, name: &str) -> PyResult<Vec<String>> {
    Ok(py.detach(|| open(name)).map_err(raised)?.classes().to_vec())
}

fn open(name: &str) -> Result<Dataset, GanError> {
    Ok(Dataset::open(&Source::parse(name)?, &DataOptions::default(), &())?)
}
