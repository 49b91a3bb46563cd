//! The CPU backend's program: kernel calls on planned memory. Not here: how they came about (`lower.rs`, `plan.rs`).

use super::Machine;
use super::lower;
use super::memory::Held;
use super::plan::{Bound, Planned};
use super::store::{CpuStore, SEGMENTS};
use crate::convert::{check_type, copy_elements, copy_le_bytes, scalar_bytes, scalar_of, tensor_of};
use crate::{
    InputSpec, KernelInfo, KernelSpan, KernelTime, MemoryReport, MissedFusion, OutputSpec, Program, RuntimeError, Store,
};
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
    spans: Vec<KernelSpan>,
    missed: Vec<MissedFusion>,
    profiling: bool,
    memory: MemoryReport,
    flops: u64,
    /// Inputs, outputs and constants.
    fixed: Held,
    /// Stands for the memories that a store does not have.
    spare: Vec<Memory>,
    /// The store that the calls' addresses are of.
    store: u64,
}

impl CpuProgram {
    /// A planned graph with memory. `edges` says where its inputs, outputs and constants are.
    pub fn new(
        machine: &Arc<Machine>,
        graph: &Graph,
        optimized: &Graph,
        edges: &lower::Edges,
        planned: Planned,
        missed: Vec<MissedFusion>,
        store: u64,
    ) -> Result<CpuProgram, RuntimeError> {
        let what = format!("program `{}`", graph.name);
        machine.reserve_arena(&what, planned.memory.arena_bytes)?;
        let mut fixed = machine.budget.take(&what, planned.memory.fixed_bytes)?;
        for (buffer, bytes) in &edges.constants {
            let span = planned.spans[*buffer];
            fixed.memory.bytes_mut()[span.offset..span.offset + span.bytes].copy_from_slice(bytes);
        }
        let spans = |buffers: &[usize]| buffers.iter().map(|&buffer| planned.spans[buffer]).collect();
        let empty = |_| Memory::new(0).map_err(|source| RuntimeError::Memory { what: what.clone(), source });
        let spare = (0..MEMORIES).map(empty).collect::<Result<_, _>>()?;
        Ok(CpuProgram {
            name: graph.name.clone(),
            machine: Arc::clone(machine),
            inputs: InputSpec::of(graph),
            outputs: OutputSpec::of(graph),
            input_spans: spans(&edges.inputs),
            output_spans: spans(&edges.outputs),
            written: vec![false; edges.inputs.len()],
            ran: false,
            calls: planned.calls,
            kernels: planned.infos,
            times: Vec::new(),
            spans: Vec::new(),
            missed,
            profiling: false,
            memory: planned.memory,
            flops: optimized.flops(),
            fixed,
            spare,
            store,
        })
    }
}

impl Program for CpuProgram {
    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[OutputSpec] {
        &self.outputs
    }

    fn write(&mut self, input: &str, value: &Tensor) -> Result<(), RuntimeError> {
        let at = InputSpec::find(&self.inputs, input)?;
        check_type("input", input, &self.inputs[at].ty, value)?;
        copy_elements(value, bytes_mut(&mut self.fixed.memory, self.input_spans[at]));
        self.written[at] = true;
        Ok(())
    }

    fn write_bytes(&mut self, input: &str, bytes: &[u8]) -> Result<(), RuntimeError> {
        let at = InputSpec::find(&self.inputs, input)?;
        let (span, dtype) = (self.input_spans[at], self.inputs[at].ty.dtype);
        if bytes.len() != span.bytes {
            return Err(RuntimeError::Bytes { name: input.to_string(), expected: span.bytes, found: bytes.len() });
        }
        copy_le_bytes(dtype, bytes, bytes_mut(&mut self.fixed.memory, span));
        self.written[at] = true;
        Ok(())
    }

    fn write_scalar(&mut self, input: &str, value: f64) -> Result<(), RuntimeError> {
        let at = InputSpec::find(&self.inputs, input)?;
        let (bytes, size) = scalar_bytes(&self.inputs[at], value)?;
        self.write_bytes(input, &bytes[..size])
    }

    fn run(&mut self, store: &mut dyn Store) -> Result<(), RuntimeError> {
        let store = store.as_any_mut().downcast_mut::<CpuStore>().filter(|store| store.id == self.store);
        let store = store.ok_or_else(|| RuntimeError::OtherStore { program: self.name.clone() })?;
        if let Some(at) = self.written.iter().position(|&written| !written) {
            return Err(self.inputs[at].missing(&self.name));
        }
        let mut arena = self.machine.arena.lock().unwrap_or_else(PoisonError::into_inner);
        let own = [&mut arena.memory, &mut self.fixed.memory];
        let mut all = own.into_iter().chain(store.memories()).chain(&mut self.spare);
        let mut memories: [&mut Memory; MEMORIES] =
            std::array::from_fn(|_| all.next().expect("as many spare memories as a program can have"));
        for (at, call) in self.calls.iter_mut().enumerate() {
            let start = self.profiling.then(Instant::now);
            let failed = |reason| self.kernels[at].failed(&self.name, reason);
            let views = call.access.bind(&mut memories).map_err(|e| failed(e.to_string()))?;
            call.kernel.run(&self.machine.pool, self.machine.isa, views).map_err(failed)?;
            if let Some(start) = start {
                let time = start.elapsed();
                self.times[at].runs += 1;
                self.times[at].total += time;
                self.spans.push(KernelSpan { kernel: at, start, time });
            }
        }
        self.ran = true;
        Ok(())
    }

    fn read(&self, output: &str) -> Result<Tensor, RuntimeError> {
        let at = OutputSpec::find(&self.outputs, output)?;
        if !self.ran {
            return Err(RuntimeError::NotRun { program: self.name.clone(), name: output.to_string() });
        }
        let Span { offset, bytes, .. } = self.output_spans[at];
        Ok(tensor_of(&self.outputs[at].ty, &self.fixed.memory.bytes()[offset..offset + bytes]))
    }

    fn read_scalar(&self, output: &str) -> Result<f64, RuntimeError> {
        scalar_of(output, &self.read(output)?)
    }

    fn memory(&self) -> MemoryReport {
        self.memory
    }

    fn flops(&self) -> u64 {
        self.flops
    }

    fn kernels(&self) -> &[KernelInfo] {
        &self.kernels
    }

    fn profile(&mut self, on: bool) {
        self.profiling = on;
        if on {
            self.times = vec![KernelTime::default(); self.calls.len()];
            self.spans.clear();
        }
    }

    fn times(&self) -> &[KernelTime] {
        &self.times
    }

    fn spans(&self) -> &[KernelSpan] {
        &self.spans
    }

    fn missed_fusions(&self) -> &[MissedFusion] {
        &self.missed
    }
}

fn bytes_mut(memory: &mut Memory, span: Span) -> &mut [u8] {
    &mut memory.bytes_mut()[span.offset..span.offset + span.bytes]
}
