//! Trains a small GAN on eight Gaussians on a ring, from Rust: `cargo run --release --example ring2d`.
//! With `-- --steps N` it trains N steps.

use ganymede::gan::presets;
use ganymede::gan::run_dir::Env;
use ganymede::prelude::*;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Shows the losses.
struct Losses;

impl Observer for Losses {
    fn line(&mut self, line: &Line) {
        if let Event::Tick { losses, .. } = &line.event {
            println!("step {:>5}  {losses:.3?}", line.step);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let steps = words.windows(2).find(|w| w[0] == "--steps").map_or(Ok(2000), |w| w[1].parse())?;

    // What it learns from, and everything that decides the training.
    let data = Arc::new(Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?);
    let mut spec = presets::preset("mlp", data.codec())?;
    spec.train.steps = Some(steps);
    spec.train.tick_every = 100;

    // The whole step is compiled here: errors, memory and cost are known before training.
    let backend = CpuBackend::new(CpuOptions::default())?;
    let stepper = Stepper::new(&spec, data.codec(), &backend)?;
    let sampler = Sampler::new(&spec, data.codec(), None, &backend)?;
    println!("a step takes {} FLOP and {} bytes at most", stepper.plan().flops, stepper.plan().peak_bytes());

    let folder = std::env::temp_dir().join("ganymede-example");
    let env = Env::now(&backend, CpuOptions::default().threads, spec.train.numerics, &data);
    let codec = data.learn(&data.split(spec.data.options.holdout, spec.seed))?;
    let run = RunDir::create(&folder, "ring2d", &spec, &codec, &env)?;
    let setup = Setup { spec, run, codec, dataset: data, stepper, sampler, backend: Box::new(backend) };
    let outcome = Trainer::start(setup, Losses)?.run(&AtomicBool::new(false))?;
    println!("samples in {}", outcome.snapshot.display());
    Ok(())
}
