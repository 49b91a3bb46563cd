//! From flags to a training that can start: data, spec, check, backend, compiled step; and the training
//! itself with its end. Not here: the flags (`commands/train.rs`), the loop (`ganymede-gan`).

use crate::failure::{Failure, INTERRUPTED, USER};
use crate::flags::{Machine, MachineFlags};
use crate::numbers::{bytes, duration, flops, grouped};
use crate::progress::{DataBar, Show};
use crate::signals;
use crate::terminal::Terminal;
use ganymede_data::{Codec, DataError, Dataset, Source};
use ganymede_gan::check::{self, DataFacts, Severity};
use ganymede_gan::run_dir::{self, Env, RunDir};
use ganymede_gan::spec::{DataSpec, Draft, TrainSpec};
use ganymede_gan::{
    GanError, Outcome, PlanReport, Reason, Sampler, Setup, Stepper, Trainer, checkpoint, phases, resources,
};
use ganymede_kernels::peak;
use ganymede_runtime::RuntimeError;
use ganymede_tensor::{DType, TensorType};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A spec on its data, compiled.
pub struct Prepared {
    spec: TrainSpec,
    dataset: Arc<Dataset>,
    machine: Machine,
    stepper: Stepper,
}

/// Where a training starts.
pub enum Start {
    /// In a new run `outdir/NNNNN-name`.
    New { outdir: PathBuf, name: String },
    /// From a run's newest whole checkpoint.
    Resume(RunDir),
}

/// Reads the samples of a spec.
///
/// # Errors
/// What reading gives.
pub fn open_data(data: &DataSpec, terminal: &Terminal) -> Result<Dataset, Failure> {
    let source = Source::parse(&data.source)?;
    Ok(Dataset::open(&source, &data.options, &DataBar::new(terminal))?)
}

/// Reads the samples that a run was started on.
///
/// # Errors
/// What reading gives.
pub fn open_run_data(run: &Path, data: &DataSpec, terminal: &Terminal) -> Result<Dataset, Failure> {
    if let Err(error @ DataError::NotFound { .. }) = Source::parse(&data.source) {
        let hint = format!(
            "bring the run's data back there; or, where it was moved, `ganymede train PLACE --outdir {}` goes on with it \
             and writes the new place down",
            run.display()
        );
        return Err(Failure::from(error).with_hint(hint));
    }
    // The numbers of classes are the run's.
    Ok(open_data(data, terminal)?.with_class_order(run_dir::read_codec(run)?.classes())?)
}

/// A source as it is kept in a spec: a name as it is, a path from the root, so that the run goes on from anywhere.
///
/// # Errors
/// When there is no such source, or its path is not Unicode.
pub fn source_name(typed: &std::ffi::OsStr) -> Result<String, Failure> {
    let path = match Source::parse(typed)? {
        Source::Name(name) => return Ok(name.into()),
        Source::Path(path) => path,
    };
    path_name(path)
}

/// A path from the root, as it is kept in a spec.
///
/// # Errors
/// When it is not Unicode.
pub fn path_name(path: PathBuf) -> Result<String, Failure> {
    let path = std::path::absolute(&path).unwrap_or(path);
    path.into_os_string().into_string().map_err(|path| {
        let text = format!("expected a path in Unicode, found {path:?}");
        Failure::new(USER, text).with_hint("rename it: the path is kept in the run's spec.toml")
    })
}

/// Refuses pictures of a size that the networks do not take or the memory does not hold, before the data
/// are decoded to that size. Their number of channels may not be known yet: then one is the least.
///
/// # Errors
/// What checking and compiling give.
pub fn rehearse(
    spec: &TrainSpec,
    shape: [usize; 3],
    machine: &MachineFlags,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let facts = DataFacts { name: spec.data.source.clone(), shape: shape.to_vec(), ..DataFacts::default() };
    let report = check::check(&Draft { spec: spec.clone(), missing: Vec::new() }, Some(&facts));
    if let Some(finding) = report.of(Severity::Error).find(|f| f.rule == "data_shape") {
        let fixes: Vec<&str> = finding.fixes.iter().map(|fix| fix.what.as_str()).collect();
        let text = format!("{}: {}", finding.place, finding.reason);
        return Err(Failure::new(USER, text).with_hint(fixes.join("; or ")));
    }
    if report.has_errors() {
        // They are shown together with what the data's own facts give.
        return Ok(());
    }
    // Classes are not known yet; those who learn some learn ten.
    let classes = (0..10).map(|class| class.to_string()).collect();
    let codec = Codec::stand_in(TensorType::new(DType::U8, shape), [0.0, 255.0], classes);
    compile(spec, &codec, &machine.machine(spec.train.numerics)?, terminal)?;
    Ok(())
}

/// Checks a spec and compiles it on its data; says what it takes. `file` is where the spec comes from, if from a
/// file or a run; `hints` says whether the check's hints are shown: without a run nothing else will show them.
///
/// # Errors
/// When the check finds errors, and what compiling gives.
pub fn prepare(
    spec: TrainSpec,
    dataset: Dataset,
    codec: &Codec,
    (file, hints): (Option<&Path>, bool),
    machine: &MachineFlags,
    terminal: &mut Terminal,
) -> Result<Prepared, Failure> {
    terminal.say(&dataset.report().to_string());
    let split = dataset.split(spec.data.options.holdout, spec.seed);
    let (shown, kept) = (grouped(split.train.len() as u64), grouped(split.holdout.len() as u64));
    terminal.say(&format!("split       {shown} to train on, {kept} held out"));
    let facts = DataFacts { name: spec.data.source.clone(), ..DataFacts::of(codec, split.train.len()) };
    judge(&spec, &facts, (file, hints), terminal)?;
    let machine = machine.machine(spec.train.numerics)?;
    let stepper = compile(&spec, codec, &machine, terminal)?;
    for line in describe(&stepper.plan(), &machine) {
        terminal.say(&line);
    }
    Ok(Prepared { spec, dataset: Arc::new(dataset), machine, stepper })
}

/// Compiles a step; where the memory does not hold it, what is known of it is said first.
///
/// # Errors
/// What compiling gives.
pub fn compile(
    spec: &TrainSpec,
    codec: &Codec,
    machine: &Machine,
    terminal: &mut Terminal,
) -> Result<Stepper, Failure> {
    let error = match Stepper::new(spec, codec, &machine.backend) {
        Ok(stepper) => return Ok(stepper),
        Err(error) => machine.explain(error),
    };
    if matches!(error, GanError::Memory { .. }) {
        let traced = phases::trace(spec, codec)?;
        for (name, list) in &traced.parameters {
            let count = list.iter().filter(|p| p.trainable).map(|p| p.shape.elements() as u64).sum();
            terminal.say(&format!("network     {name}: {} parameters", grouped(count)));
        }
        terminal.say(&format!("memory      states {}", bytes(traced.layout.bytes() as u64)));
    }
    Err(error.into())
}

/// Runs every rule of `check`. `file` is where the spec comes from, if from a file or a run.
fn judge(
    spec: &TrainSpec,
    facts: &DataFacts,
    (file, hints): (Option<&Path>, bool),
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let report = check::check(&Draft { spec: spec.clone(), missing: Vec::new() }, Some(facts));
    if report.has_errors() {
        terminal.say(&report.to_string());
        let hint = match file {
            Some(file) => format!(
                "`ganymede check --fix OUT.toml {}` writes a spec without those that are the file's; others come from \
                 flags such as --set",
                file.display()
            ),
            None => "change the flags that it comes from, such as --batch and --set; or edit what `ganymede presets \
                     NAME` prints, and train it with --config FILE"
                .into(),
        };
        return Err(Failure::new(USER, "the spec has errors: it is not trained").with_hint(hint));
    }
    match report.of(Severity::Hint).count() {
        0 => terminal.say("check       no errors"),
        count if hints => {
            terminal.say(&format!("check       no errors, hints: {count}"));
            report.of(Severity::Hint).for_each(|hint| terminal.say(&format!("            {hint}")));
        }
        count => {
            terminal.say(&format!("check       no errors, hints: {count} (`ganymede check` on the run shows them)"))
        }
    }
    Ok(())
}

/// What a training takes, a fact a line.
fn describe(plan: &PlanReport, machine: &Machine) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, (trainable, other)) in &plan.parameters {
        let other = if *other > 0 { format!(" and {} statistics", grouped(*other)) } else { String::new() };
        lines.push(format!("network     {name}: {} parameters{other}", grouped(*trainable)));
    }
    let (states, values) = (bytes(plan.state_bytes), bytes(plan.arena_bytes + plan.fixed_bytes));
    lines.push(format!("memory      {} at most: states {states}, values of a step {values}", bytes(plan.peak_bytes())));
    let s = if machine.threads == 1 { "" } else { "s" };
    lines.push(format!("step        {} on {} with {} thread{s}", flops(plan.flops), machine.isa, machine.threads));
    lines
}

/// Where a training ended, for `--json`.
fn result_line(run: &Path, outcome: &Outcome, model: &Path) -> String {
    let value = json!({
        "kind": "result", "reason": outcome.reason.name(), "step": outcome.step, "seconds": outcome.elapsed.as_secs_f64(),
        "run": run, "samples": outcome.snapshot, "model": model, "checkpoint": outcome.checkpoint,
    });
    value.to_string()
}

impl Prepared {
    /// What it takes, as one JSON object.
    pub fn plan_line(&self) -> String {
        let plan = self.stepper.plan();
        let value = json!({
            "kind": "plan", "parameters": plan.parameters, "planned_bytes": plan.peak_bytes(), "flops": plan.flops,
            "data": self.dataset.report(), "isa": self.machine.isa, "threads": self.machine.threads,
        });
        value.to_string()
    }

    /// Trains to the end and says where everything is; measures some steps kernel by kernel if asked to.
    ///
    /// # Errors
    /// When the memory does not suffice, what training gives, and quietly when a signal ended it.
    pub fn train(self, start: Start, json: bool, profile: Option<u64>, terminal: &mut Terminal) -> Result<(), Failure> {
        let Prepared { spec, dataset, machine, mut stepper } = self;
        resources::check(stepper.plan().peak_bytes(), resources::available())?;
        let sampler = Sampler::new(&spec, dataset.codec(), None, &machine.backend).map_err(|e| machine.explain(e))?;
        let resumes = matches!(start, Start::Resume(_));
        let run = match start {
            Start::Resume(run) => {
                run.change(&spec)?;
                run
            }
            Start::New { outdir, name } => {
                // Networks that do not fit are refused before there is a run.
                if let Some(from) = &spec.from {
                    for network in stepper.networks() {
                        checkpoint::load_network(from.as_ref(), &network, stepper.store_mut())?;
                    }
                }
                let env = Env::now(&machine.backend, machine.threads, spec.train.numerics, &dataset);
                let codec = dataset.learn(&dataset.split(spec.data.options.holdout, spec.seed))?;
                RunDir::create(&outdir, &name, &spec, &codec, &env)?
            }
        };
        let path = run.path().to_path_buf();
        let codec = run_dir::read_codec(&path)?;
        let log = path.join("log.txt");
        terminal.log_to(&log).map_err(|e| Failure::new(USER, format!("cannot write {}: {e}", log.display())))?;
        terminal.say(&format!("run         {}", path.display()));
        let stop = signals::stop_flag().map_err(|e| Failure::new(USER, format!("cannot listen to signals: {e}")))?;
        let peak = profile.map(|_| peak::measure(machine.isa_set, machine.threads)).transpose();
        let mut show = Show::new(terminal, &spec.train, json, Arc::clone(&stop));
        show.peak = peak.map_err(RuntimeError::from)?;
        let setup = Setup { spec, run, codec, dataset, stepper, sampler, backend: Box::new(machine.backend) };
        let trainer = if resumes { Trainer::resume(setup, &mut show) } else { Trainer::start(setup, &mut show) };
        let outcome = trainer.and_then(|trainer| trainer.profiled(profile.unwrap_or(0)).run(&stop));
        show.finish();
        conclude(&path, &outcome?, json, terminal)
    }
}

/// Says how it went and where samples, model and run are.
fn conclude(run: &Path, outcome: &Outcome, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let network = phases::sampled(&run_dir::read_spec(run)?);
    let model = outcome.checkpoint.join(format!("{network}.safetensors"));
    let (step, time) = (grouped(outcome.step), duration(outcome.elapsed));
    let done = match outcome.reason {
        Reason::Interrupted => "interrupted",
        _ => "done",
    };
    terminal.say(&format!("{done} at step {step} after {time}; {:.2} % of it waiting for data", outcome.wait * 100.0));
    let run_name = run.display();
    if outcome.reason == Reason::Interrupted {
        terminal.say(&format!("everything is saved; `ganymede resume {run_name}` goes on"));
    } else {
        terminal
            .say(&format!("`ganymede sample {run_name}` draws more, `ganymede resume {run_name} --steps N` trains on"));
    }
    if json {
        terminal.result(&result_line(run, outcome, &model))?;
    } else {
        let samples = outcome.snapshot.display();
        terminal.result(&format!("samples  {samples}\nmodel    {}\nrun      {run_name}", model.display()))?;
    }
    if outcome.reason == Reason::Interrupted { Err(Failure::quiet(INTERRUPTED)) } else { Ok(()) }
}
