//! A training from a spec and data to its outcome, as one type. Not here: the loop (`trainer/`), sizes that are tried before
//! the data is decoded (`rehearse.rs`), going on with a run (`resume.rs`).

mod changes;
mod pace;
mod rehearse;
mod resume;

pub use changes::run_name;
pub use pace::Pace;
pub use rehearse::{image_codec, rehearse};
pub use resume::{may_go_on, open_beside, open_run_data};

use crate::check::{self, DataFacts, Report, Severity};
use crate::checkpoint;
use crate::error::GanError;
use crate::events::Observer;
use crate::machine::Machine;
use crate::plan::PlanReport;
use crate::presets::{self, Choice};
use crate::resources;
use crate::run_dir::{self, Env, RunDir};
use crate::sampler::Sampler;
use crate::spec::{DataSpec, Draft, TrainSpec, edit};
use crate::step::Stepper;
use crate::trainer::{Setup, Trainer};
use ganymede_data::{Codec, Dataset, Source};
use ganymede_runtime::CpuOptions;
use ganymede_tensor::Tensor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A training that has not begun: a spec, its data, and where the run is kept.
///
/// ```
/// use ganymede_data::{DataOptions, Dataset, Source};
/// use ganymede_gan::Training;
///
/// let folder = std::env::temp_dir().join("ganymede-doc-training");
/// let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
/// let mut trainer = Training::preset("mlp", data)?.steps(2).outdir(&folder).start()?;
/// let losses = trainer.step()?.losses;
/// assert_eq!(losses.len(), 2);
/// let outcome = trainer.finish()?;
/// assert!(outcome.checkpoint.is_dir());
/// # std::fs::remove_dir_all(outcome.run)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Training {
    spec: TrainSpec,
    /// The spec as it was before it was changed here.
    began: TrainSpec,
    data: Arc<Dataset>,
    codec: Codec,
    place: Place,
    cpu: CpuOptions,
    /// First values of the parameters of some networks.
    first: Vec<(String, Vec<Tensor>)>,
}

/// Where the run is kept.
enum Place {
    /// In a new folder `outdir/NNNNN-name`.
    New { outdir: PathBuf, name: Option<String> },
    /// In a run that is there, from its newest whole checkpoint.
    Run(RunDir),
}

/// The folder of runs where nothing else is said.
const OUTDIR: &str = "runs";

impl Training {
    /// A preset on data.
    ///
    /// # Errors
    /// [`GanError::Unknown`] for a name that is no preset; [`GanError::Argument`] where it does not fit the data.
    pub fn preset(name: &str, data: impl Into<Arc<Dataset>>) -> Result<Training, GanError> {
        Training::preset_of_width(name, None, data)
    }

    /// A preset on data, with another width than its own.
    ///
    /// # Errors
    /// As [`preset`](Training::preset).
    pub fn preset_of_width(
        name: &str,
        width: Option<usize>,
        data: impl Into<Arc<Dataset>>,
    ) -> Result<Training, GanError> {
        let data = data.into();
        Ok(Training::new(presets::preset_of_width(name, data.codec(), width)?, data))
    }

    /// The preset that fits the data and the time best, and why that.
    ///
    /// # Errors
    /// [`GanError::Argument`] where none fits.
    pub fn chosen(
        minutes: Option<f64>,
        width: Option<usize>,
        data: impl Into<Arc<Dataset>>,
    ) -> Result<(Training, Choice), GanError> {
        let data = data.into();
        let choice = presets::choose(data.codec(), data.len(), minutes);
        Ok((Training::new(choice.spec(data.codec(), width)?, data), choice))
    }

    /// A spec on data. What the spec says of its data is replaced by what the data is.
    pub fn new(spec: TrainSpec, data: impl Into<Arc<Dataset>>) -> Training {
        let data = data.into();
        let codec = data.codec().clone();
        let spec = TrainSpec { data: data_spec(&data), ..spec };
        let place = Place::New { outdir: OUTDIR.into(), name: None };
        Training { began: spec.clone(), spec, data, codec, place, cpu: CpuOptions::default(), first: Vec::new() }
    }

    /// Ends after so many steps in all.
    pub fn steps(self, steps: u64) -> Training {
        self.ending(Some(steps), None, None)
    }

    /// Ends after so many thousand real samples in all.
    pub fn kimg(self, kimg: impl Into<f64>) -> Training {
        self.ending(None, Some(kimg.into()), None)
    }

    /// Ends after so many minutes of this process.
    pub fn minutes(self, minutes: impl Into<f64>) -> Training {
        self.ending(None, None, Some(minutes.into()))
    }

    fn ending(mut self, steps: Option<u64>, kimg: Option<f64>, minutes: Option<f64>) -> Training {
        self.spec.train.end_after(steps, kimg, minutes);
        self
    }

    /// Samples in a batch.
    pub fn batch(mut self, batch: usize) -> Training {
        self.spec.train.batch = batch;
        self
    }

    /// The seed that everything random is a function of.
    pub fn seed(mut self, seed: u64) -> Training {
        self.spec.seed = seed;
        self
    }

    /// Changes anything in the spec, as `--set` does: `phases.0.optimizer.learning_rate=0.0001`.
    ///
    /// # Errors
    /// [`GanError::Edit`] for a key that there is not, or a value that does not fit.
    pub fn set(mut self, assignment: &str) -> Result<Training, GanError> {
        self.spec = edit(&self.spec, assignment)?;
        Ok(self)
    }

    /// Starts from the networks of a run's newest checkpoint; optimizers start from zero.
    ///
    /// # Errors
    /// [`GanError::NoCheckpoint`] when it has none; [`GanError::Argument`] for a path that is not Unicode.
    pub fn from_run(mut self, run: &Path) -> Result<Training, GanError> {
        let path = checkpoint::find(run, None)?;
        let path = std::path::absolute(&path).unwrap_or(path).into_os_string();
        let path = path.into_string().map_err(|path| GanError::Argument {
            what: "from".into(),
            reason: format!("expected a path in Unicode, found {path:?}"),
        })?;
        self.spec.from = Some(path);
        Ok(self)
    }

    /// Begins with these weights of a network of the spec, in the order of its layers, instead of what its initializers give. The run keeps
    /// them in its checkpoint of step 0; one that goes on takes none.
    pub fn begin_with(mut self, network: impl Into<String>, weights: Vec<Tensor>) -> Training {
        self.first.push((network.into(), weights));
        self
    }

    /// The folder of runs, made where it is missing [default: `runs`]. A run that is there keeps its place.
    pub fn outdir(mut self, folder: impl Into<PathBuf>) -> Training {
        if let Place::New { outdir, .. } = &mut self.place {
            *outdir = folder.into();
        }
        self
    }

    /// The run's name behind its number [default: preset and data]. A run that is there keeps its name.
    pub fn name(mut self, text: impl Into<String>) -> Training {
        if let Place::New { name, .. } = &mut self.place {
            *name = Some(text.into());
        }
        self
    }

    /// What it computes on [default: all cores, the best instruction set]. Numerics are the spec's, and the memory limit is
    /// what there is.
    pub fn cpu(mut self, options: CpuOptions) -> Training {
        self.cpu = options;
        self
    }

    /// Everything that decides the training.
    pub fn spec(&self) -> &TrainSpec {
        &self.spec
    }

    /// The same, to change.
    pub fn spec_mut(&mut self) -> &mut TrainSpec {
        &mut self.spec
    }

    /// How its samples become files.
    pub fn codec(&self) -> &Codec {
        &self.codec
    }

    /// The data.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// What the rules of `ganymede check` find.
    pub fn check(&self) -> Report {
        let split = self.data.split(self.spec.data.options.holdout, self.spec.seed);
        let name = self.spec.data.source.clone();
        let facts = DataFacts { name, ..DataFacts::of(&self.codec, split.train.len()) };
        check::check(&Draft::from(self.spec.clone()), Some(&facts))
    }

    /// Checks the spec and compiles it: errors, memory and cost are known before anything is written.
    ///
    /// # Errors
    /// [`GanError::Defect`] when the check finds errors, such as a training without an end; [`GanError::Memory`] when the memory
    /// does not hold it; [`GanError::Misfit`] when the networks of the spec's `from` are others.
    pub fn compile(mut self) -> Result<Compiled, GanError> {
        if matches!(self.place, Place::New { .. }) {
            let split = self.data.split(self.spec.data.options.holdout, self.spec.seed);
            self.codec = self.data.learn(&split)?;
            presets::refit(&mut self.spec, &self.codec);
        }
        let report = self.check();
        if let Some(finding) = report.of(Severity::Error).next() {
            return Err(finding.as_error());
        }
        let machine = Machine::new(self.cpu, self.spec.train.numerics)?;
        let explain = |error| machine.explain(error);
        let mut stepper = Stepper::new(&self.spec, &self.codec, &machine.backend).map_err(explain)?;
        let sampler = Sampler::new(&self.spec, &self.codec, None, &machine.backend).map_err(explain)?;
        for (network, weights) in &self.first {
            stepper.begin_with(network, weights)?;
        }
        // Networks that do not fit are refused before there is a run.
        if let (Place::New { .. }, Some(from)) = (&self.place, &self.spec.from) {
            for network in stepper.networks() {
                checkpoint::load_network(from.as_ref(), &network, stepper.store_mut())?;
            }
        }
        let plan = PlanReport::of(&self.spec, (&stepper, &sampler), &self.codec, &self.data, &machine.backend);
        let mut compiled = Compiled { training: self, machine, stepper, sampler, plan };
        if matches!(compiled.training.place, Place::New { .. }) {
            compiled.count_minutes()?;
        }
        Ok(compiled)
    }

    /// Makes the run's folder, or opens it, and gives the training before its next step.
    ///
    /// # Errors
    /// As [`compile`](Training::compile) and [`Compiled::start`].
    pub fn start(self) -> Result<Trainer<'static>, GanError> {
        self.compile()?.start(())
    }
}

/// A training that is compiled and has not begun.
pub struct Compiled {
    pub(crate) training: Training,
    machine: Machine,
    pub(crate) stepper: Stepper,
    pub(crate) sampler: Sampler,
    plan: PlanReport,
}

impl Compiled {
    /// What it takes.
    pub fn plan(&self) -> &PlanReport {
        &self.plan
    }

    /// Turns the minutes of a training whose rates fall into the steps that fit into them here: what is trained has to be a
    /// function of the spec.
    fn count_minutes(&mut self) -> Result<(), GanError> {
        let train = &self.training.spec.train;
        if train.decay_from.is_none() || (train.steps, train.kimg) != (None, None) || train.minutes.is_none() {
            return Ok(());
        }
        let Some(Pace { last: Some(last), .. }) = self.pace()? else { return Ok(()) };
        let train = &mut self.training.spec.train;
        let minutes = train.minutes.take().unwrap_or_default();
        train.steps = Some(last);
        self.stepper.set_length(train);
        let evaluate = &mut self.training.spec.evaluate;
        *evaluate = evaluate.take().map(|evaluate| evaluate.in_minutes(minutes));
        Ok(())
    }

    /// What it computes on.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The training.
    pub fn training(&self) -> &Training {
        &self.training
    }

    /// Makes the run's folder, or opens it, and gives the training before its next step; `observer` sees all that happens.
    ///
    /// # Errors
    /// [`GanError::Memory`] when what it needs is not there, [`GanError::Misfit`] when the networks of the spec's `from`
    /// are others; what writing gives.
    pub fn start<'a>(self, observer: impl Observer + 'a) -> Result<Trainer<'a>, GanError> {
        let (setup, resumes) = self.setup()?;
        if resumes { Trainer::resume(setup, observer) } else { Trainer::start(setup, observer) }
    }

    /// The run's folder with all that a trainer is made of, and whether it goes on.
    ///
    /// # Errors
    /// As [`start`](Compiled::start).
    pub fn setup(self) -> Result<(Setup, bool), GanError> {
        let Compiled { training, machine, stepper, sampler, plan } = self;
        let usual_name = training.usual_name();
        let Training { spec, data: dataset, codec, place, .. } = training;
        resources::check(plan.peak_bytes(), resources::available())?;
        let (run, resumes) = match place {
            Place::Run(run) => {
                may_go_on(&run, &spec)?;
                run.change(&spec)?;
                (run, true)
            }
            Place::New { outdir, name } => {
                let env = Env::now(&machine.backend, machine.threads(), spec.train.numerics, &dataset);
                let name = name.unwrap_or(usual_name);
                (RunDir::create(&outdir, &name, &spec, &codec, &env)?, false)
            }
        };
        let codec = run_dir::read_codec(run.path())?;
        Ok((Setup { spec, run, codec, dataset, stepper, sampler, plan, backend: Box::new(machine.backend) }, resumes))
    }
}

/// What a spec says of data that is open.
fn data_spec(data: &Dataset) -> DataSpec {
    let source = match Source::parse(&data.codec().source) {
        Ok(Source::Path(path)) => std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned(),
        _ => data.codec().source.clone(),
    };
    DataSpec { source, shape: data.codec().shape().to_vec(), options: data.options().clone() }
}
