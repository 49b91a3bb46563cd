//! The process that an object belongs to, and the threads that it computes with. Not here: computing.

use ganymede::runtime::CpuOptions;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads that were asked for; 0 where none were.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// What is computed with, as far as the process says it.
pub fn cpu() -> CpuOptions {
    let default = CpuOptions::default();
    let asked = THREADS.load(Ordering::Relaxed);
    CpuOptions { threads: if asked == 0 { default.threads } else { asked }, ..default }
}

/// Number of threads from now on; it does not change results.
#[pyfunction]
pub fn set_threads(count: usize) -> PyResult<()> {
    if count == 0 || count > 1024 {
        return Err(crate::errors::refused(&format!("set_threads: expected 1 to 1024 threads, found {count}"), None));
    }
    THREADS.store(count, Ordering::Relaxed);
    Ok(())
}

/// The process that made an object. Threads do not live on in a forked child: what waited for them would wait for ever.
#[derive(Clone, Copy)]
pub struct Home(u32);

impl Home {
    /// This process.
    pub fn here() -> Home {
        Home(std::process::id())
    }

    /// Refuses another process than the one that made the object.
    pub fn check(self) -> PyResult<()> {
        if self.0 == std::process::id() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this object was made before the fork: use the start method \"spawn\", or load it in the new process",
        ))
    }
}
