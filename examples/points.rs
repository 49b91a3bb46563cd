//! Trains on points that a program has in memory, and generates samples: `cargo run --release --example points`.

use ganymede::prelude::*;
use std::error::Error;
use std::sync::atomic::AtomicBool;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let steps = words.windows(2).find(|w| w[0] == "--steps").map_or(Ok(2000), |w| w[1].parse())?;

    let spiral: Vec<[f32; 2]> = (0..2000).map(|i| i as f32 / 200.0).map(|a| [a * a.cos(), a * a.sin()]).collect();
    let data = Dataset::from_samples("spiral", spiral, [2]).build()?;
    let training = Training::preset("mlp", data)?.steps(steps).outdir(std::env::temp_dir().join("ganymede-points"));
    let outcome = training.start()?.run(&AtomicBool::new(false))?;

    let backend = CpuBackend::new(CpuOptions::default())?;
    let (mut sampler, codec, _) = Sampler::open(&outcome.run, SamplerOptions::default(), &backend)?;
    let drawn = sampler.draw(0..5, Labels::InTurn)?; // (5, 2), in the network's range [−1, 1]
    let (scale, offset) = codec.scaling(); // network = point · scale + offset
    for point in drawn.to_f64().chunks(2).map(|point| [(point[0] - offset) / scale, (point[1] - offset) / scale]) {
        println!("{point:.3?}");
    }
    Ok(())
}
