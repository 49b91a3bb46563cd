//! A loop of one's own over the compiled step: batches that no data set holds, and a rate that falls when the program says so.
//! `cargo run --release --example own_loop`; with `-- --steps N` it takes N steps.

use ganymede::gan::presets;
use ganymede::prelude::*;
use std::collections::BTreeMap;
use std::error::Error;

/// Batch `step`: points on a spiral, with noise, none of them twice.
fn batch(step: u64, size: usize) -> Result<Batch, GanError> {
    let mut random = Rng::at(7, 0, step as u32);
    let mut points = Vec::with_capacity(2 * size);
    for _ in 0..size {
        let angle = random.uniform_in(0.0, 10.0);
        points.push((angle * angle.cos() + 0.1 * random.normal()) as f32);
        points.push((angle * angle.sin() + 0.1 * random.normal()) as f32);
    }
    Ok(Batch::new(step, [("real", Tensor::from_f32([size, 2], points)?)]))
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().skip_while(|word| word != "--steps").nth(1).map_or(Ok(3000), |n| n.parse())?;

    // What a sample is: two numbers from −11 to 11. The spec is a preset's; one of your own does as well.
    let codec = Codec::stand_in(TensorType::f32([2]), [-11.0, 11.0], Vec::new());
    let spec = presets::preset("mlp", &codec)?;
    let backend = CpuBackend::new(CpuOptions::default())?;
    let mut stepper = Stepper::new(&spec, &codec, &backend)?;
    let mut sampler = Sampler::new(&spec, &codec, None, &backend)?;

    stepper.initialise()?;
    for step in 0..steps {
        if step == steps / 2 {
            stepper.set_scalars(BTreeMap::from([("g/learning_rate".to_string(), 1e-4)]));
        }
        let result = stepper.run(step, || batch(step, spec.train.batch))?;
        if let Some((phase, what)) = result.non_finite.first() {
            return Err(format!("step {step}, phase {phase}: {what} is not finite").into());
        }
        if step % 500 == 0 || step + 1 == steps {
            println!("step {:>5}  {:.4?}", step + 1, result.losses);
        }
    }

    stepper.settle()?; // batch statistics of the averaged weights, where there are any
    sampler.copy_from(stepper.store())?;
    let samples = codec.in_units(&sampler.draw(0..5, Labels::InTurn)?)?;
    for point in samples.as_f32()?.chunks(2) {
        println!("{point:.3?}");
    }
    Ok(())
}
