//! Learns sin(x) from its slope alone: the loss holds a derivative, so its gradient is a gradient of a
//! gradient. `cargo run --release --example slope`; with `-- --steps N` it takes N steps.

use ganymede::nn::layers::{Dense, Input};
use ganymede::nn::{Parameter, Sequential};
use ganymede::prelude::*;
use std::error::Error;

const BATCH: usize = 128;

/// One step of gradient descent on mean((f'(x) − cos x)²) + f(0)², and f at some points.
fn trace(model: &Model) -> Result<(Graph, Vec<Parameter>), Box<dyn Error>> {
    let builder = Builder::new("slope");
    let f = |x| {
        let scope = Scope::root(&builder, model.name(), Mode::Train);
        (model.build(&scope, &[x])[0], scope.parameters())
    };
    let x = (builder.uniform([BATCH, 1]) * 2.0 - 1.0) * std::f64::consts::PI; // (N, 1)
    let slope = f(x).0.sum().grad(&[x])[0]; // (N, 1)
    let at_zero = f(builder.full([1, 1], 0.0)).0; // (1, 1)
    let loss = (slope - x.cos()).square().mean() + at_zero.square().sum();
    let shown = f(builder.input("x", TensorType::f32([5, 1])));
    builder.output("loss", loss);
    builder.output("f", shown.0);

    let parameters = shown.1;
    let values: Vec<Expr> =
        parameters.iter().map(|p| builder.state(&p.name, TensorType::f32(p.shape.clone()))).collect();
    for ((parameter, value), gradient) in parameters.iter().zip(&values).zip(loss.grad(&values)) {
        builder.assign(&parameter.name, *value - builder.scalar("learning_rate") * gradient);
    }
    Ok((builder.finish()?, parameters))
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let steps = words.windows(2).find(|w| w[0] == "--steps").map_or(Ok(5000), |w| w[1].parse::<u32>())?;

    let hidden = || Dense::new(32).activation("tanh");
    let model = Sequential::new("f").add(Input::new([1])).add(hidden()).add(hidden()).add(Dense::new(1)).model()?;
    let (graph, parameters) = trace(&model)?;

    let backend = CpuBackend::new(CpuOptions::default())?;
    let mut store = backend.store(&StateLayout::of_graph(&graph, "parameters"))?;
    for p in &parameters {
        store.write(&p.name, &p.initializer.sample(0, &p.name, &p.shape)?)?;
    }
    let mut step = backend.load(&graph, store.as_ref())?;
    let points = [-2.0, -1.0, 0.0, 1.0, 2.0f32];
    step.write("x", &Tensor::from_f32([5, 1], points.to_vec())?)?;
    step.write("seed", &Tensor::new([2], ganymede::tensor::Data::U32(vec![0, 0]))?)?;
    for n in 0..steps {
        step.write_scalar("draw", f64::from(n))?;
        step.write_scalar("learning_rate", 0.05 * (1.0 - f64::from(n) / f64::from(steps)))?;
        step.run(store.as_mut())?;
        if n % 1000 == 0 || n + 1 == steps {
            println!("step {:>5}  loss {:.5}", n + 1, step.read_scalar("loss")?);
        }
    }
    for (x, y) in points.iter().zip(step.read("f")?.as_f32()?) {
        println!("f({x:>4}) = {y:>7.4}, sin = {:>7.4}", x.sin());
    }
    Ok(())
}
