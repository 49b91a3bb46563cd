//! A training step over a store: the loaded programs, what the host writes before each, what it reads
//! after. A step is a function of (spec, states, step, batches). Not here: when to stop, show and save
//! (`trainer.rs`).

use crate::error::GanError;
use crate::phases::{self, EMA_SUFFIX, StepProgram, Traced};
use crate::spec::TrainSpec;
use ganymede_data::{Batch, Codec};
use ganymede_nn::Parameter;
use ganymede_runtime::{Backend, Program, Store};
use ganymede_tensor::{Data, Tensor};
use std::collections::BTreeMap;

/// What a training takes, known before its first step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanReport {
    /// Bytes of all states: parameters, slots, statistics, averages.
    pub state_bytes: u64,
    /// Peak bytes of the values of a step.
    pub arena_bytes: u64,
    /// Bytes of inputs, outputs and constants.
    pub fixed_bytes: u64,
    /// Floating-point operations of a step.
    pub flops: u64,
    /// Numbers in each network: (trainable, other).
    pub parameters: BTreeMap<String, (u64, u64)>,
}

impl PlanReport {
    /// Peak memory in bytes: states, values and what keeps its place.
    pub fn peak_bytes(&self) -> u64 {
        self.state_bytes + self.arena_bytes + self.fixed_bytes
    }
}

/// What a step gave.
#[derive(Clone, Debug, PartialEq)]
pub struct StepResult {
    /// Each term's loss by `<phase>/<term>`; the last run of a phase that runs several times.
    pub losses: Vec<(String, f32)>,
    /// (phase, what) of everything that is not finite; if any, the program was not applied.
    pub non_finite: Vec<(String, String)>,
}

struct Loaded {
    info: StepProgram,
    program: Box<dyn Program>,
}

/// The programs of a training over their store.
pub struct Stepper {
    spec: TrainSpec,
    store: Box<dyn Store>,
    programs: Vec<Loaded>,
    parameters: BTreeMap<String, Vec<Parameter>>,
}

impl Stepper {
    /// Traces, compiles and plans the training of `spec` on data that `codec` describes.
    ///
    /// # Errors
    /// Whatever is wrong with the spec, and when the memory cannot be had.
    pub fn new(spec: &TrainSpec, codec: &Codec, backend: &dyn Backend) -> Result<Stepper, GanError> {
        let Traced { programs, parameters, layout } = phases::trace(spec, codec)?;
        let store = backend.store(&layout)?;
        let mut loaded = Vec::new();
        for info in programs {
            let program = backend.load(&info.graph, store.as_ref())?;
            loaded.push(Loaded { info, program });
        }
        Ok(Stepper { spec: spec.clone(), store, programs: loaded, parameters })
    }

    /// The states.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The states, to write.
    pub fn store_mut(&mut self) -> &mut dyn Store {
        self.store.as_mut()
    }

    /// Names of all networks, averaged copies included: each has a file of its own in a checkpoint.
    pub fn networks(&self) -> Vec<String> {
        let averaged = self.spec.ema.iter().map(|ema| format!("{}{EMA_SUFFIX}", ema.network));
        self.parameters.keys().cloned().chain(averaged).collect()
    }

    /// What it takes, before it runs.
    pub fn plan(&self) -> PlanReport {
        let memory: Vec<_> = self.programs.iter().map(|p| p.program.memory()).collect();
        let count = |list: &[Parameter], trainable: bool| -> u64 {
            list.iter().filter(|p| p.trainable == trainable).map(|p| p.shape.elements() as u64).sum()
        };
        PlanReport {
            state_bytes: self.store.layout().bytes() as u64,
            arena_bytes: memory.iter().map(|m| m.arena_bytes as u64).max().unwrap_or(0),
            fixed_bytes: memory.iter().map(|m| m.fixed_bytes as u64).sum(),
            flops: self.programs.iter().map(|p| p.program.flops() * p.info.repeat).sum(),
            parameters: self
                .parameters
                .iter()
                .map(|(n, list)| (n.clone(), (count(list, true), count(list, false))))
                .collect(),
        }
    }

    /// The programs of a step, in order.
    pub fn programs(&self) -> impl Iterator<Item = &dyn Program> {
        self.programs.iter().map(|loaded| loaded.program.as_ref())
    }

    /// Starts (from zero) or stops the measuring of kernels.
    pub fn profile(&mut self, on: bool) {
        self.programs.iter_mut().for_each(|loaded| loaded.program.profile(on));
    }

    /// Gives every state its first value: parameters by their initializers, averages the same; slots are zeros, as the store makes them.
    ///
    /// # Errors
    /// When the store refuses a value.
    pub fn initialise(&mut self) -> Result<(), GanError> {
        for (network, list) in &self.parameters {
            let averaged = self.spec.ema.as_ref().is_some_and(|ema| ema.network == *network);
            for parameter in list {
                let value = first_value(parameter, self.spec.seed)?;
                self.store.write(&parameter.name, &value)?;
                if averaged {
                    self.store.write(&phases::averaged(network, &parameter.name), &value)?;
                }
            }
        }
        Ok(())
    }

    /// Names of the states with a number that is not finite.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn not_finite(&self) -> Result<Vec<String>, GanError> {
        let mut found = Vec::new();
        for entry in &self.store.layout().entries {
            let value = self.store.read(&entry.name)?;
            if value.as_f32().is_ok_and(|numbers| !numbers.iter().all(|x| x.is_finite())) {
                found.push(entry.name.clone());
            }
        }
        Ok(found)
    }

    /// Number of batches that a step takes, whether or not all its programs run.
    pub fn batches_per_step(&self) -> u64 {
        let reads = self.programs.iter().filter(|p| p.info.reads_real);
        if self.spec.train.fresh_reals {
            reads.map(|p| p.info.repeat).sum()
        } else {
            reads.map(|p| p.info.repeat).max().unwrap_or(0)
        }
    }

    /// Runs step `step` (from 0): each program as often as it is due, each run on the batch that `next` gives.
    ///
    /// # Errors
    /// What `next` gives, and when a program refuses its inputs. Numbers that are not finite are no
    /// error here but in the result; what follows them in the step is not run.
    pub fn run(
        &mut self,
        step: u64,
        mut next: impl FnMut() -> Result<Batch, GanError>,
    ) -> Result<StepResult, GanError> {
        let runs: u64 = self.programs.iter().map(|p| p.info.repeat).sum();
        let mut draw = step * runs;
        let mut result = StepResult { losses: Vec::new(), non_finite: Vec::new() };
        let taken: Vec<Batch> = (0..self.batches_per_step()).map(|_| next()).collect::<Result<_, _>>()?;
        let mut used = 0;
        for at in 0..self.programs.len() {
            let repeat = self.programs[at].info.repeat;
            let due = step.is_multiple_of(self.programs[at].info.every);
            for k in 0..repeat {
                if due {
                    if self.programs[at].info.reads_real {
                        let number = if self.spec.train.fresh_reals { used } else { k };
                        self.give_batch(at, &taken[number as usize])?;
                    }
                    self.give_scalars(at, step, k, draw as u32)?;
                    let loaded = &mut self.programs[at];
                    loaded.program.run(self.store.as_mut())?;
                    collect(loaded, &mut result)?;
                    if !result.non_finite.is_empty() {
                        return Ok(result);
                    }
                }
                used += u64::from(self.programs[at].info.reads_real);
                draw += 1;
            }
        }
        Ok(result)
    }

    fn give_batch(&mut self, at: usize, batch: &Batch) -> Result<(), GanError> {
        let program = self.programs[at].program.as_mut();
        let wanted: Vec<String> = program.inputs().iter().filter(|i| !i.scalar).map(|i| i.name.clone()).collect();
        for (name, tensor) in batch.tensors.iter().filter(|(name, _)| wanted.iter().any(|w| w == name)) {
            program.write(name, tensor)?;
        }
        Ok(())
    }

    /// Writes seed, draw, the optimizers' numbers, the terms' weights and the average's rate.
    fn give_scalars(&mut self, at: usize, step: u64, repeat: u64, draw: u32) -> Result<(), GanError> {
        let Loaded { info, program } = &mut self.programs[at];
        let inputs: std::collections::HashSet<String> = program.inputs().iter().map(|i| i.name.clone()).collect();
        let seed = self.spec.seed;
        if inputs.contains("seed") {
            let words = vec![seed as u32, (seed >> 32) as u32];
            program.write("seed", &Tensor::new([2], Data::U32(words)).expect("two words for shape (2,)"))?;
        }
        if inputs.contains("draw") {
            program.write_scalar("draw", f64::from(draw))?;
        }
        for phase in &info.phases {
            let iteration = (step / info.every) * info.repeat + repeat;
            for (name, value) in phase.optimizer.scalars(iteration) {
                let name = format!("{}/{name}", phase.name);
                if inputs.contains(&name) {
                    program.write_scalar(&name, value)?;
                }
            }
            for (term, weight) in phase.terms.iter().zip(&phase.weights) {
                let name = format!("{}/{term}/weight", phase.name);
                if inputs.contains(&name) {
                    program.write_scalar(&name, *weight)?;
                }
            }
        }
        if let (true, Some(ema)) = (info.averages && inputs.contains("ema/rate"), &self.spec.ema) {
            let images = self.spec.train.images_per_step() as f64;
            program.write_scalar("ema/rate", 1.0 - ema.beta(images, images * step as f64))?;
        }
        Ok(())
    }
}

/// What a parameter's initializer gives for a seed.
pub(crate) fn first_value(parameter: &Parameter, seed: u64) -> Result<Tensor, GanError> {
    let value = parameter.initializer.sample(seed, &parameter.name, &parameter.shape);
    value.map_err(|e| GanError::Argument { what: parameter.name.clone(), reason: e.to_string() })
}

/// Reads losses and finite flags of the program that just ran.
fn collect(loaded: &Loaded, result: &mut StepResult) -> Result<(), GanError> {
    for phase in &loaded.info.phases {
        for term in &phase.terms {
            let name = format!("{}/{term}", phase.name);
            let value = loaded.program.read_scalar(&name)? as f32;
            match result.losses.iter_mut().find(|(n, _)| *n == name) {
                Some(known) => known.1 = value,
                None => result.losses.push((name, value)),
            }
        }
    }
    let flags = loaded.program.read("flags")?.to_f64();
    for (flag, value) in loaded.info.flags.iter().zip(flags) {
        if value != 0.0 {
            result.non_finite.push((flag.phase.clone(), flag.what.clone()));
        }
    }
    Ok(())
}
