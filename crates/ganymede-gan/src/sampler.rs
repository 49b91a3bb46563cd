//! Drawing samples from a run: image i is a function of the networks and its own seed alone.
//! Not here: the program (`phases.rs`), files (`ganymede-data`'s `Codec`).

use crate::checkpoint;
use crate::error::GanError;
use crate::phases::{self, EMA_SUFFIX, trace_sample};
use crate::run_dir;
use crate::spec::TrainSpec;
use crate::step::first_value;
use ganymede_data::Codec;
use ganymede_runtime::{Backend, Program, StateLayout, Store};
use ganymede_tensor::{Data, Tensor};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Samples of one program run.
const BATCH: usize = 64;

/// The seeds of samples: a range of numbers, one for each.
pub type Seeds = Range<u64>;

/// A generator, ready to draw.
pub struct Sampler {
    store: Box<dyn Store>,
    program: Box<dyn Program>,
    network: String,
    shape: Vec<usize>,
}

impl Sampler {
    /// Compiles the generator of `spec` (its averaged copy where there is one); its states are zeros.
    ///
    /// # Errors
    /// Whatever is wrong with the spec, and when the memory cannot be had.
    pub fn new(spec: &TrainSpec, backend: &dyn Backend) -> Result<Sampler, GanError> {
        let graph = trace_sample(spec, BATCH)?;
        let store = backend.store(&StateLayout::of_graph(&graph, "generator"))?;
        let program = backend.load(&graph, store.as_ref())?;
        let averaged = spec.ema.as_ref().is_some_and(|ema| ema.network == "generator");
        let network = if averaged { format!("generator{EMA_SUFFIX}") } else { "generator".into() };
        let shape = program.outputs().iter().find(|o| o.name == "sample").map(|o| o.ty.shape[1..].to_vec());
        Ok(Sampler { store, program, network, shape: shape.unwrap_or_default() })
    }

    /// The generator of a run's checkpoint (the newest without a step), with the codec that writes its samples.
    ///
    /// # Errors
    /// [`GanError::Run`] when the folder is no run; what finding and loading the checkpoint gives.
    pub fn open(run: &Path, step: Option<u64>, backend: &dyn Backend) -> Result<(Sampler, Codec, PathBuf), GanError> {
        let spec = run_dir::read_spec(run)?;
        let codec = run_dir::read_codec(run)?;
        let checkpoint = checkpoint::find(run, step)?;
        let mut sampler = Sampler::new(&spec, backend)?;
        checkpoint::load_network(&checkpoint, &sampler.network.clone(), sampler.store.as_mut())?;
        Ok((sampler, codec, checkpoint))
    }

    /// Gives the generator the values that a training begins with.
    ///
    /// # Errors
    /// Whatever is wrong with the spec.
    pub fn initialise(&mut self, spec: &TrainSpec, codec: &Codec) -> Result<(), GanError> {
        let traced = phases::trace(spec, codec)?;
        for parameter in traced.parameters.get("generator").into_iter().flatten() {
            let averaged = self.network != "generator";
            let name = if averaged { phases::averaged("generator", &parameter.name) } else { parameter.name.clone() };
            if self.store.layout().entries.iter().any(|entry| entry.name == name) {
                self.store.write(&name, &first_value(parameter, spec.seed)?)?;
            }
        }
        Ok(())
    }

    /// Bytes of its states and of the values of a batch, known before it draws.
    pub fn planned_bytes(&self) -> u64 {
        let memory = self.program.memory();
        (self.store.layout().bytes() + memory.arena_bytes + memory.fixed_bytes) as u64
    }

    /// Takes the generator's states from a store that is being trained.
    ///
    /// # Errors
    /// When the store lacks one.
    pub fn copy_from(&mut self, store: &dyn Store) -> Result<(), GanError> {
        for entry in self.store.layout().clone().entries {
            self.store.write(&entry.name, &store.read(&entry.name)?)?;
        }
        Ok(())
    }

    /// Sizes of a sample.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// One sample for each seed, (n, …sample), in the network's range. Full batches are run, what is
    /// too much is dropped: a sample does not depend on its neighbours.
    ///
    /// # Errors
    /// When running fails.
    pub fn draw(&mut self, seeds: Seeds) -> Result<Tensor, GanError> {
        let count = (seeds.end.saturating_sub(seeds.start)) as usize;
        let each: usize = self.shape.iter().product();
        let mut values = Vec::with_capacity(count * each);
        let mut first = seeds.start;
        while values.len() < count * each {
            let words = (0..BATCH as u64).map(|i| first.wrapping_add(i)).flat_map(|s| [s as u32, (s >> 32) as u32]);
            let seed = Tensor::new([BATCH, 2], Data::U32(words.collect())).expect("two words a sample");
            self.program.write("seed", &seed)?;
            self.program.write_scalar("draw", 0.0)?;
            self.program.run(self.store.as_mut())?;
            let sample = self.program.read("sample")?;
            let sample =
                sample.as_f32().map_err(|e| GanError::Argument { what: "sample".into(), reason: e.to_string() })?;
            let wanted = (count * each - values.len()).min(sample.len());
            values.extend_from_slice(&sample[..wanted]);
            first = first.wrapping_add(BATCH as u64);
        }
        let shape: Vec<usize> = [count].into_iter().chain(self.shape.iter().copied()).collect();
        Tensor::from_f32(shape, values).map_err(|e| GanError::Argument { what: "sample".into(), reason: e.to_string() })
    }
}
