//! The CPU backend. A graph is optimised and fused (`ganymede-graph`), lowered to kernel calls on buffers (`lower.rs`, `clusters.rs`),
//! given memory (`plan.rs`, `inplace.rs`), and run (`program.rs`) on a pool of threads.
//!
//! The result is a function of the inputs alone: kernels split their work by shape, never by the number of threads.
//! Not here: the kernels (`ganymede-kernels`), the meaning of the primitives (`ganymede-graph`).

mod clusters;
mod contraction;
mod inplace;
mod kernel;
mod lower;
mod memory;
mod missed;
mod plan;
mod program;
mod store;

use crate::{Backend, Program, RuntimeError, StateLayout, Store};
use ganymede_graph::{Graph, passes};
use ganymede_kernels::conv::Numerics;
use ganymede_kernels::isa::Isa;
use ganymede_kernels::pool::Pool;
use memory::{Budget, Held};
use std::sync::{Arc, Mutex, PoisonError};

/// What a CPU backend runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuOptions {
    /// Number of threads, at least 1. It does not change results.
    pub threads: usize,
    /// Instruction set of the kernels.
    pub isa: Isa,
    /// Numerics of the convolutions.
    pub numerics: Numerics,
    /// Bytes that stores and programs may take together; no limit if `None`.
    pub memory_limit: Option<usize>,
}

impl Default for CpuOptions {
    /// As many threads as there are cores, the best instruction set, fast numerics, no limit.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        CpuOptions { threads, isa: Isa::detect(), numerics: Numerics::default(), memory_limit: None }
    }
}

/// Runs graphs on the CPU.
pub struct CpuBackend {
    machine: Arc<Machine>,
}

/// What the programs of one backend share.
struct Machine {
    pool: Pool,
    isa: Isa,
    numerics: Numerics,
    budget: Arc<Budget>,
    /// Memory of values within a run: programs run one at a time, so the largest need is enough for all.
    arena: Mutex<Held>,
}

impl CpuBackend {
    /// A backend with threads of its own.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn new(options: CpuOptions) -> Result<CpuBackend, RuntimeError> {
        let budget = Budget::new(options.memory_limit);
        let arena = Mutex::new(budget.take("the arena", 0)?);
        let CpuOptions { threads, isa, numerics, .. } = options;
        let machine = Machine { pool: Pool::new(threads)?, isa, numerics, budget, arena };
        Ok(CpuBackend { machine: Arc::new(machine) })
    }

    /// Bytes that its stores and programs take now.
    pub fn memory_in_use(&self) -> usize {
        self.machine.budget.used()
    }
}

impl Machine {
    /// Makes the arena at least this large.
    fn reserve_arena(&self, what: &str, bytes: usize) -> Result<(), RuntimeError> {
        let mut arena = self.arena.lock().unwrap_or_else(PoisonError::into_inner);
        let before = arena.memory.len();
        if bytes <= before {
            return Ok(());
        }
        // Nothing in it outlives a run: the old one goes before the new one comes.
        *arena = self.budget.take(what, 0)?;
        match self.budget.take(what, bytes) {
            Ok(larger) => *arena = larger,
            Err(error) => {
                *arena = self.budget.take(what, before)?;
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Backend for CpuBackend {
    fn name(&self) -> String {
        let threads = self.machine.pool.threads();
        let s = if threads == 1 { "" } else { "s" };
        format!("cpu ({}, {threads} thread{s})", self.machine.isa.name())
    }

    fn isa(&self) -> &str {
        self.machine.isa.name()
    }

    fn store(&self, layout: &StateLayout) -> Result<Box<dyn Store>, RuntimeError> {
        Ok(Box::new(store::CpuStore::new(layout, &self.machine.budget)?))
    }

    fn load(&self, graph: &Graph, store: &dyn Store) -> Result<Box<dyn Program>, RuntimeError> {
        graph.verify()?;
        store.layout().check(graph)?;
        let store = store.as_any().downcast_ref::<store::CpuStore>();
        let store = store.ok_or_else(|| RuntimeError::OtherStore { program: graph.name.clone() })?;
        lower::check_sizes(graph)?;
        let optimized = passes::optimize(graph.clone());
        let fusion = passes::fuse(&optimized);
        let (lowered, edges) = lower::lower(graph, &optimized, &fusion, |name| store.span(name))?;
        let planned = lowered.plan(self.machine.pool.threads(), self.machine.numerics)?;
        let missed = missed::missed(&optimized, &fusion);
        let program = program::CpuProgram::new(&self.machine, graph, &optimized, &edges, planned, missed, store.id)?;
        Ok(Box::new(program))
    }
}
