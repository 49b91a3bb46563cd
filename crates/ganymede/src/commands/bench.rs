//! `ganymede bench`: times the steps of some work on random data, without any data set or run. Not here: which work there
//! is (`workloads.rs`), the same in other frameworks (`benches/peers`).

use super::sample::CHUNK;
use super::{Command, Examples};
use crate::failure::{DIVERGED, Failure, USAGE, USER};
use crate::flags::{MachineFlags, NumericsFlags};
use crate::terminal::Terminal;
use crate::whole::whole;
use crate::{profile, setup, workloads};
use clap::Args;
use ganymede_data::{Batch, Codec};
use ganymede_gan::profile::Profile;
use ganymede_gan::spec::{TrainSection, TrainSpec, Update};
use ganymede_gan::{GanError, Labels, Machine, Sampler, Stepper, resources};
use ganymede_kernels::peak;
use ganymede_runtime::RuntimeError;
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorError, TensorType};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Steps before the timed ones, the first included.
const WARM_UP: u64 = 4;
/// Steps that are measured kernel by kernel, after the timed ones.
const PROFILED: u64 = 10;
/// Different batches, used in turn.
const BATCHES: u64 = 4;
/// Classes of random labels, for presets that learn them.
const CLASSES: u32 = 10;
const MIB: f64 = (1 << 20) as f64;

/// `ganymede bench`.
#[derive(Args, Debug)]
pub struct Bench {
    /// A preset or another workload [default: list all of them]
    work: Option<String>,
    /// Side of the images, for presets [default: 28]
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1..=16_384))]
    resolution: Option<u16>,
    /// Channels of the images, for presets [default: 1]
    #[arg(long, value_name = "N", value_parser = whole::<u8>(1..=u8::MAX as u64))]
    channels: Option<u8>,
    /// Samples in a batch [default: the workload's]
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=65_536))]
    batch: Option<u32>,
    /// Number of timed steps, after some to warm up; 0 with --sample times only the generator
    #[arg(long, value_name = "N", default_value = "20", value_parser = whole::<u32>(0..=1_000_000))]
    steps: u32,
    /// Also time generating N samples
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=10_000_000))]
    sample: Option<u64>,
    #[command(flatten)]
    numerics: NumericsFlags,
    #[command(flatten)]
    machine: MachineFlags,
    /// Write a trace of the kernels into this file, for chrome://tracing or Perfetto
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    trace: Option<PathBuf>,
    /// Print everything as one JSON object
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl Command for Bench {
    const NAME: &'static str = "bench";
    const ABOUT: &'static str = "Time training steps on random data, kernel by kernel";
    const EXAMPLES: Examples = &[
        ("What can be timed", &["ganymede bench"]),
        ("DCGAN at 64 pixels in colour", &["ganymede bench dcgan --resolution 64 --channels 3 --batch 64"]),
        ("When each kernel runs", &["ganymede bench dcgan --steps 5 --trace trace.json"]),
    ];

    fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let Some(work) = &self.work else {
            return workloads::list().into_iter().try_for_each(|(name, summary)| {
                terminal.result(&match self.json {
                    true => json!({ "kind": "work", "name": name, "summary": summary }).to_string(),
                    false => format!("{name:<10} {summary}"),
                })
            });
        };
        if self.steps == 0 && self.sample.is_none() {
            return Err(Failure::new(USAGE, "--steps 0: expected --sample N, found nothing else to time"));
        }
        let mut spec = workloads::spec(work, self.resolution.map(usize::from), self.channels.map(usize::from))?;
        spec.train.batch = self.batch.map_or(spec.train.batch, |n| n as usize);
        self.numerics.apply(&mut spec.train);
        let machine = self.machine.machine(spec.train.numerics)?;
        let codec = codec(&spec.data.shape);
        let mut timed = match self.steps {
            0 => Timed::default(),
            steps => Timed::of(steps, &spec, &codec, &machine, terminal)?,
        };
        if let Some(count) = self.sample {
            timed.draw(&spec, &codec, &machine, count)?;
        }
        let profile = timed.profile(PROFILED.min(u64::from(self.steps)))?;
        if let Some(file) = &self.trace {
            let write = std::fs::write(file, profile::trace(&profile).to_string() + "\n");
            write.map_err(|e| Failure::new(USER, format!("cannot write {}: {e}", file.display())))?;
        }
        let peak = peak::measure(machine.options.isa, machine.threads()).map_err(RuntimeError::from)?;
        let value = timed.json(work, &spec, &machine, (&profile, peak));
        if self.json {
            return terminal.result(&value.to_string());
        }
        let table = if profile.kernels.is_empty() { Vec::new() } else { profile::table(&profile, peak) };
        describe(&value).iter().chain(&table).try_for_each(|line| terminal.result(line))
    }
}

/// What was measured.
#[derive(Default)]
struct Timed {
    /// None where no step is timed.
    stepper: Option<Stepper>,
    batches: Vec<Batch>,
    /// The next step.
    step: u64,
    /// Milliseconds of each timed step, sorted.
    times: Vec<f64>,
    first_step_ms: Option<f64>,
    /// How many samples were generated in how many seconds.
    drawn: Option<(u64, f64)>,
    /// Bytes up to the last timed step, or up to the last sample where there are no steps.
    peak_rss: u64,
    planned: u64,
}

impl Timed {
    /// Compiles the work and times its steps; nothing is measured inside of them.
    fn of(
        steps: u32,
        spec: &TrainSpec,
        codec: &Codec,
        machine: &Machine,
        terminal: &mut Terminal,
    ) -> Result<Timed, Failure> {
        let mut stepper = setup::compiled(spec, codec, machine, terminal)?;
        let planned = stepper.plan().peak_bytes();
        resources::check(planned, resources::available())?;
        stepper.initialise()?;
        let batches = (0..BATCHES).map(|number| random_batch(number, spec.train.batch, codec)).collect();
        let mut timed = Timed { stepper: Some(stepper), batches, planned, ..Timed::default() };
        timed.advance()?;
        timed.first_step_ms = Some(terminal.age().as_secs_f64() * 1e3);
        (1..WARM_UP).try_for_each(|_| timed.advance())?;
        for _ in 0..steps {
            let start = Instant::now();
            timed.advance()?;
            timed.times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        timed.times.sort_by(f64::total_cmp);
        timed.peak_rss = resources::peak_resident();
        Ok(timed)
    }

    /// Times generating, from latents to the bytes of files, by the generator as it is now.
    fn draw(&mut self, spec: &TrainSpec, codec: &Codec, machine: &Machine, count: u64) -> Result<(), Failure> {
        let mut sampler = Sampler::new(spec, codec, None, &machine.backend).map_err(|e| machine.explain(e))?;
        match &self.stepper {
            Some(stepper) => sampler.copy_from(stepper.store())?,
            None => sampler.initialise(codec)?,
        }
        // The first batch touches memory for the first time.
        sampler.draw(0..1, Labels::InTurn)?;
        let start = Instant::now();
        for first in (0..count).step_by(CHUNK as usize) {
            let drawn = sampler.draw(first..count.min(first + CHUNK), Labels::InTurn)?;
            let refuse = |e: TensorError| GanError::Argument { what: "sample".into(), reason: e.to_string() };
            let values = drawn.as_f32().map_err(refuse)?;
            std::hint::black_box(codec.encode(values));
        }
        self.drawn = Some((count, start.elapsed().as_secs_f64()));
        if self.stepper.is_none() {
            (self.planned, self.peak_rss) = (sampler.planned_bytes(), resources::peak_resident());
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), Failure> {
        let Some(stepper) = &mut self.stepper else { return Ok(()) };
        let mut next = self.step as usize;
        let result = stepper.run(self.step, || {
            next += 1;
            Ok(self.batches[next % self.batches.len()].clone())
        })?;
        if let Some((phase, what)) = result.non_finite.first() {
            let text = format!("step {}: {what} in phase `{phase}` is not finite", self.step);
            return Err(
                Failure::new(DIVERGED, text).with_hint("take fewer --steps: training on random data can diverge")
            );
        }
        self.step += 1;
        Ok(())
    }

    fn profile(&mut self, steps: u64) -> Result<Profile, Failure> {
        let switch = |timed: &mut Timed, on| timed.stepper.iter_mut().for_each(|stepper| stepper.profile(on));
        switch(self, true);
        (0..steps).try_for_each(|_| self.advance())?;
        switch(self, false);
        Ok(self.stepper.as_ref().map_or_else(Profile::default, |stepper| Profile::of(stepper, steps)))
    }

    /// Median, smallest and largest time of a step.
    fn spread(&self) -> Value {
        let (times, half) = (&self.times, self.times.len() / 2);
        let [Some(min), Some(max)] = [times.first(), times.last()] else { return Value::Null };
        let median = if times.len() % 2 == 1 { times[half] } else { (times[half - 1] + times[half]) / 2.0 };
        json!({ "median": median, "min": min, "max": max })
    }

    fn json(&self, work: &str, spec: &TrainSpec, machine: &Machine, (profile, peak): (&Profile, f64)) -> Value {
        let mut value = json!({
            "work": work, "shape": spec.data.shape, "batch": spec.train.batch, "steps": self.times.len(),
            "update": update(&spec.train),
            "ms_per_step": self.spread(),
            "first_step_ms": self.first_step_ms, "peak_rss_mb": self.peak_rss as f64 / MIB,
            "planned_mb": self.planned as f64 / MIB,
            "threads": machine.threads(), "isa": machine.isa(), "numerics": spec.train.numerics.name(),
            "peak_gflops": peak, "kernels": profile::kernels(profile, peak), "not_fused": profile::missed(profile),
        });
        if let Some((count, seconds)) = self.drawn {
            value["sample"] = json!({ "count": count, "seconds": seconds });
        }
        value
    }
}

/// How the phases of a step see each other, as `benches/peers` name it.
fn update(train: &TrainSection) -> &'static str {
    match (train.update, train.fresh_fakes) {
        (Update::Simultaneous, _) => "simultaneous",
        (Update::Alternating, false) => "alternating",
        (Update::Alternating, true) => "alternating_fresh",
    }
}

/// The result in words.
fn describe(value: &Value) -> Vec<String> {
    let number = |key: &str| value[key].as_f64().unwrap_or(0.0);
    let step = |key: &str| value["ms_per_step"][key].as_f64().unwrap_or(0.0);
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_string();
    let shape: Vec<String> = value["shape"].as_array().into_iter().flatten().map(Value::to_string).collect();
    let s = if value["threads"] == 1 { "" } else { "s" };
    let mut lines = vec![format!("work        {}, {}, batch {}", text("work"), shape.join("x"), value["batch"])];
    if value["steps"] != 0 {
        lines.push(format!(
            "step        {:.2} ms, median of {} ({:.2} to {:.2}), {} update",
            step("median"),
            value["steps"],
            step("min"),
            step("max"),
            text("update")
        ));
        lines.push(format!("first step  done {:.0} ms after the start of the process", number("first_step_ms")));
    }
    lines.extend([
        format!("memory      {:.1} MiB at the peak, {:.1} MiB planned", number("peak_rss_mb"), number("planned_mb")),
        format!("machine     {}, {} thread{s}, {} numerics", text("isa"), value["threads"], text("numerics")),
    ]);
    if let Some(seconds) = value["sample"]["seconds"].as_f64() {
        lines.push(format!("sampling    {} samples in {seconds:.2} s", value["sample"]["count"]));
    }
    lines
}

/// Images as bytes, everything else as floats from −1 to 1.
fn codec(shape: &[usize]) -> Codec {
    let (dtype, range) = if shape.len() == 3 { (DType::U8, [0.0, 255.0]) } else { (DType::F32, [-1.0, 1.0]) };
    Codec::stand_in(TensorType::new(dtype, shape), range, (0..CLASSES).map(|class| class.to_string()).collect())
}

fn random_batch(number: u64, size: usize, codec: &Codec) -> Batch {
    let shape: Vec<usize> = [size].into_iter().chain(codec.shape().iter().copied()).collect();
    let elements = shape.iter().product();
    let mut rng = Rng::at(0, 0, number as u32);
    let data = match codec.dtype() {
        DType::U8 => Data::U8((0..elements).map(|_| rng.bits() as u8).collect()),
        _ => Data::F32((0..elements).map(|_| rng.uniform_in(-1.0, 1.0) as f32).collect()),
    };
    let real = Tensor::new(shape, data).expect("as many elements as the shape has");
    let labels = (0..size).map(|_| rng.below(CLASSES) as i32).collect();
    let label = Tensor::new([size], Data::I32(labels)).expect("a label a sample");
    Batch::new(number, [("real", real), ("label", label)])
}
