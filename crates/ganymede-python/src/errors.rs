//! Errors of the engine as Python exceptions. Not here: the classes, which are Python (`ganymede/errors.py`).

use ganymede::data::DataError;
use ganymede::gan::GanError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The class of `ganymede.errors` that an error is.
fn class(error: &GanError) -> &'static str {
    match error {
        GanError::InFile { source, .. } => class(source),
        GanError::Io { .. } | GanError::Data(DataError::Io { .. }) => "FileError",
        GanError::Data(_) | GanError::DataMoved { .. } | GanError::DataChanged { .. } => "DataError",
        GanError::Memory { .. } => "NotEnoughMemory",
        GanError::NonFinite { .. } | GanError::Diverged { .. } | GanError::Runaway { .. } => "DivergedError",
        GanError::Locked { .. } => "RunLockedError",
        GanError::Run { .. }
        | GanError::NoCheckpoint { .. }
        | GanError::Damaged { .. }
        | GanError::Misfit { .. }
        | GanError::Changed { .. }
        | GanError::Failed { .. }
        | GanError::Passed { .. }
        | GanError::Log { .. }
        | GanError::Verify { .. } => "RunError",
        GanError::Runtime(_) | GanError::Interrupted => "Error",
        _ => "SpecError",
    }
}

/// The system's number of an error of files.
fn errno(error: &GanError) -> Option<i32> {
    match error {
        GanError::Io { source, .. } | GanError::Data(DataError::Io { source, .. }) => source.raw_os_error(),
        _ => None,
    }
}

/// Where a training that broke off stands: the step, and the newest checkpoint.
fn place(error: &GanError) -> (Option<u64>, Option<String>) {
    match error {
        GanError::NonFinite { step, checkpoint, .. } | GanError::Runaway { step, checkpoint, .. } => {
            (Some(*step), Some(checkpoint.display().to_string()))
        }
        GanError::Diverged { step, .. } => (Some(*step), None),
        _ => (None, None),
    }
}

/// The exception of an error, with what to do about it as a note.
pub fn raised(error: GanError) -> PyErr {
    let (step, checkpoint) = place(&error);
    made(class(&error), &error.to_string(), error.hint(), errno(&error), step, checkpoint)
}

/// The exception of an error of data.
pub fn raised_data(error: DataError) -> PyErr {
    raised(GanError::Data(error))
}

/// An exception of what a network or an object of a spec is, with what to do about it.
pub fn refused(text: &str, hint: Option<String>) -> PyErr {
    made("SpecError", text, hint, None, None, None)
}

fn made(
    class: &str,
    text: &str,
    hint: Option<String>,
    errno: Option<i32>,
    step: Option<u64>,
    checkpoint: Option<String>,
) -> PyErr {
    Python::attach(|py| {
        let exception = py
            .import("ganymede.errors")
            .and_then(|module| module.getattr("made"))
            .and_then(|made| made.call1((class, text, hint, errno, step, checkpoint)));
        match exception {
            Ok(exception) => PyErr::from_value(exception),
            Err(_) => PyRuntimeError::new_err(text.to_string()),
        }
    })
}
