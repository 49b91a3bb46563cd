//! `ganymede train`: flags to a spec, then `setup.rs`. Not here: resuming without changes (`resume.rs`).

use super::{Command, Examples};
use crate::failure::{Failure, USAGE, USER};
use crate::flags::{
    DataFlags, IntervalFlags, LengthFlags, MachineFlags, NumericsFlags, TensorBoardFlags, part, positive,
};
use crate::known_names;
use crate::numbers::grouped;
use crate::setup::{self, Shown};
use crate::spec_flags::{SpecFlags, refuse_conflicts};
use crate::terminal::{Colour, Terminal};
use crate::whole::whole;
use clap::Args;
use ganymede_data::{Codec, Resolution};
use ganymede_gan::checkpoint;
use ganymede_gan::presets::{self, PresetInput};
use ganymede_gan::run_dir::{self, RunDir};
use ganymede_gan::spec::{DataSpec, EvaluateSpec, LARGEST_INTEGER, TrainSection, TrainSpec, edit};
use ganymede_gan::{Divergence, Training, diverged, may_go_on, run_name};
use ganymede_interop::keras;
use ganymede_nn::ModelConfig;
use ganymede_runtime::CpuOptions;
use ganymede_tensor::{DType, TensorType};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The data that is trained on by default.
const DEFAULT_DATA: &str = "fashion-mnist";

/// `ganymede train`.
#[derive(Args, Debug)]
pub struct Train {
    /// A folder, file or name of data [default: fashion-mnist, 10,000 small images that ship with ganymede]
    data: Option<OsString>,
    /// The preset of networks, losses and optimizers [default: chosen by the data and --minutes]
    #[arg(long, value_name = "NAME", value_parser = known_names::preset(), conflicts_with = "config")]
    preset: Option<String>,
    /// Base number of filters or units, which all layers of the preset scale with; half of it takes about a quarter of the
    /// time [default: the preset's own]
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=2048), conflicts_with = "config")]
    width: Option<u32>,
    /// Train the spec in this file instead of a preset
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    length: LengthFlags,
    /// Stop after each sample to train on was shown N times to the discriminator
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=1_000_000), help_heading = "Length",
          conflicts_with_all = ["steps", "kimg", "minutes"])]
    epochs: Option<u64>,
    /// Samples in a batch
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=65_536))]
    batch: Option<u32>,
    /// Seed of all random numbers [default: 0]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..=LARGEST_INTEGER))]
    seed: Option<u64>,
    #[command(flatten)]
    spec_flags: SpecFlags,
    /// Change anything in the spec, such as train.batch=32 or networks.generator.layers.1.units=512
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    data_flags: DataFlags,
    /// Folder in which the run gets its folder; the folder of a run, or `last`, resumes that run
    #[arg(long, value_name = "DIR", value_parser = crate::flags::run, default_value = crate::flags::RUNS, help_heading = "Output")]
    outdir: PathBuf,
    /// Name of the run [default: preset and data]
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    name: Option<String>,
    /// Start from the networks of this run's newest checkpoint
    #[arg(long, value_name = "RUN", value_parser = crate::flags::run, help_heading = "Output")]
    from: Option<PathBuf>,
    /// Begin a network of the spec with the weights of a .keras or .weights.h5 file, such as generator=g.keras
    #[arg(long, value_name = "NETWORK=FILE", help_heading = "Output", conflicts_with = "from")]
    weights: Vec<String>,
    #[command(flatten)]
    intervals: IntervalFlags,
    /// Evaluate after every KIMG thousand real samples, and keep the best checkpoint (`sample --best`)
    #[arg(long, value_name = "KIMG", value_parser = positive, help_heading = "Output")]
    evaluate_every: Option<f64>,
    /// End when the evaluations have not become better for this part of the training, 0 to 1; 0 trains to the end [default: the
    /// preset's own]
    #[arg(long, value_name = "PART", value_parser = part, help_heading = "Length")]
    patience: Option<f64>,
    /// Number of newest checkpoints to keep (the first, every tenth and the best are always kept)
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=u32::MAX as u64), help_heading = "Output")]
    keep: Option<u32>,
    #[command(flatten)]
    tensorboard: TensorBoardFlags,
    #[command(flatten)]
    numerics: NumericsFlags,
    #[command(flatten)]
    machine: MachineFlags,
    /// Measure N steps kernel by kernel, from the fourth on, and print where the time goes
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=1000))]
    profile: Option<u64>,
    /// Print what the training would take (parameters, memory, operations) and stop before the first step
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, one object per line: the lines of events.jsonl, then the paths of the results
    #[arg(long)]
    json: bool,
}

impl Command for Train {
    const NAME: &'static str = "train";
    const ABOUT: &'static str = "Train a GAN";
    const EXAMPLES: Examples = &[
        ("The images that ship with ganymede, with the default preset", &["ganymede train"]),
        ("A folder of images at 64 pixels, for an hour", &["ganymede train photos --resolution 64 --minutes 60"]),
        (
            "Points on a ring, with other learning rates for discriminator and generator",
            &["ganymede train ring2d --preset mlp --lr d=1e-4,g=2e-4"],
        ),
        (
            "What a training would take, without training",
            &["ganymede train photos --resolution 128 --batch 32 --dry-run"],
        ),
        (
            "Resume a run, to 5,000 steps in total",
            &["ganymede train --outdir runs/00000-quick-fashion-mnist --steps 5000"],
        ),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        if run_dir::is_run(&self.outdir) {
            return self.go_on(terminal);
        }
        // A run without checkpoints is refused before data is read.
        self.from.as_deref().map(|run| checkpoint::find(run, None)).transpose()?;
        let mut training = self.training(terminal)?.outdir(&self.outdir);
        if let Some(run) = &self.from {
            training = training.from_run(run)?;
        }
        for given in &self.weights {
            training = begin_with(training, given)?;
        }
        let name = self.name.clone().unwrap_or_else(|| self.run_name(&training));
        self.go(training.name(name), terminal)
    }
}

/// The training with a network that begins with the weights of a file, given as `NETWORK=FILE`.
fn begin_with(training: Training, given: &str) -> Result<Training, Failure> {
    let form = |found: &str| Failure::new(USAGE, format!("--weights: expected NETWORK=FILE, found `{found}`"));
    let (name, file) = given.split_once('=').ok_or_else(|| form(given))?;
    let networks = &training.spec().networks;
    let Some(network) = networks.get(name) else {
        let known = networks.keys().map(String::as_str).collect::<Vec<_>>().join(" or ");
        return Err(Failure::new(USAGE, format!("--weights: expected {known}, found `{name}`")));
    };
    let config = ModelConfig { layers: network.layers.clone(), outputs: network.outputs.clone() };
    let weights = keras::read_weights(Path::new(file), name, &config)?;
    Ok(training.begin_with(name, weights))
}

impl Train {
    /// Trains in a run that is there; what else was asked for than how long, how often and with how many
    /// threads is an error that lists it.
    fn go_on(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let refuse = |flag: &str| {
            let text = format!("{}: a resumed run cannot take {flag}", self.outdir.display());
            Failure::new(USER, text).with_hint("leave it out, or train into another --outdir")
        };
        if self.from.is_some() {
            return Err(refuse("--from"));
        }
        if !self.weights.is_empty() {
            return Err(refuse("--weights"));
        }
        if self.name.is_some() {
            return Err(refuse("--name"));
        }
        if self.width.is_some() {
            return Err(refuse("--width"));
        }
        if self.epochs.is_some() {
            return Err(refuse("--epochs").with_hint("--steps N says how many steps it has in total"));
        }
        let run = RunDir::open(&self.outdir)?;
        let old = run_dir::read_spec(&self.outdir)?;
        let mut spec = match &self.config {
            // A preset's spec names no data; the run's own is meant. The shape is the data's.
            Some(file) => match load(file)? {
                spec if spec.data.source.is_empty() => {
                    TrainSpec { data: old.data.clone(), from: old.from.clone(), ..spec }
                }
                mut spec => {
                    spec.data.shape.clone_from(&old.data.shape);
                    spec
                }
            },
            None => old.clone(),
        };
        spec.preset = self.preset.clone().unwrap_or(spec.preset);
        if let Some(data) = &self.data {
            spec.data.source = setup::source_name(data)?;
        }
        self.data_flags.apply(&mut spec.data.options)?;
        let spec = self.edited(spec, |_| true)?;
        resume(run, spec, self.machine.cpu()?, self.dry_run, self.shown(), terminal)
    }

    /// A new training: a file or a preset on its data, changed by the flags.
    fn training(&self, terminal: &mut Terminal) -> Result<Training, Failure> {
        let mut spec = match &self.config {
            Some(file) => load(file)?,
            None => TrainSpec::default(),
        };
        match &self.data {
            Some(data) => spec.data.source = setup::source_name(data)?,
            None if self.config.is_none() => spec.data.source = DEFAULT_DATA.into(),
            None => {}
        }
        self.preset.iter().for_each(|preset| presets::ask_of_data(preset, &mut spec.data.options));
        self.data_flags.apply(&mut spec.data.options)?;
        // What concerns the data comes first: the rest of a preset's spec follows from the samples' shape.
        spec = self.set(spec, |key| key.starts_with("data."))?;
        if spec.data.source.is_empty() {
            terminal.say(&format!(
                "data        the spec names none: {DEFAULT_DATA} by default (`ganymede train DATA --config FILE` takes yours)"
            ));
            spec.data.source = DEFAULT_DATA.into();
            spec.data.options.resolution = spec.data.options.resolution.or_else(|| taken_size(&spec));
        }
        self.rehearse(&spec, terminal)?;
        let dataset = match self.dry_run {
            true => setup::look_at_data(&spec.data, terminal)?,
            false => setup::open_data(&spec.data, terminal)?,
        };
        let mut training = match (&self.config, &self.preset) {
            (Some(_), _) => Training::new(spec.clone(), dataset),
            (None, Some(name)) => Training::preset_of_width(name, self.width(), dataset)?,
            (None, None) => {
                let (training, choice) = Training::chosen(self.length.minutes, self.width(), dataset)?;
                terminal.say(&format!("preset      {}: {}", choice.preset, choice.why));
                if let Some(measured) = choice.measured.as_ref().filter(|_| self.width().is_none()) {
                    terminal.say(&format!("            {measured}"));
                }
                training
            }
        };
        let shape = training.spec().data.shape.clone();
        let whole = TrainSpec { data: DataSpec { shape, ..spec.data }, ..training.spec().clone() };
        let mut spec = self.edited(whole, |key| !key.starts_with("data."))?;
        if let Some(epochs) = self.epochs {
            let samples = training.data().split(spec.data.options.holdout, spec.seed).train.len() as u64;
            let steps = steps_of_epochs(epochs, samples, &spec.train);
            refuse_conflicts(&spec, &[format!("train.steps={steps}")], &self.set)?;
            spec.train.end_after(Some(steps), None, None);
            let (times, shown) = (if epochs == 1 { "epoch" } else { "epochs" }, grouped(samples));
            terminal.say(&format!("epochs      {epochs} {times} of {shown} samples are {} steps", grouped(steps)));
        }
        *training.spec_mut() = spec;
        Ok(training.cpu(self.machine.cpu()?))
    }

    /// Where images of a size are asked for, whether that size can be trained.
    fn rehearse(&self, spec: &TrainSpec, terminal: &mut Terminal) -> Result<(), Failure> {
        spec.data.options.validate()?;
        let Some(size) = spec.data.options.resolution else { return Ok(()) };
        let judge = spec.networks.get(spec.discriminator());
        let taken = judge.and_then(|d| d.layers.first()?.arguments.get("shape")?.get(2));
        let channels = taken.and_then(|n| usize::try_from(n.as_u64()?).ok()).unwrap_or(1);
        let shape = [size.height as usize, size.width as usize, spec.data.options.channels.unwrap_or(channels)];
        let mut spec = spec.clone();
        if self.config.is_none() {
            // How many samples there are is not known yet, and changes no size.
            let sample = Codec::stand_in(TensorType::new(DType::U8, shape), [0.0, 255.0], Vec::new());
            let choice = presets::choose(&sample, usize::MAX, self.length.minutes);
            let name = self.preset.as_deref().unwrap_or(choice.preset);
            let width = self.width().or(choice.width.filter(|_| self.preset.is_none()));
            let input = PresetInput { width, ..PresetInput::of(shape) };
            spec = TrainSpec { data: spec.data, ..presets::preset_for(name, &input)? };
        }
        let spec = self.edited(spec, |key| !key.starts_with("data."))?;
        setup::rehearse(&spec, shape, self.machine.cpu()?, terminal)
    }

    fn width(&self) -> Option<usize> {
        self.width.map(|width| width as usize)
    }

    /// The spec with the flags that are no data's, and with `--set` where the key is wanted.
    fn edited(&self, mut spec: TrainSpec, wanted: fn(&str) -> bool) -> Result<TrainSpec, Failure> {
        self.length.apply(&mut spec.train);
        self.intervals.apply(&mut spec.train);
        self.numerics.apply(&mut spec.train);
        spec.train.batch = self.batch.map_or(spec.train.batch, |n| n as usize);
        spec.train.keep = self.keep.map_or(spec.train.keep, |n| n as usize);
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.evaluate = match (self.evaluate_every, spec.evaluate) {
            (Some(every_kimg), Some(known)) => Some(EvaluateSpec { every_kimg, parts: 0, ..known }),
            (Some(kimg), None) => Some(EvaluateSpec::every(kimg, &spec.data.shape)),
            (None, known) => known,
        };
        match (self.patience, &mut spec.evaluate) {
            (Some(patience), Some(evaluate)) => evaluate.patience = Some(patience).filter(|part| *part > 0.0),
            (Some(patience), None) if patience > 0.0 => {
                let text = format!("--patience {patience}: expected evaluations while it trains, found none");
                return Err(Failure::new(USAGE, text).with_hint("add --evaluate-every KIMG"));
            }
            _ => {}
        }
        let flags = self.spec_flags.assignments(&spec)?;
        refuse_conflicts(&spec, &flags, &self.set)?;
        let spec = flags.iter().try_fold(spec, |spec, assignment| edit(&spec, assignment))?;
        self.set(spec, wanted)
    }

    fn set(&self, spec: TrainSpec, wanted: fn(&str) -> bool) -> Result<TrainSpec, Failure> {
        let mut wanted = self.set.iter().filter(|set| wanted(set.trim_start()));
        wanted.try_fold(spec, |spec, set| edit(&spec, set)).map_err(Failure::from)
    }

    /// `dcgan-fashion-mnist`: the preset, or the spec's file, and the data (docs/decisions/0041).
    fn run_name(&self, training: &Training) -> String {
        match self.config.as_deref().and_then(Path::file_stem) {
            Some(file) => run_name(training.spec(), &file.to_string_lossy()),
            None => training.usual_name(),
        }
    }

    fn go(self, training: Training, terminal: &mut Terminal) -> Result<(), Failure> {
        let train = &training.spec().train;
        if train.last_step().is_none() && train.minutes.is_none() {
            let text = "expected an end of the training, found none";
            return Err(Failure::new(USAGE, text).with_hint("give --steps, --kimg or --minutes"));
        }
        let compiled = setup::prepare(training, (self.config.as_deref(), self.dry_run), terminal)?;
        if self.dry_run {
            return if self.json { terminal.result(&setup::plan_line(&compiled)) } else { Ok(()) };
        }
        setup::train(compiled.0, self.shown(), terminal)
    }

    fn shown(&self) -> Shown {
        Shown { json: self.json, profile: self.profile, tensorboard: self.tensorboard.clone() }
    }
}

/// Goes on with a run under a spec that differs from its own only in what may.
///
/// # Errors
/// When more differs, the data is not what it was, and what training gives.
pub(super) fn resume(
    run: RunDir,
    spec: TrainSpec,
    cpu: CpuOptions,
    dry_run: bool,
    shown: Shown,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    may_go_on(&run, &spec)?;
    let path = run.path().to_path_buf();
    if let Some(Divergence { step, rate, .. }) = diverged(&path)? {
        let how = match rate {
            Some(rate) => format!(" --set {}", rate.lowered()),
            None => String::new(),
        };
        let text = format!(
            "the run ended because numbers became NaN or infinite at step {step}: the same step fails again, to the bit, unless \
             something is changed, which needs a new run: `ganymede train DATA --from {}{how}`",
            path.display()
        );
        terminal.labelled("warning", Colour::Yellow, &text);
    }
    let dataset = setup::open_run_data(&path, &spec.data, terminal)?;
    let training = Training::resume_on(run, spec, dataset)?.cpu(cpu);
    let compiled = setup::prepare(training, (Some(&path), dry_run), terminal)?;
    if dry_run {
        return if shown.json { terminal.result(&setup::plan_line(&compiled)) } else { Ok(()) };
    }
    setup::train(compiled.0, shown, terminal)
}

/// The size of images that a spec's discriminator takes, if images are what it takes.
fn taken_size(spec: &TrainSpec) -> Option<Resolution> {
    let input = spec.networks.get(spec.discriminator())?.layers.first()?;
    let shape = input.arguments.get("shape")?.as_array()?;
    let [height, width, _] = &shape[..] else { return None };
    let side = |size: &serde_json::Value| u32::try_from(size.as_u64()?).ok();
    Some(Resolution { height: side(height)?, width: side(width)? })
}

/// The spec of a file, its data named from the root.
fn load(file: &Path) -> Result<TrainSpec, Failure> {
    let mut spec = TrainSpec::load(file)?;
    if !spec.data.source.is_empty() {
        spec.data.source = setup::source_name(spec.data.source.as_ref())?;
    }
    Ok(spec)
}

/// The steps after which each of so many samples was shown so many times to the discriminator.
fn steps_of_epochs(epochs: u64, samples: u64, train: &TrainSection) -> u64 {
    epochs.saturating_mul(samples).div_ceil(train.images_per_step().max(1)).min(LARGEST_INTEGER)
}
