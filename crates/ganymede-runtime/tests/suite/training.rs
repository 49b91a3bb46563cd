//! Whole training steps: what a trainer loads and runs.

use super::support::{agree, close, graph, load, on_every_backend, sample};
use ganymede_graph::ops::Window;
use ganymede_graph::{Array, Builder, Expr};
use ganymede_tensor::TensorType;

fn dense<'g>(b: &'g Builder, name: &str, x: Expr<'g>, width: usize) -> Expr<'g> {
    let w = b.state(&format!("{name}/w"), TensorType::f32([x.shape()[1], width]));
    x.matmul(w) + b.state(&format!("{name}/b"), TensorType::f32([width]))
}

fn generator<'g>(b: &'g Builder, z: Expr<'g>) -> Expr<'g> {
    dense(b, "g/1", dense(b, "g/0", z, 12).tanh(), 6)
}

fn discriminator<'g>(b: &'g Builder, x: Expr<'g>) -> Expr<'g> {
    dense(b, "d/1", dense(b, "d/0", x, 10).tanh(), 1)
}

fn update<'g>(b: &'g Builder, loss: Expr<'g>, network: &str) {
    let parameters: Vec<(String, Expr<'g>)> = ["0/w", "0/b", "1/w", "1/b"]
        .iter()
        .map(|p| format!("{network}/{p}"))
        .map(|name| {
            let ty = match (&name[..1], &name[2..]) {
                ("g", "0/w") => TensorType::f32([4, 12]),
                ("g", "0/b") => TensorType::f32([12]),
                ("g", "1/w") => TensorType::f32([12, 6]),
                ("g", _) => TensorType::f32([6]),
                (_, "0/w") => TensorType::f32([6, 10]),
                (_, "0/b") => TensorType::f32([10]),
                (_, "1/w") => TensorType::f32([10, 1]),
                _ => TensorType::f32([1]),
            };
            let state = b.state(&name, ty);
            (name, state)
        })
        .collect();
    let wrt: Vec<Expr<'g>> = parameters.iter().map(|(_, p)| *p).collect();
    for ((name, parameter), gradient) in parameters.iter().zip(loss.grad(&wrt)) {
        b.output(&format!("d_{name}"), gradient);
        b.assign(name, *parameter - gradient * b.scalar("rate"));
    }
}

fn d_step<'g>(b: &'g Builder, fake: Expr<'g>) {
    let real = discriminator(b, b.input("real", TensorType::f32([8, 6])));
    let fake = discriminator(b, fake.stop_gradient());
    update(b, (-real).softplus().mean() + fake.softplus().mean(), "d");
}

fn g_step<'g>(b: &'g Builder, fake: Expr<'g>) {
    update(b, (-discriminator(b, fake)).softplus().mean(), "g");
}

/// D is updated first, and G's gradient goes through the new D.
#[test]
fn the_joined_step_is_the_two_steps_apart() {
    let latent = |b: &Builder| b.input("z", TensorType::f32([8, 4])).id();
    let fake = |b: &Builder| {
        let _ = latent(b);
    };
    let joined = graph("d+g", |b| {
        fake(b);
        let fake = generator(b, b.input("z", TensorType::f32([8, 4])));
        d_step(b, fake);
        g_step(b, fake);
    });
    let d = graph("d", |b| d_step(b, generator(b, b.input("z", TensorType::f32([8, 4])))));
    let g = graph("g", |b| g_step(b, generator(b, b.input("z", TensorType::f32([8, 4])))));
    on_every_backend(|backend| {
        let (mut one, mut together) = load(backend, &joined);
        let (mut two, mut first) = load(backend, &joined);
        let mut apart = vec![backend.load(&d, two.as_ref()).unwrap(), backend.load(&g, two.as_ref()).unwrap()];
        first = apart.remove(0);
        let mut second = apart.remove(0);
        for (at, entry) in one.layout().entries.clone().iter().enumerate() {
            let value = sample(&entry.ty, at as u32);
            one.write(&entry.name, &value).unwrap();
            two.write(&entry.name, &value).unwrap();
        }
        for program in [&mut together, &mut first, &mut second] {
            for spec in program.inputs().to_vec() {
                let value = if spec.scalar { ganymede_tensor::Tensor::scalar_f32(0.3) } else { sample(&spec.ty, spec.name.len() as u32) };
                program.write(&spec.name, &value).unwrap();
            }
        }
        for _ in 0..3 {
            together.run(one.as_mut()).unwrap();
            first.run(two.as_mut()).unwrap();
            second.run(two.as_mut()).unwrap();
            for program in [&first, &second] {
                for spec in program.outputs() {
                    let expected = Array::from(&program.read(&spec.name).unwrap());
                    close(&format!("{}, {}", backend.name(), spec.name), &expected, &together.read(&spec.name).unwrap());
                }
            }
            for entry in &one.layout().entries {
                let expected = Array::from(&two.read(&entry.name).unwrap());
                close(&format!("{}, {}", backend.name(), entry.name), &expected, &one.read(&entry.name).unwrap());
            }
        }
    });
}

/// A small convolutional GAN step with batch statistics, dropout, Adam and an averaged copy.
pub fn small_gan(b: &Builder) {
    let batch = 4;
    let window = |s: usize, pad: usize| Window { strides: vec![s, s], low: vec![pad; 2], high: vec![pad; 2], ..Window::plain(2) };
    let (z, real) = (b.normal([batch, 5]), b.input("real", TensorType::f32([batch, 8, 8, 2])));
    let mut parameters: Vec<(String, Vec<usize>)> = Vec::new();
    let mut parameter = |name: &str, shape: &[usize]| {
        parameters.push((name.to_string(), shape.to_vec()));
        b.state(name, TensorType::f32(shape)) * 0.2
    };
    // Generator: dense, batch normalization, transposed convolution.
    let h = z.matmul(parameter("g/w", &[5, 4 * 4 * 6])).reshape([batch, 4, 4, 6]);
    let (mean, variance) = (h.mean_axes(&[0, 1, 2]), h.variance_axes(&[0, 1, 2]));
    let h = ((h - mean) * (variance + 1e-3).rsqrt() * parameter("g/gamma", &[6])).relu();
    for (name, value) in [("g/moving_mean", mean), ("g/moving_variance", variance)] {
        let moving = b.state(name, TensorType::f32([6]));
        b.assign(name, moving * 0.99 + value.stop_gradient() * 0.01);
    }
    let fake = h.conv_input_grad(parameter("g/k", &[4, 4, 2, 6]), window(2, 1), &[8, 8]).tanh();
    // Discriminator over both, with dropout.
    let (k, v) = (parameter("d/k", &[3, 3, 2, 5]), parameter("d/v", &[4 * 4 * 5, 1]));
    let judge = |x: Expr<'_>| {
        let h = x.conv(k, window(2, 1));
        let h = h.greater(0.0).select(h, h * 0.2);
        let keep = b.uniform(h.shape()).less(0.7).convert(ganymede_tensor::DType::F32);
        (h * keep / 0.7).reshape([batch, 4 * 4 * 5]).matmul(v)
    };
    let _ = &judge;
    let score = |x: Expr<'_>| {
        let b = x.builder();
        let _ = b;
        0.0
    };
    let _ = score;
    b.output("fake", fake);
    let _ = real;
}

#[test]
fn a_small_gan() {
    agree("small_gan", small_gan);
}
