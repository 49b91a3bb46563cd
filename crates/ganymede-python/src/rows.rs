//! Rows of a table from a run. Not here: frames, which are Python (`ganymede/tabular.py`).

use crate::errors::{raised, refused};
use crate::json::{read, written};
use crate::process::cpu;
use ganymede::data::{DataOptions, Dataset, RowLines, Source};
use ganymede::gan::presets::ask_of_data;
use ganymede::gan::{
    GanError, Machine, RealRows, RowOptions, RowsAsked, Sampler, SamplerOptions, open_run_data, run_dir, sample_rows,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::{Path, PathBuf};

/// A table of a run as bytes: `count` rows from the seed `first` on, which are as `wishes` say (`income=>50K`), each value of the target
/// as often as the others with `balanced`, each chosen among `select` candidates, none a copy of a row that was trained on.
#[pyfunction]
#[pyo3(signature = (run, first, count, wishes, balanced, select, no_copies))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub fn sample_table<'py>(
    py: Python<'py>,
    run: PathBuf,
    first: u64,
    count: u64,
    wishes: Vec<String>,
    balanced: bool,
    select: Option<u32>,
    no_copies: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    if count == 0 {
        return Err(refused("sample: expected at least 1 row, found 0", None));
    }
    let seeds = first..=first.saturating_add(count - 1);
    let made = py.detach(|| -> Result<Vec<u8>, GanError> {
        let spec = run_dir::read_spec(&run)?;
        let machine = Machine::new(cpu(), spec.train.numerics)?;
        let (mut sampler, codec, _) = Sampler::open(&run, SamplerOptions::default(), &machine.backend)?;
        let table = lines(&run, codec.modality().lines())?;
        let (class, filter) = table.asked(&wishes)?;
        let options = RowOptions { asked: RowsAsked { class, balanced, filter }, select, no_copies };
        let real = match options.needs_data() {
            true => Some(RealRows::read(&spec, &open_run_data(&run, &spec.data, &())?, table)?),
            false => None,
        };
        let mut bytes = Vec::new();
        table.begin(&mut bytes);
        sample_rows((&mut sampler, table), &options, real.as_ref(), &seeds, |cells, number| {
            table.write(cells, number, &mut bytes).map_err(GanError::from)
        })?;
        table.end(&mut bytes);
        Ok(bytes)
    });
    Ok(PyBytes::new(py, &made.map_err(raised)?))
}

fn lines<'a>(run: &Path, table: Option<&'a dyn RowLines>) -> Result<&'a dyn RowLines, GanError> {
    let reason = || "expected the run of a table, found one of other samples".into();
    table.ok_or_else(|| GanError::Run { path: run.into(), reason: reason() })
}

/// What each column of a table was taken for, and why: name, kind, reason.
#[pyfunction]
pub fn table_columns(py: Python<'_>, source: &str, options: &str) -> PyResult<Vec<(String, String, String)>> {
    let options: DataOptions = read(options)?;
    let data = py
        .detach(|| -> Result<_, GanError> { Ok(Dataset::open(&Source::parse(source)?, &options, &())?) })
        .map_err(raised)?;
    let columns = data.report().columns.iter();
    Ok(columns.map(|column| (column.name.clone(), column.kind.clone(), column.reason.clone())).collect())
}

/// Rows of a table.
#[pyfunction]
pub fn row_count(py: Python<'_>, source: &str) -> PyResult<usize> {
    py.detach(|| -> Result<_, GanError> {
        Ok(Dataset::open(&Source::parse(source)?, &DataOptions::default(), &())?.len())
    })
    .map_err(raised)
}

/// Options of data with what a preset asks of them, where nothing else is said.
#[pyfunction]
pub fn data_options(preset: &str, options: &str) -> PyResult<String> {
    let mut options: DataOptions = read(options)?;
    ask_of_data(preset, &mut options);
    written(&options)
}
