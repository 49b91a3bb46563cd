//! A training as the command shows it: what it takes before it begins. Not here: how it ended (`ending.rs`), the flags
//! (`commands/train.rs`), what a training is (`ganymede-gan`).

use crate::ending;
use crate::failure::{Failure, USER};
use crate::flags::TensorBoardFlags;
use crate::numbers::{bytes, duration, flops, grouped};
use crate::progress::{DataBar, Show};
use crate::signals;
use crate::terminal::Terminal;
use ganymede_data::{Codec, Dataset, Source};
use ganymede_gan::check::Severity;
use ganymede_gan::spec::{DataSpec, TrainSection, TrainSpec};
use ganymede_gan::{Compiled, GanError, Machine, Pace, Stepper, Trainer, Training, phases};
use ganymede_kernels::peak;
use ganymede_runtime::{CpuOptions, RuntimeError};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Reads the samples of a spec.
///
/// # Errors
/// What reading gives.
pub fn open_data(data: &DataSpec, terminal: &Terminal) -> Result<Dataset, Failure> {
    let source = Source::parse(&data.source)?;
    Ok(Dataset::open(&source, &data.options, &DataBar::new(terminal))?)
}

/// Reads the samples of a spec for a look: what is decoded for it is not kept.
///
/// # Errors
/// What reading gives.
pub fn look_at_data(data: &DataSpec, terminal: &Terminal) -> Result<Dataset, Failure> {
    let source = Source::parse(&data.source)?;
    Ok(Dataset::look(&source, &data.options, &DataBar::new(terminal))?)
}

/// Reads the samples that a run was started on.
///
/// # Errors
/// What reading gives.
pub fn open_run_data(run: &Path, data: &DataSpec, terminal: &Terminal) -> Result<Dataset, Failure> {
    Ok(ganymede_gan::open_run_data(run, data, &DataBar::new(terminal))?)
}

/// Reads other samples to stand beside a run.
///
/// # Errors
/// What reading gives.
pub fn open_beside(run: &Path, data: &DataSpec, terminal: &Terminal) -> Result<Dataset, Failure> {
    Ok(ganymede_gan::open_beside(run, data, &DataBar::new(terminal))?)
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
fn path_name(path: PathBuf) -> Result<String, Failure> {
    let path = std::path::absolute(&path).unwrap_or(path);
    path.into_os_string().into_string().map_err(|path| {
        let text = format!("expected a path in Unicode, found {path:?}");
        Failure::new(USER, text).with_hint("rename it: the path is kept in the run's spec.toml")
    })
}

/// Refuses images of a size that the networks do not take or the memory does not hold, before the data are decoded.
///
/// # Errors
/// What checking and compiling give.
pub fn rehearse(spec: &TrainSpec, shape: [usize; 3], cpu: CpuOptions, terminal: &mut Terminal) -> Result<(), Failure> {
    ganymede_gan::rehearse(spec, shape, cpu)
        .or_else(|error| explained(error, spec, &ganymede_gan::image_codec(shape), terminal))
}

/// Says what is known of a step that the memory does not hold, and gives the error on.
fn explained<T>(error: GanError, spec: &TrainSpec, codec: &Codec, terminal: &mut Terminal) -> Result<T, Failure> {
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

/// Compiles a step alone; where the memory does not hold it, what is known of it is said first.
///
/// # Errors
/// What compiling gives.
pub fn compiled(
    spec: &TrainSpec,
    codec: &Codec,
    machine: &Machine,
    terminal: &mut Terminal,
) -> Result<Stepper, Failure> {
    Stepper::new(spec, codec, &machine.backend).or_else(|e| explained(machine.explain(e), spec, codec, terminal))
}

/// Says what the data is, checks the training, compiles it, and says what it takes and how long. `file` is where the spec comes from,
/// if from a file or a run; `hints` says whether the check's hints are shown: without a run nothing else will show them.
///
/// # Errors
/// When the check finds errors, and what compiling gives.
pub fn prepare(
    training: Training,
    (file, hints): (Option<&Path>, bool),
    terminal: &mut Terminal,
) -> Result<(Compiled, Option<Pace>), Failure> {
    terminal.say(&training.data().report().to_string());
    let split = training.data().split(training.spec().data.options.holdout, training.spec().seed);
    let (shown, kept) = (grouped(split.train.len() as u64), grouped(split.holdout.len() as u64));
    terminal.say(&format!("split       {shown} to train on, {kept} held out"));
    for line in changed(&training, file) {
        terminal.say(&line);
    }
    judge(&training, (file, hints), terminal)?;
    let (spec, codec) = (training.spec().clone(), training.codec().clone());
    let mut compiled = training.compile().or_else(|error| explained(error, &spec, &codec, terminal))?;
    for line in describe(&compiled) {
        terminal.say(&line);
    }
    let pace = compiled.pace()?;
    for line in length(&spec.train, pace.as_ref()) {
        terminal.say(&line);
    }
    Ok((compiled, pace))
}

/// Most changes of a spec that are told one by one.
const TOLD_CHANGES: usize = 12;

/// What was changed of the preset, or of the spec's file, a key a line.
fn changed(training: &Training, file: Option<&Path>) -> Vec<String> {
    let changes = training.changes();
    if changes.is_empty() {
        return Vec::new();
    }
    let from = match file {
        Some(file) => file.display().to_string(),
        None => format!("the preset {}", training.spec().preset),
    };
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
    let told = changes.iter().take(TOLD_CHANGES);
    let mut lines = vec![format!("changed     from {from}:")];
    lines.extend(told.map(|c| format!("            {}={} (was {})", c.key, value(&c.right), value(&c.left))));
    let more = changes.len().saturating_sub(TOLD_CHANGES);
    lines.extend((more > 0).then(|| format!("            and {more} more")));
    lines
}

/// A training that takes longer says how it can be shorter.
const LONG: Duration = Duration::from_secs(30 * 60);

/// How long a training is, in steps, samples and time; `pace` is what a step was measured to take.
fn length(train: &TrainSection, pace: Option<&Pace>) -> Vec<String> {
    let Some(pace) = pace else { return Vec::new() };
    let (Some(last), Some(left)) = (pace.last, pace.left()) else { return Vec::new() };
    let kimg = last as f64 * train.images_per_step() as f64 / 1000.0;
    let kimg = if kimg < 10.0 { format!("{kimg:.1}") } else { grouped(kimg.round() as u64) };
    let s = |count: u64| if count == 1 { "" } else { "s" };
    let (steps, batch) = (grouped(last), train.batch);
    let after = if pace.done > 0 { format!(" from step {} on", grouped(pace.done)) } else { String::new() };
    let mut lines = vec![format!(
        "length      {steps} step{} of {batch} = {kimg} kimg, about {}{after} ({:.3} s a step, measured on {} steps)",
        s(last),
        duration(left),
        pace.step,
        pace.measured
    )];
    if train.most_step() == Some(last) {
        lines.push(
            "            no longer: by then each sample was seen as often as it may be before it is learned by heart (--steps N \
             trains longer)"
                .into(),
        );
    }
    if left > LONG && train.minutes.is_none() {
        lines.push(
            "            shorter: --minutes N or --steps N ends it earlier; half the --resolution, or half the --width, \
             takes about a quarter of the time"
                .into(),
        );
    }
    lines
}

/// Says what the rules of `check` find.
fn judge(training: &Training, (file, hints): (Option<&Path>, bool), terminal: &mut Terminal) -> Result<(), Failure> {
    let report = training.check();
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
fn describe(compiled: &Compiled) -> Vec<String> {
    let (plan, machine) = (compiled.plan(), compiled.machine());
    let mut lines = Vec::new();
    for (name, (trainable, other)) in &plan.parameters {
        let other = if *other > 0 { format!(" and {} statistics", grouped(*other)) } else { String::new() };
        lines.push(format!("network     {name}: {} parameters{other}", grouped(*trainable)));
    }
    let parts: Vec<String> = plan.parts().iter().map(|(part, size)| format!("{part} {}", bytes(*size))).collect();
    lines.push(format!("memory      {} at most: {}", bytes(plan.peak_bytes()), parts.join(", ")));
    let (isa, threads) = (machine.isa(), machine.threads());
    let s = if threads == 1 { "" } else { "s" };
    lines.push(format!("step        {} on {isa} with {threads} thread{s}", flops(plan.flops)));
    lines
}

/// What a training takes, as one JSON object.
pub fn plan_line((compiled, pace): &(Compiled, Option<Pace>)) -> String {
    let changes = compiled.training().changes();
    let changed: Vec<_> =
        changes.iter().map(|change| json!({ "key": change.key, "from": change.left, "to": change.right })).collect();
    let (plan, machine) = (compiled.plan(), compiled.machine());
    let value = json!({
        "kind": "plan", "changed": changed, "parameters": plan.parameters, "planned_bytes": plan.peak_bytes(), "flops": plan.flops,
        "data": compiled.training().data().report(), "isa": machine.isa(), "threads": machine.threads(),
        "steps": pace.and_then(|pace| pace.last), "seconds_a_step": pace.map(|pace| pace.step),
        "seconds": pace.and_then(|pace| pace.left()).map(|left| left.as_secs_f64()),
    });
    value.to_string()
}

/// How a training is shown.
pub struct Shown {
    /// As JSON.
    pub json: bool,
    /// So many steps are measured kernel by kernel.
    pub profile: Option<u64>,
    /// In TensorBoard, too.
    pub tensorboard: TensorBoardFlags,
}

/// Trains to the end and says where everything is.
///
/// # Errors
/// When the memory does not suffice, what training gives, and quietly when a signal ended it.
pub fn train(compiled: Compiled, shown: Shown, terminal: &mut Terminal) -> Result<(), Failure> {
    let Shown { json, profile, tensorboard } = shown;
    let (isa, threads) = (compiled.machine().options.isa, compiled.machine().threads());
    let cache = compiled.training().data().cache_file().map(Path::to_path_buf);
    let (setup, resumes) = compiled.setup()?;
    let path = setup.run.path().to_path_buf();
    let log = path.join("log.txt");
    terminal.log_to(&log).map_err(|e| Failure::new(USER, format!("cannot write {}: {e}", log.display())))?;
    terminal.say(&format!("run         {}", path.display()));
    let stop = signals::stop_flag().map_err(|e| Failure::new(USER, format!("cannot listen to signals: {e}")))?;
    let peak = profile.map(|_| peak::measure(isa, threads)).transpose();
    let mut show = Show::new(terminal, &path, &setup.spec.train, json, Arc::clone(&stop));
    show.tensorboard = tensorboard.of(&path);
    show.peak = peak.map_err(RuntimeError::from)?;
    let trainer = if resumes { Trainer::resume(setup, &mut show) } else { Trainer::start(setup, &mut show) };
    let outcome = trainer.and_then(|trainer| trainer.profiled(profile.unwrap_or(0)).run(&stop));
    show.finish();
    ending::conclude(&path, &outcome?, cache.as_deref(), json, terminal)
}
