//! The reference backend: the `f64` interpreter behind the traits of every backend. States are kept in
//! `f64`, so nothing is rounded between runs. Exact and slow; not here: the meaning of the primitives
//! (`ganymede-graph`), speed (`cpu/`).

use crate::convert::{check_type, from_f64, scalar_bytes, scalar_of};
use crate::state::StateLayout;
use crate::{
    Backend, InputSpec, KernelInfo, KernelSpan, KernelTime, MemoryReport, MissedFusion, OutputSpec, Program,
    RuntimeError, Store,
};
use ganymede_graph::{Array, Graph, interpret};
use ganymede_tensor::{Tensor, TensorType};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// Runs graphs on the `f64` interpreter.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReferenceBackend;

impl Backend for ReferenceBackend {
    fn name(&self) -> String {
        "reference (f64)".into()
    }

    fn isa(&self) -> &str {
        "reference"
    }

    fn store(&self, layout: &StateLayout) -> Result<Box<dyn Store>, RuntimeError> {
        let mut store = ReferenceStore { layout: StateLayout::default(), values: BTreeMap::new() };
        store.extend(layout)?;
        Ok(Box::new(store))
    }

    fn load(&self, graph: &Graph, store: &dyn Store) -> Result<Box<dyn Program>, RuntimeError> {
        graph.verify()?;
        store.layout().check(graph)?;
        Ok(Box::new(ReferenceProgram::new(graph)))
    }
}

struct ReferenceStore {
    layout: StateLayout,
    values: BTreeMap<String, Array>,
}

impl Store for ReferenceStore {
    fn layout(&self) -> &StateLayout {
        &self.layout
    }

    fn read(&self, name: &str) -> Result<Tensor, RuntimeError> {
        let known = || self.layout.entries.iter().map(|e| e.name.as_str());
        let value = self.values.get(name).ok_or_else(|| RuntimeError::unknown("state", name, known()))?;
        Ok(from_f64(&value.ty, &value.data))
    }

    fn write(&mut self, name: &str, value: &Tensor) -> Result<(), RuntimeError> {
        let known = || self.layout.entries.iter().map(|e| e.name.as_str());
        let slot = self.values.get_mut(name).ok_or_else(|| RuntimeError::unknown("state", name, known()))?;
        check_type("state", name, &slot.ty, value)?;
        *slot = Array::from(value);
        Ok(())
    }

    fn extend(&mut self, more: &StateLayout) -> Result<(), RuntimeError> {
        self.layout = self.layout.joined(more)?;
        self.values.extend(more.entries.iter().map(|e| (e.name.clone(), Array::zeros(&e.ty))));
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

struct ReferenceProgram {
    graph: Graph,
    inputs: Vec<InputSpec>,
    outputs: Vec<OutputSpec>,
    written: HashMap<String, Array>,
    results: Option<BTreeMap<String, Array>>,
    kernels: Vec<KernelInfo>,
    times: Vec<KernelTime>,
    spans: Vec<KernelSpan>,
    profiling: bool,
}

impl ReferenceProgram {
    fn new(graph: &Graph) -> Self {
        let (inputs, outputs) = (InputSpec::of(graph), OutputSpec::of(graph));
        // The interpreter is one kernel.
        let kernels = vec![KernelInfo {
            name: "interpret".into(),
            scope: String::new(),
            flops: graph.flops(),
            bytes: graph.nodes.iter().map(|n| n.ty.bytes() as u64).fold(0, u64::saturating_add),
            algorithm: None,
            reason: None,
        }];
        ReferenceProgram {
            graph: graph.clone(),
            inputs,
            outputs,
            written: HashMap::new(),
            results: None,
            kernels,
            times: Vec::new(),
            spans: Vec::new(),
            profiling: false,
        }
    }

    fn input(&self, name: &str) -> Result<&InputSpec, RuntimeError> {
        InputSpec::find(&self.inputs, name).map(|at| &self.inputs[at])
    }
}

impl Program for ReferenceProgram {
    fn name(&self) -> &str {
        &self.graph.name
    }

    fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[OutputSpec] {
        &self.outputs
    }

    fn write(&mut self, input: &str, value: &Tensor) -> Result<(), RuntimeError> {
        check_type("input", input, &self.input(input)?.ty, value)?;
        self.written.insert(input.to_string(), Array::from(value));
        Ok(())
    }

    fn write_bytes(&mut self, input: &str, bytes: &[u8]) -> Result<(), RuntimeError> {
        let ty = &self.input(input)?.ty;
        let wrong = |_| RuntimeError::Bytes { name: input.to_string(), expected: ty.bytes(), found: bytes.len() };
        let tensor = Tensor::from_le_bytes(ty, bytes).map_err(wrong)?;
        self.written.insert(input.to_string(), Array::from(&tensor));
        Ok(())
    }

    fn write_scalar(&mut self, input: &str, value: f64) -> Result<(), RuntimeError> {
        let spec = self.input(input)?;
        scalar_bytes(spec, value)?;
        self.written.insert(input.to_string(), Array { ty: spec.ty.clone(), data: vec![value] });
        Ok(())
    }

    fn run(&mut self, store: &mut dyn Store) -> Result<(), RuntimeError> {
        let other = || RuntimeError::OtherStore { program: self.graph.name.clone() };
        let store = store.as_any_mut().downcast_mut::<ReferenceStore>().ok_or_else(other)?;
        store.layout.check(&self.graph)?;
        for spec in &self.inputs {
            if !self.written.contains_key(&spec.name) {
                return Err(spec.missing(&self.graph.name));
            }
        }
        let start = self.profiling.then(Instant::now);
        // Inputs and states are there with their types: the interpreter has nothing else to refuse.
        let results = interpret::run(&self.graph, &self.written, &mut store.values).map_err(|_| other())?;
        self.results = Some(results);
        if let Some(start) = start {
            let time = start.elapsed();
            self.times[0].runs += 1;
            self.times[0].total += time;
            self.spans.push(KernelSpan { kernel: 0, start, time });
        }
        Ok(())
    }

    fn read(&self, output: &str) -> Result<Tensor, RuntimeError> {
        OutputSpec::find(&self.outputs, output)?;
        let not_run = || RuntimeError::NotRun { program: self.graph.name.clone(), name: output.to_string() };
        let value = self.results.as_ref().and_then(|r| r.get(output)).ok_or_else(not_run)?;
        Ok(from_f64(&value.ty, &value.data))
    }

    fn read_scalar(&self, output: &str) -> Result<f64, RuntimeError> {
        scalar_of(output, &self.read(output)?)
    }

    fn memory(&self) -> MemoryReport {
        let bytes = |ty: &TensorType| ty.elements().saturating_mul(8);
        let fixed = self.inputs.iter().map(|i| bytes(&i.ty)).chain(self.outputs.iter().map(|o| bytes(&o.ty)));
        MemoryReport {
            arena_bytes: self.graph.nodes.iter().map(|n| bytes(&n.ty)).fold(0, usize::saturating_add),
            fixed_bytes: fixed.fold(0, usize::saturating_add),
            scratch_bytes: 0,
        }
    }

    fn flops(&self) -> u64 {
        self.graph.flops()
    }

    fn kernels(&self) -> &[KernelInfo] {
        &self.kernels
    }

    fn profile(&mut self, on: bool) {
        self.profiling = on;
        if on {
            self.times = vec![KernelTime::default()];
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
        &[]
    }
}
