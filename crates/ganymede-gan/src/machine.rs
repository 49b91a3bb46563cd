//! What a training computes on: a backend within the memory that there is. Not here: how much that is (`resources.rs`), what
//! a training needs (`step.rs`).

use crate::error::GanError;
use crate::resources::{self, Available};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, Numerics, RuntimeError};

/// A backend with what it was made of.
pub struct Machine {
    /// The backend.
    pub backend: CpuBackend,
    /// What it was made of.
    pub options: CpuOptions,
    /// The memory that it may take, where the system says.
    pub available: Option<Available>,
}

impl Machine {
    /// A backend with these numerics; it may take the memory that is available now.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn new(options: CpuOptions, numerics: Numerics) -> Result<Machine, GanError> {
        let available = resources::available();
        let memory_limit = available.map(|a| usize::try_from(a.bytes).unwrap_or(usize::MAX));
        let options = CpuOptions { numerics, memory_limit, ..options };
        Ok(Machine { backend: CpuBackend::new(options)?, options, available })
    }

    /// Name of its instruction set.
    pub fn isa(&self) -> &str {
        self.backend.isa()
    }

    /// Its number of threads.
    pub fn threads(&self) -> usize {
        self.options.threads
    }

    /// A refusal of the backend's budget as one of the memory that there is, with what limits it.
    pub fn explain(&self, error: GanError) -> GanError {
        match (error, self.available) {
            (GanError::Runtime(RuntimeError::MemoryLimit { needed, used, .. }), Some(Available { bytes, limit })) => {
                GanError::Memory { needed: (needed as u64).saturating_add(used as u64), available: bytes, limit }
            }
            (error, _) => error,
        }
    }
}
