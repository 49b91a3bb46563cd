//! A GAN in memory, as one has a model in Keras: networks, a loss, an optimizer and `fit`, without a run directory. Not here:
//! trainings that are kept in a run (`training/`), a step by itself (`step.rs`).

use crate::error::GanError;
use crate::sampler::{Labels, Sampler, Seeds};
use crate::spec::{EmaSpec, NetworkSpec, PhaseSpec, TermSpec, TrainSpec, edit};
use crate::step::{StepResult, Stepper};
use crate::trainer::{Means, loader};
use crate::training::{Compiled, Training};
use ganymede_data::{Codec, Dataset};
use ganymede_nn::optimizers::Adam;
use ganymede_nn::{Model, OptimizerConfig, Sequential};
use ganymede_runtime::CpuOptions;
use ganymede_tensor::Tensor;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long [`Gan::fit`] trains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// So many steps.
    Steps(u64),
    /// So many times as many samples as there are to train on.
    Epochs(f64),
    /// So many minutes.
    Minutes(f64),
}

/// What [`Gan::fit`] shows every [`tick_every`](crate::spec::TrainSection::tick_every) steps and at its end.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tick {
    /// Steps done in all.
    pub step: u64,
    /// Mean loss of each term since the last one, by `<phase>/<term>`.
    pub losses: BTreeMap<String, f64>,
    /// Seconds of a step, in the mean since the last one.
    pub seconds_per_step: f64,
}

impl fmt::Display for Tick {
    /// `step   100  d 1.2345  g 0.8123  2.1 ms a step`; a phase with several terms names each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {:>5}", self.step)?;
        let phase = |name: &str| name.split('/').next().unwrap_or_default().to_string();
        for (name, loss) in &self.losses {
            let alone = self.losses.keys().filter(|other| phase(other) == phase(name)).count() == 1;
            write!(f, "  {} {loss:.4}", if alone { phase(name) } else { name.clone() })?;
        }
        write!(f, "  {:.1} ms a step", self.seconds_per_step * 1000.0)
    }
}

impl From<Sequential> for NetworkSpec {
    fn from(stack: Sequential) -> NetworkSpec {
        NetworkSpec { layers: stack.to_configs(), ..NetworkSpec::default() }
    }
}

impl From<&Model> for NetworkSpec {
    fn from(model: &Model) -> NetworkSpec {
        let config = model.to_config();
        NetworkSpec { layers: config.layers, outputs: config.outputs, ..NetworkSpec::default() }
    }
}

impl From<Model> for NetworkSpec {
    fn from(model: Model) -> NetworkSpec {
        NetworkSpec::from(&model)
    }
}

/// Two networks that are trained against each other, and what was trained so far.
///
/// Where nothing else is said: the non-saturating loss, Adam with a learning rate of 0.0002 and β₁ of 0.5, batches of 64, one
/// phase after the other, samples of averaged weights (EMA). All of it is a [`TrainSpec`], which [`Gan::set`] and
/// [`Gan::spec_mut`] change.
///
/// ```
/// use ganymede_data::Dataset;
/// use ganymede_gan::{Gan, Length::Steps};
/// use ganymede_nn::layers::{Dense, Input};
/// use ganymede_nn::Sequential;
///
/// let points: Vec<[f32; 2]> = (0..500).map(|i| i as f32 / 50.0).map(|a| [a * a.cos(), a * a.sin()]).collect();
/// let data = Dataset::from_samples("spiral", points, [2]).build()?;
/// let hidden = || Dense::new(32).activation("relu");
/// let generator = Sequential::new("generator").add(Input::new([8])).add(hidden()).add(Dense::new(2));
/// let discriminator = Sequential::new("discriminator").add(Input::new([2])).add(hidden()).add(Dense::new(1));
///
/// let mut gan = Gan::new(generator, discriminator).objective("non_saturating").adam(1e-3, 0.5).batch(64);
/// gan.fit(&data, Steps(2), |tick| println!("{tick}"))?;
/// let samples = gan.sample(0..10)?; // in the units of the points
/// assert_eq!(samples.shape()[..], [10, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Gan {
    spec: TrainSpec,
    cpu: CpuOptions,
    trained: Option<Trained>,
}

/// Compiled programs with the states that training gave them.
struct Trained {
    /// What they were compiled from, without a length.
    spec: TrainSpec,
    fingerprint: String,
    codec: Codec,
    stepper: Stepper,
    sampler: Sampler,
    step: u64,
}

impl Gan {
    /// A generator and a discriminator: each a [`Sequential`], a [`Model`] or a [`NetworkSpec`]. The generator's input is the
    /// latent.
    pub fn new(generator: impl Into<NetworkSpec>, discriminator: impl Into<NetworkSpec>) -> Gan {
        let networks = [("generator", generator.into()), ("discriminator", discriminator.into())];
        let phase = |name, network| PhaseSpec::new(name, &[network], None, Vec::new());
        let spec = TrainSpec {
            networks: networks.map(|(name, network)| (name.to_string(), network)).into(),
            phases: vec![phase("d", "discriminator"), phase("g", "generator")],
            ema: Some(EmaSpec::of("generator")),
            ..TrainSpec::default()
        };
        let gan = Gan { spec, cpu: CpuOptions::default(), trained: None };
        gan.objective("non_saturating").adam(2e-4, 0.5)
    }

    /// What both players want, by its name in [`objectives`](crate::objectives): `non_saturating`, `hinge`, `wasserstein` …
    #[must_use]
    pub fn objective(mut self, name: &str) -> Gan {
        self.spec.phases.iter_mut().for_each(|phase| phase.terms = vec![TermSpec::new(name)]);
        self
    }

    /// Adds a term to the loss of a phase, `d` or `g`, such as `TermSpec::new("r1")`.
    #[must_use]
    pub fn term(mut self, phase: &str, term: TermSpec) -> Gan {
        self.spec.phases.iter_mut().filter(|own| own.name == phase).for_each(|own| own.terms.push(term.clone()));
        self
    }

    /// Adam for both networks.
    #[must_use]
    pub fn adam(self, learning_rate: f64, beta_1: f64) -> Gan {
        self.optimizer(OptimizerConfig::new(Adam::new().beta_1(beta_1)).learning_rate(learning_rate))
    }

    /// An optimizer for both networks: `OptimizerConfig::new(Adam::new().beta_1(0.5)).learning_rate(1e-3)`.
    #[must_use]
    pub fn optimizer(mut self, optimizer: OptimizerConfig) -> Gan {
        self.spec.phases.iter_mut().for_each(|phase| phase.optimizer = Some(optimizer.clone()));
        self
    }

    /// Samples in a batch.
    #[must_use]
    pub fn batch(mut self, batch: usize) -> Gan {
        self.spec.train.batch = batch;
        self
    }

    /// The seed that everything random is a function of.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Gan {
        self.spec.seed = seed;
        self
    }

    /// What it computes on [default: all cores, the best instruction set].
    #[must_use]
    pub fn cpu(mut self, options: CpuOptions) -> Gan {
        self.cpu = options;
        self
    }

    /// Changes anything in its spec, as `--set` does: `phases.0.optimizer.learning_rate=0.0001`.
    ///
    /// # Errors
    /// [`GanError::Edit`] for a key that there is not, or a value that does not fit.
    pub fn set(mut self, assignment: &str) -> Result<Gan, GanError> {
        self.spec = edit(&self.spec, assignment)?;
        Ok(self)
    }

    /// Everything that decides the training but its length and its data.
    pub fn spec(&self) -> &TrainSpec {
        &self.spec
    }

    /// The same, to change: the next [`fit`](Gan::fit) trains with it.
    pub fn spec_mut(&mut self) -> &mut TrainSpec {
        &mut self.spec
    }

    /// Trains on the data, and shows what came of it every [`tick_every`](crate::spec::TrainSection::tick_every) steps (50).
    /// A second call goes on where the first one ended; states that a change of spec or data leaves alone are kept.
    ///
    /// # Errors
    /// [`GanError::Defect`] with what `ganymede check` finds, before the first step; [`GanError::Diverged`] when a number is not
    /// finite; what reading the data and computing give.
    pub fn fit(
        &mut self,
        data: impl Into<Arc<Dataset>>,
        length: Length,
        mut show: impl FnMut(&Tick),
    ) -> Result<(), GanError> {
        let data = data.into();
        self.compile(&data, length)?;
        let Some(Trained { spec, codec, stepper, sampler, step, .. }) = &mut self.trained else { return Ok(()) };
        let mut batches = loader(spec, codec, stepper, Arc::clone(&data), *step)?;
        let (start, first) = (Instant::now(), *step);
        let (mut losses, mut shown) = (Means::default(), (first, Duration::ZERO));
        let last = length.last_step(spec, &data, first);
        let ended = |step: u64, time: Duration| match length {
            Length::Minutes(minutes) => time.as_secs_f64() >= minutes * 60.0,
            _ => step >= last,
        };
        while !ended(*step, start.elapsed()) {
            let result = stepper.run(*step, || Ok(batches.next()?))?;
            if let Some(error) = not_finite(*step, &result) {
                return Err(error);
            }
            *step += 1;
            losses.add(&result.losses);
            let time = start.elapsed();
            if step.is_multiple_of(spec.train.tick_every.max(1)) || ended(*step, time) {
                let seconds_per_step = (time - shown.1).as_secs_f64() / (*step - shown.0) as f64;
                show(&Tick { step: *step, losses: std::mem::take(&mut losses).take(), seconds_per_step });
                shown = (*step, time);
            }
        }
        sampler.copy_from(stepper.store())
    }

    /// Samples of these seeds in the units and element type of the data, (n, …sample): points where points were, bytes where
    /// images were bytes. Where there are classes, the sample of seed s is of class s mod C.
    ///
    /// # Errors
    /// [`GanError::Argument`] before the first [`fit`](Gan::fit), or for more samples than the memory holds; when running fails.
    pub fn sample(&mut self, seeds: Seeds) -> Result<Tensor, GanError> {
        self.sample_of(seeds, Labels::InTurn)
    }

    /// The same, of these classes.
    ///
    /// # Errors
    /// As [`sample`](Gan::sample), and for a label that is no class.
    pub fn sample_of(&mut self, seeds: Seeds, labels: Labels<'_>) -> Result<Tensor, GanError> {
        let Some(Trained { codec, sampler, .. }) = &mut self.trained else {
            let reason = "expected a GAN that `fit` has trained, found one that it has not".into();
            return Err(GanError::Argument { what: "sample".into(), reason });
        };
        Ok(codec.in_units(&sampler.draw(seeds, labels)?)?)
    }

    /// Compiles the spec for the data, unless that is done; states that were trained before are kept.
    fn compile(&mut self, data: &Arc<Dataset>, length: Length) -> Result<(), GanError> {
        let as_compiled = |t: &Trained| t.spec == self.spec && t.fingerprint == data.fingerprint();
        if self.trained.as_ref().is_some_and(as_compiled) {
            return Ok(());
        }
        let training = Training::new(self.spec.clone(), Arc::clone(data)).cpu(self.cpu);
        let Compiled { training, mut stepper, sampler, .. } = length.of(training).compile()?;
        stepper.initialise()?;
        let step = match &self.trained {
            None => 0,
            Some(before) => {
                let before = (before.stepper.store(), before.step);
                for entry in stepper.store().layout().entries.clone() {
                    if before.0.layout().entries.iter().any(|old| (&old.name, &old.ty) == (&entry.name, &entry.ty)) {
                        stepper.store_mut().write(&entry.name, &before.0.read(&entry.name)?)?;
                    }
                }
                before.1
            }
        };
        let (spec, codec, fingerprint) = (self.spec.clone(), training.codec().clone(), data.fingerprint().into());
        self.trained = Some(Trained { spec, fingerprint, codec, stepper, sampler, step });
        Ok(())
    }
}

impl Length {
    /// The training with this length.
    fn of(self, training: Training) -> Training {
        match self {
            Length::Minutes(minutes) => training.minutes(minutes),
            length => {
                let last = length.last_step(training.spec(), training.data(), 0);
                // Nothing to train is no training without an end.
                training.steps(last.max(1))
            }
        }
    }

    /// The step after which a training ends that has done `first`; without a meaning for minutes.
    fn last_step(self, spec: &TrainSpec, data: &Dataset, first: u64) -> u64 {
        match self {
            Length::Steps(steps) => first.saturating_add(steps),
            Length::Epochs(epochs) => {
                let samples = data.split(spec.data.options.holdout, spec.seed).train.len();
                let steps = epochs * samples as f64 / spec.train.images_per_step().max(1) as f64;
                first.saturating_add(steps.ceil() as u64)
            }
            Length::Minutes(_) => u64::MAX,
        }
    }
}

/// The error of a step with a number that is not finite.
fn not_finite(step: u64, result: &StepResult) -> Option<GanError> {
    let phase = result.non_finite.first()?.0.clone();
    let of_phase = result.non_finite.iter().filter(|(other, _)| *other == phase);
    let what = of_phase.map(|(_, what)| what.clone()).collect();
    Some(GanError::Diverged { step: step + 1, phase, what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ganymede_nn::layers::{Dense, Flatten, Input, Reshape};
    use ganymede_tensor::DType;

    fn networks() -> (Sequential, Sequential) {
        let hidden = || Dense::new(16).activation("relu");
        let generator = Sequential::new("generator").add(Input::new([4])).add(hidden()).add(Dense::new(2));
        (generator, Sequential::new("discriminator").add(Input::new([2])).add(hidden()).add(Dense::new(1)))
    }

    fn gan() -> Gan {
        let (generator, discriminator) = networks();
        let cpu = CpuOptions { threads: 1, ..CpuOptions::default() };
        Gan::new(generator, discriminator).adam(1e-3, 0.5).batch(8).seed(3).cpu(cpu)
    }

    /// Points around (1000, −40), far from a network's own range.
    fn far() -> Dataset {
        let points: Vec<[f32; 2]> = (0..64).map(|i| [1000.0 + (i % 8) as f32, -40.0 - (i / 8) as f32]).collect();
        Dataset::from_samples("far", points, [2]).build().unwrap()
    }

    #[test]
    fn two_fits_are_one_and_samples_have_the_units_of_the_data() {
        let data = far();
        let (mut whole, mut parts, mut ticks) = (gan(), gan(), Vec::new());
        whole.fit(&data, Length::Steps(60), |tick| ticks.push(tick.clone())).unwrap();
        assert_eq!(ticks.iter().map(|tick| tick.step).collect::<Vec<_>>(), [50, 60]);
        assert_eq!(ticks[0].losses.keys().collect::<Vec<_>>(), ["d/non_saturating", "g/non_saturating"]);
        parts.fit(&data, Length::Steps(20), |_| ()).unwrap();
        parts.fit(&data, Length::Epochs(5.0), |_| ()).unwrap(); // 5 · 64 samples in batches of 8: 40 steps
        let samples = whole.sample(0..9).unwrap();
        assert_eq!(samples, parts.sample(0..9).unwrap());
        assert_eq!(samples.shape()[..], [9, 2]);
        // What is −1 and 1 for the network is the data's range.
        let [low, high] = data.codec().range();
        assert!(low <= -40.0 && high >= 1000.0, "{low} to {high}");
        let network = whole.trained.as_mut().unwrap().sampler.draw(0..9, Labels::InTurn).unwrap();
        for (found, value) in samples.to_f64().into_iter().zip(network.to_f64()) {
            let expected = low + (value + 1.0) / 2.0 * (high - low);
            assert!((found - expected).abs() < 1e-3 * (high - low), "{found} for {value}");
        }
    }

    #[test]
    fn a_change_keeps_what_was_trained() {
        let data = far();
        let mut gan = gan();
        gan.fit(&data, Length::Steps(3), |_| ()).unwrap();
        let before = gan.sample(0..4).unwrap();
        gan = gan.batch(16).adam(1e-9, 0.5);
        gan.fit(&data, Length::Steps(0), |_| ()).unwrap();
        assert_eq!(gan.sample(0..4).unwrap(), before);
        let mut steps = Vec::new();
        gan.fit(&data, Length::Steps(2), |tick| steps.push(tick.step)).unwrap();
        assert_eq!(steps, [5]);
    }

    #[test]
    fn images_come_back_as_bytes_and_classes_when_asked() {
        let pixels: Vec<u8> = (0..16 * 48).map(|i| if i % 3 == 0 { 255 } else { (i % 7) as u8 }).collect();
        let data = Dataset::from_images("tiles", pixels, [4, 4, 3]).build().unwrap();
        let generator = Sequential::new("g")
            .add(Input::new([4]))
            .add(Dense::new(48).activation("tanh"))
            .add(Reshape::new([4, 4, 3]));
        let discriminator = Sequential::new("d").add(Input::new([4, 4, 3])).add(Flatten::new()).add(Dense::new(1));
        let mut gan = Gan::new(generator, discriminator.model().unwrap()).objective("hinge").batch(4);
        gan.fit(&data, Length::Steps(2), |_| ()).unwrap();
        let samples = gan.sample(0..5).unwrap();
        assert_eq!((samples.dtype(), &samples.shape()[..]), (DType::U8, &[5, 4, 4, 3][..]));
        let error = gan.sample_of(0..1, Labels::All(1)).unwrap_err().to_string();
        assert!(error.contains("the generator takes no labels"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_told_before_the_first_step() {
        let data = far();
        assert!(gan().sample(0..1).unwrap_err().to_string().contains("expected a GAN that `fit` has trained"));
        let error = format!("{:?}", gan().objective("nonsaturating").fit(&data, Length::Steps(1), |_| ()).unwrap_err());
        assert!(error.contains("nonsaturating") && error.contains("non_saturating"), "{error}");
        let error = format!("{:?}", gan().batch(0).fit(&data, Length::Steps(1), |_| ()).unwrap_err());
        assert!(error.contains("batch"), "{error}");
        let (generator, _) = networks();
        let narrow = Sequential::new("discriminator").add(Input::new([3])).add(Dense::new(1));
        let error = Gan::new(generator, narrow).fit(&data, Length::Steps(1), |_| ()).unwrap_err().to_string();
        assert!(error.contains("the generator gives 2 where the discriminator takes 3"), "{error}");
    }

    #[test]
    fn numbers_that_are_not_finite_end_it() {
        let mut gan = gan().adam(1e30, 0.5);
        let error = gan.fit(far(), Length::Steps(50), |_| ()).unwrap_err();
        let GanError::Diverged { step, what, .. } = &error else { panic!("{error}") };
        assert!(*step >= 1 && !what.is_empty());
        assert!(format!("{error:?}").contains("\nhint: take a lower learning rate"), "{error:?}");
    }

    #[test]
    fn a_tick_is_a_line() {
        let losses = |names: &[(&str, f64)]| names.iter().map(|(name, loss)| (name.to_string(), *loss)).collect();
        let tick = |names| Tick { step: 150, losses: losses(names), seconds_per_step: 0.00214 };
        let line = tick(&[("d/non_saturating", 1.38627), ("g/non_saturating", 0.7)]).to_string();
        assert_eq!(line, "step   150  d 1.3863  g 0.7000  2.1 ms a step");
        let line = tick(&[("d/hinge", 2.0), ("d/r1", 0.5), ("g/hinge", -0.25)]).to_string();
        assert_eq!(line, "step   150  d/hinge 2.0000  d/r1 0.5000  g -0.2500  2.1 ms a step");
    }
}
