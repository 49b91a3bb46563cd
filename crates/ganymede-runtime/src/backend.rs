//! The traits between those who use programs and those who run them.
//! Not here: any backend (`cpu/`, `reference.rs`).

use crate::{RuntimeError, StateLayout};
use ganymede_graph::Graph;
use ganymede_tensor::{Tensor, TensorType};
use std::any::Any;
use std::time::{Duration, Instant};

/// Something that runs graphs.
pub trait Backend: Send + Sync {
    /// What it is, such as `cpu (avx2, 2 threads)`.
    fn name(&self) -> String;

    /// What its bits depend on, such as `avx2`: two with the same give the same bytes.
    fn isa(&self) -> &str;

    /// A store for these states, all zeros.
    ///
    /// # Errors
    /// When a name stands twice or the memory cannot be had.
    fn store(&self, layout: &StateLayout) -> Result<Box<dyn Store>, RuntimeError>;

    /// The graph as a program over this store: optimised, lowered and planned.
    ///
    /// # Errors
    /// When the graph is broken, the store lacks one of its states, or the memory cannot be had.
    fn load(&self, graph: &Graph, store: &dyn Store) -> Result<Box<dyn Program>, RuntimeError>;
}

/// The states that outlive a run. A state keeps its address for the life of its store.
pub trait Store: Send {
    /// The states, in order.
    fn layout(&self) -> &StateLayout;

    /// The value of a state.
    ///
    /// # Errors
    /// When there is no such state.
    fn read(&self, name: &str) -> Result<Tensor, RuntimeError>;

    /// Gives a state a value.
    ///
    /// # Errors
    /// When there is no such state, or its type is another.
    fn write(&mut self, name: &str, value: &Tensor) -> Result<(), RuntimeError>;

    /// Adds states, all zeros; those that are there stay where they are.
    ///
    /// # Errors
    /// When a name stands twice or the memory cannot be had; then nothing has changed.
    fn extend(&mut self, more: &StateLayout) -> Result<(), RuntimeError>;

    /// For the backend that made it.
    fn as_any(&self) -> &dyn Any;

    /// For the backend that made it.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// A value that is written before a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// Its name.
    pub name: String,
    /// Element type and shape.
    pub ty: TensorType,
    /// Whether it is a scalar that the host computes, not part of a batch.
    pub scalar: bool,
}

/// A value that is read after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// Its name.
    pub name: String,
    /// Element type and shape.
    pub ty: TensorType,
}

/// The memory that a program takes, known before it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryReport {
    /// Bytes of values that live within a run, by the plan, scratch included. Programs of one backend
    /// share this memory: the largest counts.
    pub arena_bytes: usize,
    /// Bytes of inputs, outputs and constants, which keep their place between runs. Each program has its own.
    pub fixed_bytes: usize,
    /// Bytes of the largest scratch of one kernel (part of `arena_bytes`).
    pub scratch_bytes: usize,
}

/// One kernel call of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelInfo {
    /// What it computes, such as `conv` or `fused add mul reduce_sum`.
    pub name: String,
    /// Scope path of the node whose value it gives.
    pub scope: String,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes read and written.
    pub bytes: u64,
    /// Its algorithm, such as `toom-cook F(4x4,2x2)` or `direct`, where there are several.
    pub algorithm: Option<String>,
    /// Why that algorithm was chosen.
    pub reason: Option<String>,
}

/// A value that goes through memory although its reader could have been computed with its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedFusion {
    /// The primitives of the writer.
    pub writer: String,
    /// Scope path of the value.
    pub writer_scope: String,
    /// The primitives of the reader.
    pub reader: String,
    /// Scope path of the reader.
    pub reader_scope: String,
    /// Bytes of the value.
    pub bytes: u64,
    /// Why, in words.
    pub reason: String,
}

/// One run of a kernel while it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSpan {
    /// Its number among [`Program::kernels`].
    pub kernel: usize,
    /// When it began.
    pub start: Instant,
    /// How long it took.
    pub time: Duration,
}

/// Time spent in one kernel call since profiling was switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelTime {
    /// How often it ran.
    pub runs: u64,
    /// Total wall-clock time.
    pub total: Duration,
}

/// A graph, ready to run over one store.
///
/// Inputs keep their value until they are written again; outputs until the next run.
pub trait Program: Send {
    /// Name of the graph.
    fn name(&self) -> &str;

    /// What must be written before the first run.
    fn inputs(&self) -> &[InputSpec];

    /// What can be read after a run.
    fn outputs(&self) -> &[OutputSpec];

    /// Writes an input.
    ///
    /// # Errors
    /// When there is no such input, or its type is another.
    fn write(&mut self, input: &str, value: &Tensor) -> Result<(), RuntimeError>;

    /// Writes an input from its elements' little-endian bytes (truth values one byte each, 0 is false).
    ///
    /// # Errors
    /// When there is no such input, or it has another size.
    fn write_bytes(&mut self, input: &str, bytes: &[u8]) -> Result<(), RuntimeError>;

    /// Writes a scalar input, rounded to `f32` or, where the input is an integer, exactly.
    ///
    /// # Errors
    /// When there is no such input, it is not a scalar, or it is an integer that `value` is not.
    fn write_scalar(&mut self, input: &str, value: f64) -> Result<(), RuntimeError>;

    /// Runs once: reads the inputs and the store's states, writes the outputs and what is assigned.
    ///
    /// # Errors
    /// When an input was never written, or the store is not the one that the program was loaded for;
    /// then no state has changed.
    fn run(&mut self, store: &mut dyn Store) -> Result<(), RuntimeError>;

    /// An output of the last run.
    ///
    /// # Errors
    /// When there is no such output, or no run yet.
    fn read(&self, output: &str) -> Result<Tensor, RuntimeError>;

    /// A scalar output of the last run; truth values are 0 and 1.
    ///
    /// # Errors
    /// As [`Program::read`], or when the output is not a scalar.
    fn read_scalar(&self, output: &str) -> Result<f64, RuntimeError>;

    /// What it takes of memory.
    fn memory(&self) -> MemoryReport;

    /// Floating-point operations of one run, as the graph has them after optimisation.
    fn flops(&self) -> u64;

    /// The kernel calls of a run, in order.
    fn kernels(&self) -> &[KernelInfo];

    /// Starts (from zero) or stops the measuring of kernels.
    fn profile(&mut self, on: bool);

    /// Times of [`Program::kernels`], in the same order; empty if never measured.
    fn times(&self) -> &[KernelTime];

    /// Every run of a kernel since profiling was switched on, in order.
    fn spans(&self) -> &[KernelSpan];

    /// What was not fused, the largest values first.
    fn missed_fusions(&self) -> &[MissedFusion];
}
