//! A training step over a store: the loaded programs, what the host writes before each, what it reads
//! after. A step is a function of (spec, states, step, batches). Not here: when to stop, show and save
//! (`trainer/`).

mod in_use;

use crate::error::GanError;
use crate::phases::{self, EMA_SUFFIX, Part, StepGroup, StepProgram, Traced};
use crate::plan::{self, PlanReport};
use crate::sampler::Standing;
use crate::spec::{TrainSection, TrainSpec};
use ganymede_data::{Batch, Codec};
use ganymede_nn::Parameter;
use ganymede_runtime::{Backend, Program, Store};
use ganymede_tensor::{Data, Tensor, TensorType};
use in_use::other_rate;
use std::collections::{BTreeMap, HashSet};

/// What a step gave.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepResult {
    /// Each term's loss by `<phase>/<term>`; the last run of a phase that runs several times.
    pub losses: Vec<(String, f32)>,
    /// What terms show beside their losses, by `<phase>/<term>/<number>`.
    pub numbers: Vec<(String, f32)>,
    /// (phase, what) of everything that is not finite; if any, the program was not applied.
    pub non_finite: Vec<(String, String)>,
}

struct Loaded {
    info: StepProgram,
    program: Box<dyn Program>,
}

struct Group {
    programs: Vec<Loaded>,
    every: u64,
    repeat: u64,
    reads_batch: bool,
}

/// The programs of a training over their store: a loop of one's own, without a run directory.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Loader, PREFETCH, Source, SourceOptions};
/// use ganymede_gan::{Stepper, presets};
/// use ganymede_runtime::{CpuBackend, CpuOptions};
/// use std::sync::Arc;
///
/// let data = Arc::new(Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?);
/// let (spec, codec) = (presets::preset("mlp", data.codec())?, data.codec().clone());
/// let mut stepper = Stepper::new(&spec, &codec, &CpuBackend::new(CpuOptions::default())?)?;
/// stepper.initialise()?;
/// let train = data.split(None, spec.seed).train;
/// let batches = codec.batches(data, train, &SourceOptions::new(spec.train.batch, spec.seed))?;
/// let mut loader = Loader::new(batches, 0, PREFETCH)?;
/// let result = stepper.run(0, || Ok(loader.next()?))?;
/// assert_eq!((result.losses.len(), result.non_finite.len()), (2, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Stepper {
    spec: TrainSpec,
    /// Bytes of one batch as it is read.
    batch_bytes: u64,
    store: Box<dyn Store>,
    groups: Vec<Group>,
    /// What recomputes the batch statistics of an averaged generator.
    standing: Option<Standing>,
    /// Whether they are those of the weights as they are.
    settled: bool,
    parameters: BTreeMap<String, Vec<Parameter>>,
    /// First values of parameters that were given, instead of their initializers'.
    given: BTreeMap<String, Tensor>,
    /// Scalars with another value than the spec's.
    scalars: BTreeMap<String, f64>,
}

/// Scalars that say where a step stands; monitors cannot set them.
const PLACES: [&str; 4] = ["draw", "first_sample", "accumulated/keep", "seed"];

/// One run of a program: where it stands in the step.
struct Run {
    step: u64,
    /// How many runs of its group came before, counted from the training's start.
    iteration: u64,
    draw: u32,
    /// Number of the part of the batch.
    part: usize,
    /// Real samples that a training shows from one run of the group to the next, in the mean.
    images: f64,
}

impl Stepper {
    /// Traces, compiles and plans the training of `spec` on data that `codec` describes.
    ///
    /// # Errors
    /// Whatever is wrong with the spec, and when the memory cannot be had.
    pub fn new(spec: &TrainSpec, codec: &Codec, backend: &dyn Backend) -> Result<Stepper, GanError> {
        let Traced { groups, parameters, layout } = phases::trace(spec, codec)?;
        let store = backend.store(&layout)?;
        let load = |info: StepProgram| {
            let program = backend.load(&info.graph, store.as_ref())?;
            Ok(Loaded { info, program })
        };
        let group = |group: StepGroup| {
            let StepGroup { programs, every, repeat, reads_batch } = group;
            let programs = programs.into_iter().map(load).collect::<Result<_, GanError>>()?;
            Ok(Group { programs, every, repeat, reads_batch })
        };
        let groups = groups.into_iter().map(group).collect::<Result<_, GanError>>()?;
        let standing = match spec.averaged() == Some(spec.generator()) {
            true => Standing::load(spec, codec, store.as_ref(), backend)?,
            false => None,
        };
        let (spec, batch_bytes, scalars) = (spec.clone(), plan::batch_bytes(spec, codec), BTreeMap::new());
        let given = BTreeMap::new();
        Ok(Stepper { spec, batch_bytes, store, groups, standing, settled: false, parameters, given, scalars })
    }

    /// The states.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The states, to write.
    pub fn store_mut(&mut self) -> &mut dyn Store {
        self.settled = false;
        self.store.as_mut()
    }

    /// Recomputes the batch statistics of an averaged generator as the means over a few batches of its own latents: before that they are
    /// averages of those of the generator itself, whose weights are others. They are a function of the averaged weights alone, and no
    /// step reads them. Call it before the averaged generator is copied or saved.
    ///
    /// # Errors
    /// When a condition of the generator is not known without the data; when running fails.
    pub fn settle(&mut self) -> Result<(), GanError> {
        if let Some(standing) = self.standing.as_mut().filter(|_| !self.settled) {
            standing.run(standing.batches(), self.store.as_mut())?;
            self.settled = true;
        }
        Ok(())
    }

    /// Names of all networks, averaged copies included: each has a file of its own in a checkpoint.
    pub fn networks(&self) -> Vec<String> {
        let averaged = self.spec.averaged().map(|network| format!("{network}{EMA_SUFFIX}"));
        self.parameters.keys().cloned().chain(averaged).collect()
    }

    /// What it takes, before it runs, with the batches that it and a [`Loader`](ganymede_data::Loader) hold. What else a
    /// training takes is added by [`PlanReport::drawing`] and [`PlanReport::reading`].
    pub fn plan(&self) -> PlanReport {
        let memory = self.programs().map(|program| program.memory());
        let memory: Vec<_> = memory.chain(self.standing.as_ref().map(Standing::memory)).collect();
        let count = |list: &[Parameter], trainable: bool| -> u64 {
            list.iter().filter(|p| p.trainable == trainable).map(|p| p.shape.elements() as u64).sum()
        };
        let largest = self.store.layout().entries.iter().map(|entry| entry.ty.bytes() as u64).max();
        PlanReport {
            state_bytes: self.store.layout().bytes() as u64,
            arena_bytes: memory.iter().map(|m| m.arena_bytes as u64).max().unwrap_or(0),
            fixed_bytes: memory.iter().map(|m| m.fixed_bytes as u64).sum(),
            batch_bytes: plan::held_batches(self.batches_per_step()) * self.batch_bytes,
            saving_bytes: plan::saving_bytes(largest.unwrap_or(0)),
            flops: self.groups.iter().map(|group| group.flops(self.spec.train.micro_batches)).sum::<f64>() as u64,
            parameters: self
                .parameters
                .iter()
                .map(|(n, list)| (n.clone(), (count(list, true), count(list, false))))
                .collect(),
            ..PlanReport::default()
        }
    }

    /// The programs of a step, in order.
    pub fn programs(&self) -> impl Iterator<Item = &dyn Program> {
        self.groups.iter().flat_map(|group| &group.programs).map(|loaded| loaded.program.as_ref())
    }

    /// Names of the scalars that can have another value than the spec's: `<phase>/learning_rate` of each phase, and every
    /// scalar input of its programs, such as `d/r1/weight` and `ema/rate`.
    pub fn scalars(&self) -> Vec<String> {
        let inputs = self.programs().flat_map(|program| program.inputs().iter().filter(|input| input.scalar));
        let mut names: Vec<String> = inputs.map(|input| input.name.clone()).collect();
        names.retain(|name| !PLACES.contains(&name.as_str()));
        names.extend(self.spec.phases.iter().map(|phase| format!("{}/learning_rate", phase.name)));
        names.sort();
        names.dedup();
        names
    }

    /// From the next step on the training ends as this says, which learning rates may follow.
    pub(crate) fn set_length(&mut self, train: &TrainSection) {
        (self.spec.train.steps, self.spec.train.minutes) = (train.steps, train.minutes);
    }

    /// From the next step on these scalars have these values, and all others the spec's.
    pub fn set_scalars(&mut self, scalars: BTreeMap<String, f64>) {
        self.scalars = scalars;
    }

    /// Starts (from zero) or stops the measuring of kernels.
    pub fn profile(&mut self, on: bool) {
        self.groups.iter_mut().flat_map(|group| &mut group.programs).for_each(|loaded| loaded.program.profile(on));
    }

    /// The parameters of a network of the spec, in the order of its layers; none of a network that there is not.
    pub(crate) fn parameters(&self, network: &str) -> &[Parameter] {
        self.parameters.get(network).map_or(&[], Vec::as_slice)
    }

    /// The first values of all parameters of a network, in the order of its layers: [`initialise`](Stepper::initialise) takes them
    /// instead of what their initializers give.
    ///
    /// # Errors
    /// [`GanError::Argument`] for another number of them, or other sizes.
    pub fn begin_with(&mut self, network: &str, values: &[Tensor]) -> Result<(), GanError> {
        let wrong = |reason: String| GanError::Argument { what: format!("weights of `{network}`"), reason };
        let known = self.parameters.get(network).map_or(&[][..], Vec::as_slice);
        if known.len() != values.len() {
            return Err(wrong(format!("expected {} arrays, found {}", known.len(), values.len())));
        }
        for (parameter, value) in known.iter().zip(values) {
            if *value.shape() != parameter.shape || value.as_f32().is_err() {
                let expected = TensorType::f32(parameter.shape.clone());
                return Err(wrong(format!("{}: expected {expected}, found {}", parameter.name, value.ty())));
            }
        }
        self.given.extend(known.iter().map(|parameter| parameter.name.clone()).zip(values.iter().cloned()));
        Ok(())
    }

    /// Gives every state its first value: parameters by their initializers, averages the same; slots are zeros, as the store makes them.
    ///
    /// # Errors
    /// When the store refuses a value.
    pub fn initialise(&mut self) -> Result<(), GanError> {
        for (network, list) in &self.parameters {
            let averaged = self.spec.averaged() == Some(network);
            for parameter in list {
                let value = match self.given.get(&parameter.name) {
                    Some(value) => value.clone(),
                    None => parameter.first_value(self.spec.seed)?,
                };
                self.store.write(&parameter.name, &value)?;
                if averaged {
                    self.store.write(&phases::averaged(network, &parameter.name), &value)?;
                }
            }
        }
        Ok(())
    }

    /// Makes every state zero, as the store made it.
    ///
    /// # Errors
    /// When the store refuses a value.
    pub(crate) fn clear(&mut self) -> Result<(), GanError> {
        for entry in self.store.layout().entries.clone() {
            let zeros = Tensor::from_le_bytes(&entry.ty, &vec![0; entry.ty.bytes()]);
            self.store.write(
                &entry.name,
                &zeros.map_err(|e| GanError::Argument { what: entry.name.clone(), reason: e.to_string() })?,
            )?;
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

    /// Floating-point operations of a step.
    pub(crate) fn flops_at(&self, step: u64) -> f64 {
        let parts = self.spec.train.micro_batches;
        let due = self.groups.iter().filter(|group| step.is_multiple_of(group.every));
        due.map(|group| {
            let runs = (0..group.repeat).map(|k| (step / group.every) * group.repeat + k);
            runs.map(|run| group.flops_of(run, parts)).sum::<f64>()
        })
        .sum()
    }

    /// Number of batches that a step takes, whether or not all its programs run.
    pub fn batches_per_step(&self) -> u64 {
        let reads = self.groups.iter().filter(|group| group.reads_batch);
        if self.spec.train.fresh_reals {
            reads.map(|group| group.repeat).sum()
        } else {
            reads.map(|group| group.repeat).max().unwrap_or(0)
        }
    }

    /// Runs step `step` (from 0): each group of phases as often as it is due, each run on the batch that `next` gives.
    ///
    /// # Errors
    /// What `next` gives, and when a program refuses its inputs. Numbers that are not finite are no
    /// error here but in the result; what follows them in the step is not run.
    pub fn run(
        &mut self,
        step: u64,
        mut next: impl FnMut() -> Result<Batch, GanError>,
    ) -> Result<StepResult, GanError> {
        self.settled = false;
        let runs: u64 = self.groups.iter().map(|group| group.repeat).sum();
        let mut draw = step * runs;
        let mut result = StepResult { losses: Vec::new(), numbers: Vec::new(), non_finite: Vec::new() };
        let taken: Vec<Batch> = (0..self.batches_per_step()).map(|_| next()).collect::<Result<_, _>>()?;
        let mut used = 0;
        for at in 0..self.groups.len() {
            let Group { every, repeat, reads_batch, .. } = self.groups[at];
            let images = (self.spec.train.images_per_step() * every) as f64 / repeat as f64;
            for k in 0..repeat {
                if step.is_multiple_of(every) {
                    let number = if self.spec.train.fresh_reals { used } else { k };
                    let batch = reads_batch.then(|| &taken[number as usize]);
                    let iteration = (step / every) * repeat + k;
                    self.run_group(
                        at,
                        &Run { step, iteration, draw: draw as u32, part: 0, images },
                        batch,
                        &mut result,
                    )?;
                    if !result.non_finite.is_empty() {
                        return Ok(result);
                    }
                }
                used += u64::from(reads_batch);
                draw += 1;
            }
        }
        Ok(result)
    }

    /// Runs the programs of a group that are due: one, or one for each part of the batch.
    fn run_group(
        &mut self,
        at: usize,
        run: &Run,
        batch: Option<&Batch>,
        result: &mut StepResult,
    ) -> Result<(), GanError> {
        let Stepper { spec, store, groups, scalars, .. } = self;
        let parts = spec.train.micro_batches;
        for part in 0..parts {
            let wanted = match part + 1 == parts {
                _ if parts == 1 => Part::Whole,
                true => Part::Apply,
                false => Part::Accumulate,
            };
            let due = |loaded: &&mut Loaded| loaded.info.part == wanted && loaded.info.is_due(run.iteration);
            let Some(loaded) = groups[at].programs.iter_mut().find(due) else { continue };
            if let Some(batch) = batch {
                give_batch(loaded, batch, part, parts)?;
            }
            give_scalars(spec, loaded, &Run { part, ..*run }, scalars)?;
            loaded.program.run(store.as_mut())?;
            collect(loaded, part, parts, result)?;
            if !result.non_finite.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

impl Group {
    /// Floating-point operations in a step, in the mean of many.
    fn flops(&self, parts: usize) -> f64 {
        const TURNS: u64 = 10_000; // More than the product of the usual intervals.
        let lazy = self.programs.iter().any(|loaded| !loaded.info.due.is_empty());
        let turns = if lazy { TURNS } else { 1 };
        let mean = (0..turns).map(|run| self.flops_of(run, parts)).sum::<f64>() / turns as f64;
        mean * self.repeat as f64 / self.every.max(1) as f64
    }

    /// Floating-point operations of one run.
    fn flops_of(&self, run: u64, parts: usize) -> f64 {
        let due = self.programs.iter().filter(|loaded| loaded.info.is_due(run));
        let times = |loaded: &Loaded| if loaded.info.part == Part::Accumulate { parts - 1 } else { 1 };
        due.map(|loaded| loaded.program.flops() as f64 * times(loaded) as f64).sum()
    }
}

impl StepProgram {
    /// Whether it is the one for this run of its group.
    fn is_due(&self, iteration: u64) -> bool {
        let divides = |every: &u64| iteration.is_multiple_of(*every);
        self.due.iter().all(divides) && !self.not_due.iter().any(divides)
    }
}

/// Writes what a program reads of part `part` of a batch.
fn give_batch(loaded: &mut Loaded, batch: &Batch, part: usize, parts: usize) -> Result<(), GanError> {
    let program = loaded.program.as_mut();
    let wanted: Vec<String> = program.inputs().iter().filter(|i| !i.scalar).map(|i| i.name.clone()).collect();
    for (name, tensor) in batch.tensors.iter().filter(|(name, _)| wanted.iter().any(|w| w == name)) {
        if parts == 1 {
            program.write(name, tensor)?;
        } else {
            let rows = tensor.shape().first().copied().unwrap_or(0) / parts;
            program.write(name, &tensor.rows(part * rows..(part + 1) * rows))?;
        }
    }
    Ok(())
}

/// Writes seed, draw, the optimizers' numbers, those that follow the step, and the average's rate.
fn give_scalars(
    spec: &TrainSpec,
    loaded: &mut Loaded,
    run: &Run,
    others: &BTreeMap<String, f64>,
) -> Result<(), GanError> {
    let Loaded { info, program } = loaded;
    let inputs: HashSet<String> = program.inputs().iter().map(|i| i.name.clone()).collect();
    let first = run.part * (spec.train.batch / spec.train.micro_batches);
    let mut scalars = vec![
        ("draw".to_string(), f64::from(run.draw)),
        ("first_sample".to_string(), first as f64),
        ("accumulated/keep".to_string(), if run.part == 0 { 0.0 } else { 1.0 }),
    ];
    let factor = spec.train.rate_factor(run.step);
    for phase in &info.phases {
        let other = other_rate(phase, (factor, run.iteration), others);
        let optimizer = other.map(|rate| phase.optimizer.clone().learning_rate(rate));
        let of_optimizer = optimizer.as_ref().unwrap_or(&phase.optimizer).scalars(run.iteration).into_iter();
        scalars.extend(of_optimizer.map(|(name, value)| (format!("{}/{name}", phase.name), value)));
    }
    scalars.extend(info.numbers.iter().map(|(name, number)| (name.clone(), number.value(run.step))));
    if let (true, Some(ema)) = (info.averages, &spec.ema) {
        // Averages that came from another training are not those of a beginner.
        let seen = match spec.from {
            Some(_) => f64::INFINITY,
            None => spec.train.images_per_step() as f64 * run.step as f64,
        };
        scalars.push(("ema/rate".into(), 1.0 - ema.beta(run.images, seen, run.step)));
    }
    for (name, value) in scalars.into_iter().filter(|(name, _)| inputs.contains(name)) {
        program.write_scalar(&name, others.get(&name).copied().unwrap_or(value))?;
    }
    if inputs.contains("seed") {
        let words = vec![spec.seed as u32, (spec.seed >> 32) as u32];
        program.write("seed", &Tensor::new([2], Data::U32(words)).expect("two words for shape (2,)"))?;
    }
    Ok(())
}

/// Reads losses, shown numbers and finite flags of the program that just ran; those of the parts of a batch are averaged.
fn collect(loaded: &Loaded, part: usize, parts: usize, result: &mut StepResult) -> Result<(), GanError> {
    for (names, numbers) in [(&loaded.info.terms, &mut result.losses), (&loaded.info.shown, &mut result.numbers)] {
        for name in names {
            let value = loaded.program.read_scalar(name)? as f32;
            let share = if parts == 1 { value } else { value / parts as f32 };
            match numbers.iter_mut().find(|(n, _)| n == name) {
                Some(known) if part > 0 => known.1 += share,
                Some(known) => known.1 = share,
                None => numbers.push((name.clone(), share)),
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
