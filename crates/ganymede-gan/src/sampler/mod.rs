//! Generating samples from a run: image i is a function of the networks and its own seed alone.
//! Not here: the program (`phases/`), files (`ganymede-data`'s `Codec`).

mod generate;
mod rows;
mod standing;

pub use rows::rows_by_class;
pub(crate) use standing::Standing;

use crate::checkpoint;
use crate::error::GanError;
use crate::phases::{self, trace_generator, trace_latents};
use crate::run_dir;
use crate::spec::{LatentDistribution, TrainSpec};
use ganymede_data::{Codec, LABEL, Wish};
use ganymede_runtime::{Backend, MemoryReport, Program, StateLayout, Store};
use ganymede_tensor::{Data, Tensor};
use generate::{numbers, room, stacked};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The input of programs that draw noise: two words a sample.
const SEED: &str = "seed";
/// Samples of one program run.
const BATCH: usize = 64;

/// The seeds of samples: a range of numbers, one for each.
pub type Seeds = Range<u64>;

/// The class of each sample; a generator without classes ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Labels<'a> {
    /// As the data has them ([`Modality::conditions`](ganymede_data::Modality::conditions)): each in turn, the sample of seed s
    /// is of class s mod C; rows of tables as often as in the table.
    InTurn,
    /// All of one.
    All(u32),
    /// One for each sample.
    Each(&'a [u32]),
}

/// Which generator of a run, and how it samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SamplerOptions {
    /// The checkpoint of this step; `None` takes the newest.
    pub step: Option<u64>,
    /// Whether to use the weights of the last step although there are averaged weights (EMA).
    pub last_weights: bool,
    /// Latents lie within ± that many standard deviations (of uniform ones: within ± that).
    pub truncation: Option<f64>,
    /// Number of batches over which the batch statistics are first recomputed ([`Sampler::standing`]).
    pub standing: Option<u32>,
}

/// A generator, ready to sample from.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::{Labels, Sampler, SamplerOptions, Training};
/// use ganymede_runtime::{CpuBackend, CpuOptions};
///
/// # let folder = std::env::temp_dir().join("ganymede-doc-sampler");
/// # let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
/// # let run = Training::preset("mlp", data)?.steps(1).outdir(&folder).start()?.finish()?.run;
/// let backend = CpuBackend::new(CpuOptions::default())?;
/// let (mut sampler, codec, checkpoint) = Sampler::open(&run, SamplerOptions::default(), &backend)?;
/// let samples = sampler.draw(0..16, Labels::InTurn)?;
/// assert_eq!(samples.shape()[..], [16, 2]);
/// // The same from latents, which may come from anywhere.
/// let latents = sampler.latents(0..16)?;
/// assert_eq!(sampler.generate(&latents, &[])?, samples);
/// # std::fs::remove_dir_all(run)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sampler {
    store: Box<dyn Store>,
    /// Seeds to latents.
    latents: Box<dyn Program>,
    /// Latents and conditions to samples.
    generator: Box<dyn Program>,
    network: String,
    spec: TrainSpec,
    codec: Codec,
    shape: Vec<usize>,
    classes: u64,
    /// Fields that it is given beside latents and labels.
    further: Vec<String>,
    /// What the scalar `truncation` is, where there is one.
    truncation: Option<f64>,
}

impl Sampler {
    /// Compiles the generator of `spec` (its averaged copy where there is one) for samples of `codec`; its states are
    /// zeros. With `truncation` latents lie within ± that many standard deviations (of uniform ones: within ± that).
    ///
    /// # Errors
    /// Whatever is wrong with the spec, [`GanError::Argument`] for a truncation that is not above 0, and when the memory
    /// cannot be had.
    pub fn new(
        spec: &TrainSpec,
        codec: &Codec,
        truncation: Option<f64>,
        backend: &dyn Backend,
    ) -> Result<Sampler, GanError> {
        if let Some(bad) = truncation.filter(|t| !(*t > 0.0 && t.is_finite())) {
            let reason = format!("expected a number above 0, such as 0.7, found {bad}");
            return Err(GanError::Argument { what: "truncation".into(), reason });
        }
        let graph = trace_generator(spec, codec, BATCH)?;
        let store = backend.store(&StateLayout::of_graph(&graph, spec.generator()))?;
        let generator = backend.load(&graph, store.as_ref())?;
        let latents = backend.load(&trace_latents(spec, BATCH, truncation.is_some())?, store.as_ref())?;
        let network = phases::sampled(spec);
        let shape = generator.outputs().iter().find(|o| o.name == "sample").map(|o| o.ty.shape[1..].to_vec());
        let own = ["latent", SEED];
        let given = generator.inputs().iter().filter(|input| !input.scalar && !own.contains(&input.name.as_str()));
        let (labelled, further): (Vec<String>, Vec<String>) =
            given.map(|input| input.name.clone()).partition(|name| name == LABEL);
        let classes = if labelled.is_empty() { 0 } else { codec.classes().len() as u64 };
        let truncation = truncation.map(|t| match spec.latent.distribution {
            LatentDistribution::Normal => libm::erf(t * std::f64::consts::FRAC_1_SQRT_2),
            LatentDistribution::Uniform => t.min(1.0),
        });
        let (spec, codec, shape) = (spec.clone(), codec.clone(), shape.unwrap_or_default());
        Ok(Sampler { store, latents, generator, network, spec, codec, shape, classes, further, truncation })
    }

    /// The generator of a run's checkpoint, with the codec that writes its samples.
    ///
    /// # Errors
    /// [`GanError::Run`] when the folder is no run; what finding and loading the checkpoint gives.
    pub fn open(
        run: &Path,
        options: SamplerOptions,
        backend: &dyn Backend,
    ) -> Result<(Sampler, Codec, PathBuf), GanError> {
        let mut spec = run_dir::read_spec(run)?;
        if options.last_weights {
            spec.ema = None;
        }
        let codec = run_dir::read_codec(run)?;
        let checkpoint = checkpoint::find(run, options.step)?;
        let mut sampler = Sampler::new(&spec, &codec, options.truncation, backend)?;
        checkpoint::load_network(&checkpoint, &sampler.network.clone(), sampler.store.as_mut())?;
        if let Some(batches) = options.standing {
            sampler.standing(batches, backend)?;
        }
        Ok((sampler, codec, checkpoint))
    }

    /// Gives the generator the values that a training begins with.
    ///
    /// # Errors
    /// Whatever is wrong with the spec.
    pub fn initialise(&mut self, codec: &Codec) -> Result<(), GanError> {
        let traced = phases::trace(&self.spec, codec)?;
        let generator = self.spec.generator();
        for parameter in traced.parameters.get(generator).into_iter().flatten() {
            let averaged = self.network != generator;
            let name = if averaged { phases::averaged(generator, &parameter.name) } else { parameter.name.clone() };
            if self.store.layout().entries.iter().any(|entry| entry.name == name) {
                self.store.write(&name, &parameter.first_value(self.spec.seed)?)?;
            }
        }
        Ok(())
    }

    /// Bytes of its states and of the values of a batch, known before it runs.
    pub fn planned_bytes(&self) -> u64 {
        let memory = self.memory();
        self.state_bytes() + (memory.arena_bytes + memory.fixed_bytes) as u64
    }

    /// What its programs take of memory.
    pub(crate) fn memory(&self) -> MemoryReport {
        let (latents, generator) = (self.latents.memory(), self.generator.memory());
        MemoryReport {
            arena_bytes: latents.arena_bytes.max(generator.arena_bytes),
            fixed_bytes: latents.fixed_bytes + generator.fixed_bytes,
            scratch_bytes: latents.scratch_bytes.max(generator.scratch_bytes),
        }
    }

    /// Bytes of its states.
    pub(crate) fn state_bytes(&self) -> u64 {
        self.store.layout().bytes() as u64
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

    /// The network that samples: the generator, or its averaged copy.
    pub fn network(&self) -> &str {
        &self.network
    }

    /// Sizes of a sample.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many classes its samples can be asked for; 0 where it takes no labels.
    pub fn classes(&self) -> u64 {
        self.classes
    }

    /// One sample for each seed, (n, …sample), in the network's range. It runs full batches and drops what is too much:
    /// a sample does not depend on its neighbours.
    ///
    /// # Errors
    /// [`GanError::Argument`] for a label that is no class, not one for each sample, or more samples than the memory
    /// holds: those are generated in parts; when running fails.
    pub fn draw(&mut self, seeds: Seeds, labels: Labels<'_>) -> Result<Tensor, GanError> {
        self.check(self.room(&seeds)?, labels)?;
        self.run(seeds.clone(), |sampler, first| {
            let mut given = if sampler.given().is_empty() {
                Vec::new()
            } else {
                sampler.conditions(&Wish::in_turn(), batch(first)?)?
            };
            if sampler.classes > 0 && labels != Labels::InTurn {
                given.retain(|(name, _)| name != LABEL);
                let done = first.wrapping_sub(seeds.start) as usize;
                let label = |i: usize| match labels {
                    Labels::Each(labels) => labels.get(done + i).copied().unwrap_or(0) as i32,
                    Labels::All(label) => label as i32,
                    Labels::InTurn => 0,
                };
                let labels = Data::I32((0..BATCH).map(label).collect());
                given.push((LABEL.into(), Tensor::new([BATCH], labels).expect("a label a sample")));
            }
            Ok(given)
        })
    }

    /// Names of the fields that the generator is given beside latents.
    pub fn given(&self) -> Vec<&str> {
        let label = (self.classes > 0).then_some(LABEL);
        label.into_iter().chain(self.further.iter().map(String::as_str)).collect()
    }

    /// As [`Sampler::draw`], with any wish for the fields that the generator is given.
    ///
    /// # Errors
    /// [`GanError::Data`] for a wish that is none of these fields, [`GanError::Argument`] for more samples than the memory
    /// holds; when running fails.
    pub fn draw_as(&mut self, seeds: Seeds, wish: &Wish) -> Result<Tensor, GanError> {
        let given = self.given();
        if let Some(field) = wish.fields().find(|field| !given.contains(field)) {
            let given = if given.is_empty() { "nothing but latents".into() } else { given.join(", ") };
            let reason = format!("expected a field that the generator is given, found `{field}`; it is given {given}");
            return Err(GanError::Argument { what: "conditions".into(), reason });
        }
        self.run(seeds, |sampler, first| sampler.conditions(wish, batch(first)?))
    }

    /// The number of these samples, if the memory that is free holds them.
    fn room(&self, seeds: &Seeds) -> Result<usize, GanError> {
        room(seeds.end.saturating_sub(seeds.start), self.shape.iter().product())
    }

    /// What the generator is given for the samples of these seeds.
    fn conditions(&self, wish: &Wish, seeds: Seeds) -> Result<Vec<(String, Tensor)>, GanError> {
        let wanted = |name: &String| self.further.contains(name) || (self.classes > 0 && name == LABEL);
        let mut given = self.codec.conditions(wish, seeds)?;
        given.retain(|(name, _)| wanted(name));
        match self.further.iter().find(|name| given.iter().all(|(known, _)| known != *name)) {
            None => Ok(given),
            Some(name) => {
                let reason = format!("expected a condition of the data, found `{name}`, which only losses can read");
                Err(GanError::Argument { what: format!("an input of `{}`", self.spec.generator()), reason })
            }
        }
    }

    /// Runs as many batches as there are seeds for, each with what `given` gives for the samples from its first seed on.
    fn run(
        &mut self,
        seeds: Seeds,
        given: impl Fn(&Sampler, u64) -> Result<Vec<(String, Tensor)>, GanError>,
    ) -> Result<Tensor, GanError> {
        let (count, each) = (self.room(&seeds)?, self.shape.iter().product::<usize>());
        let mut values = Vec::with_capacity(count * each);
        for done in (0..count).step_by(BATCH) {
            let first = seeds.start.wrapping_add(done as u64);
            let mut inputs = given(self, first)?;
            inputs.push(("latent".into(), self.latent_batch(first)?));
            values.extend_from_slice(&numbers(&self.sample_batch(inputs, first)?)?[..(count - done).min(BATCH) * each]);
        }
        stacked(count, &self.shape, values)
    }

    /// Refuses labels that the generator has not learned.
    fn check(&self, count: usize, labels: Labels<'_>) -> Result<(), GanError> {
        let refuse = |reason: String| Err(GanError::Argument { what: "labels".into(), reason });
        let largest = match labels {
            Labels::InTurn => None,
            Labels::All(_) if self.classes == 0 => {
                return refuse("the generator takes no labels, so it cannot be asked for one class".into());
            }
            Labels::All(label) => Some(label),
            Labels::Each(labels) if labels.len() != count => {
                return refuse(format!("expected one for each of {count} samples, found {}", labels.len()));
            }
            Labels::Each(labels) => labels.iter().copied().max(),
        };
        match largest.filter(|&label| self.classes > 0 && u64::from(label) >= self.classes) {
            Some(label) => refuse(format!("expected classes 0 to {}, found {label}", self.classes - 1)),
            None => Ok(()),
        }
    }
}

/// The seeds of a batch from this one on.
fn batch(first: u64) -> Result<Seeds, GanError> {
    first.checked_add(BATCH as u64).map(|end| first..end).ok_or_else(|| {
        let reason = format!("expected seeds up to {}, found {first}", u64::MAX - BATCH as u64);
        GanError::Argument { what: "seeds".into(), reason }
    })
}
