//! Trains a small GAN on eight Gaussians on a ring, from Rust: `cargo run --release --example ring2d`.
//! With `-- --steps N` it trains N steps.

use ganymede::prelude::*;
use std::error::Error;

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
    let data = Dataset::open(&Source::parse("ring2d")?, &DataOptions::default(), &())?;
    let training = Training::preset("mlp", data)?.steps(steps).set("train.tick_every=100")?;

    // The whole step is compiled here: errors, memory and cost are known before training.
    let compiled = training.outdir(std::env::temp_dir().join("ganymede-example")).compile()?;
    println!("a step takes {} FLOP and {} bytes at most", compiled.plan().flops, compiled.plan().peak_bytes());

    let outcome = compiled.start(Losses)?.train()?;
    println!("samples in {}", outcome.snapshot.display());
    Ok(())
}
