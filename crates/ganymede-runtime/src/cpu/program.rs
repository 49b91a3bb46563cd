//! The CPU backend's program: kernel calls on planned memory. Not here: how they came about (`lower.rs`, `plan.rs`).

use super::Machine;
use super::lower;
use super::memory::Held;
use super::plan::{Bound, Planned};
use super::store::{CpuStore, SEGMENTS};
use crate::convert::{check_type, copy_elements, copy_le_bytes, scalar_bytes, scalar_of, tensor_of};
use crate::{InputSpec, KernelInfo, KernelTime, MemoryReport, OutputSpec, Program, RuntimeError, Store};
use ganymede_graph::Graph;
use ganymede_kernels::arena::{Memory, Span};
use ganymede_tensor::Tensor;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// The arena, the program's own memory, and those of the store.
const MEMORIES: usize = 2 + SEGMENTS;

/// Calls on memory, and what is needed to run them.
pub(super) struct CpuProgram {
    name: String,
    machine: Arc<Machine>,
    inputs: Vec<InputSpec>,
    outputs: Vec<OutputSpec>,
    /// Where inputs and outputs lie in `fixed`.
    input_spans: Vec<Span>,
    output_spans: Vec<Span>,
    /// Which inputs were written.
    written: Vec<bool>,
    ran: bool,
    calls: Vec<Bound>,
    kernels: Vec<KernelInfo>,
    times: Vec<KernelTime>,
    profiling: bool,
    memory: MemoryReport,
    flops: u64,
    /// Inputs, outputs and constants.
    fixed: Held,
    /// Stands for the memories that a store does not have.
    spare: [Memory; MEMORIES],
    /// The store that the calls' addresses are of.
    store: u64,
}

impl CpuProgram {
    /// A planned graph with memory. `lowered` says where its edges are.
    pub fn new(
        machine: &Arc<Machine>,
        graph: &Graph,
        lowered: &lower::Edges,
        planned: Planned,
        store: u64,
    ) -> Result<CpuProgram, RuntimeError> {
        let what = format!("program `{}`", graph.name);
        machine.reserve_arena(&what, planned.memory.arena_bytes)?;
        let mut fixed = machine.budget.take(&what, planned.memory.fixed_bytes)?;
        for (buffer, bytes) in &lowered.constants {
            let span = planned.spans[*buffer];
            fixed.memory.bytes_mut()[span.offset..span.offset + span.bytes].copy_from_slice(bytes);
        }
        let spans = |buffers: &[usize]| buffers.iter().map(|&buffer| planned.spans[buffer]).collect();
        let empty = |_| Memory::new(0).map_err(|source| RuntimeError::Memory { what: what.clone(), source });
        let spare: Vec<Memory> = (0..MEMORIES).map(empty).collect::<Result<_, _>>()?;
        Ok(CpuProgram {
            name: graph.name.clone(),
            machine: Arc::clone(machine),
            inputs: InputSpec::of(graph),
            outputs: OutputSpec::of(graph),
            input_spans: spans(&lowered.inputs),
            output_spans: spans(&lowered.outputs),
            written: vec![false; lowered.inputs.len()],
            ran: false,
            calls: planned.calls,
            kernels: planned.infos,
            times: Vec::new(),
            profiling: false,
            memory: planned.memory,
            flops: graph.flops(),
            fixed,
            spare,
            store,
        })
    }
}
