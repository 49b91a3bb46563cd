//! Whole training steps: what a trainer loads and runs.

use super::support::{agree, close, graph, load, on_every_backend, sample};
use ganymede_graph::ops::Window;
use ganymede_graph::{Array, Builder, Expr};
use ganymede_runtime::{Program, Store};
use ganymede_tensor::{DType, TensorType};

/// Reads a parameter and remembers it.
struct Parameters<'g> {
    builder: &'g Builder,
    all: Vec<(String, Expr<'g>)>,
}

impl<'g> Parameters<'g> {
    fn new(builder: &'g Builder) -> Self {
        Parameters { builder, all: Vec::new() }
    }

    fn get(&mut self, name: &str, shape: &[usize]) -> Expr<'g> {
        let value = self.builder.state(name, TensorType::f32(shape));
        if !self.all.iter().any(|(known, _)| known == name) {
            self.all.push((name.to_string(), value));
        }
        value
    }

    fn dense(&mut self, name: &str, x: Expr<'g>, width: usize) -> Expr<'g> {
        let inputs = x.shape()[1];
        x.matmul(self.get(&format!("{name}/w"), &[inputs, width])) + self.get(&format!("{name}/b"), &[width])
    }

    fn gradients(&self, loss: Expr<'g>) -> Vec<Expr<'g>> {
        loss.grad(&self.all.iter().map(|(_, parameter)| *parameter).collect::<Vec<_>>())
    }

    /// Gradients as outputs, then p ← p − rate · gradient.
    fn descend(&self, loss: Expr<'g>) {
        for ((name, parameter), gradient) in self.all.iter().zip(self.gradients(loss)) {
            self.builder.output(&format!("d_{name}"), gradient);
            self.builder.assign(name, *parameter - gradient * self.builder.scalar("rate"));
        }
    }

    /// Adam with its slots, only where every new value is finite.
    fn adam(&self, loss: Expr<'g>) {
        let b = self.builder;
        let (rate, beta_1, beta_2) = (b.scalar("rate"), b.constant(0.5), b.constant(0.999));
        let mut finite: Option<Expr<'g>> = None;
        for ((name, parameter), gradient) in self.all.iter().zip(self.gradients(loss)) {
            let slot = |kind: &str| b.state(&format!("{name}/{kind}"), parameter.ty());
            let m = slot("m").lerp(gradient, 1.0 - beta_1);
            let v = slot("v").abs().lerp(gradient.square(), 1.0 - beta_2);
            let value = *parameter - m * rate / (v.sqrt() + 1e-2);
            let broken = (!value.is_finite()).convert(DType::F32).sum();
            finite = Some(finite.map_or(broken, |f| f + broken));
            for (state, value) in [(name.clone(), value), (format!("{name}/m"), m), (format!("{name}/v"), v)] {
                b.assign(&state, value);
            }
        }
        if let Some(broken) = finite {
            b.guard_assigns(broken.equal(0.0));
        }
    }
}

fn generator<'g>(b: &'g Builder) -> (Expr<'g>, Parameters<'g>) {
    let mut p = Parameters::new(b);
    let h = p.dense("g/0", b.input("z", TensorType::f32([8, 4])), 12).tanh();
    (p.dense("g/1", h, 6), p)
}

fn discriminator<'g>(p: &mut Parameters<'g>, x: Expr<'g>) -> Expr<'g> {
    let h = p.dense("d/0", x, 10).tanh();
    p.dense("d/1", h, 1)
}

fn d_step<'g>(b: &'g Builder, fake: Expr<'g>) {
    let mut p = Parameters::new(b);
    let real = discriminator(&mut p, b.input("real", TensorType::f32([8, 6])));
    let fake = discriminator(&mut p, fake.stop_gradient());
    p.descend((-real).softplus().mean() + fake.softplus().mean());
}

fn g_step<'g>(b: &'g Builder, fake: Expr<'g>, p: &Parameters<'g>) {
    let verdict = discriminator(&mut Parameters::new(b), fake);
    p.descend((-verdict).softplus().mean());
}

fn fill(store: &mut dyn Store) {
    for (at, entry) in store.layout().entries.clone().iter().enumerate() {
        store.write(&entry.name, &sample(&entry.ty, at as u32)).unwrap();
    }
}

fn feed(program: &mut dyn Program) {
    for spec in program.inputs().to_vec() {
        match spec.scalar {
            true => program.write_scalar(&spec.name, 0.25).unwrap(),
            false => program.write(&spec.name, &sample(&spec.ty, spec.name.len() as u32)).unwrap(),
        }
    }
}

/// D is updated first, and G's gradient goes through the new D.
#[test]
fn the_joined_step_is_the_two_steps_apart() {
    let joined = graph("d+g", |b| {
        let (fake, p) = generator(b);
        d_step(b, fake);
        g_step(b, fake, &p);
    });
    let d = graph("d", |b| d_step(b, generator(b).0));
    let g = graph("g", |b| {
        let (fake, p) = generator(b);
        g_step(b, fake, &p);
    });
    on_every_backend(|backend| {
        let (mut one, mut together) = load(backend, &joined);
        let mut two = backend.store(one.layout()).unwrap();
        let mut apart = [&d, &g].map(|graph| backend.load(graph, two.as_ref()).unwrap());
        fill(one.as_mut());
        fill(two.as_mut());
        apart.iter_mut().chain([&mut together]).for_each(|program| feed(program.as_mut()));
        for _ in 0..3 {
            together.run(one.as_mut()).unwrap();
            for program in &mut apart {
                program.run(two.as_mut()).unwrap();
                for spec in program.outputs() {
                    let expected = Array::from(&program.read(&spec.name).unwrap());
                    let context = format!("{}, output {}", backend.name(), spec.name);
                    close(&context, &expected, &together.read(&spec.name).unwrap());
                }
            }
            for entry in &one.layout().entries {
                let expected = Array::from(&two.read(&entry.name).unwrap());
                close(&format!("{}, state {}", backend.name(), entry.name), &expected, &one.read(&entry.name).unwrap());
            }
        }
    });
}

fn square(stride: usize, padding: usize) -> Window {
    let both = |n| vec![n, n];
    Window { strides: both(stride), low: both(padding), high: both(padding), ..Window::plain(2) }
}

/// A small convolutional GAN's step: batch statistics, dropout, Adam, an averaged copy.
pub fn small_gan<'g>(b: &'g Builder) {
    let batch = 4;
    let mut g = Parameters::new(b);
    let z = b.normal([batch, 5]);
    let h = g.dense("g/dense", z * 0.3, 4 * 4 * 6).reshape([batch, 4, 4, 6]);
    let (mean, variance) = (h.mean_axes(&[0, 1, 2]), h.variance_axes(&[0, 1, 2]));
    let h = ((h - mean) * (variance + 1e-3).rsqrt() * g.get("g/gamma", &[6])).relu();
    let fake = (h.conv_input_grad(g.get("g/k", &[4, 4, 2, 6]), square(2, 1), &[8, 8]) * 0.3).tanh();

    let mut d = Parameters::new(b);
    let k = d.get("d/k", &[3, 3, 2, 5]);
    let real = b.input("real", TensorType::f32([batch, 8, 8, 2]));
    let mut verdict = |x: Expr<'g>| {
        let h = x.conv(k, square(2, 1));
        let h = h.greater(0.0).select(h, h * 0.2);
        let keep = b.uniform(h.shape()).less(0.7).convert(DType::F32) / 0.7;
        d.dense("d/dense", (h * keep).reshape([batch, 4 * 4 * 5]), 1)
    };
    let (on_real, on_fake, for_g) = (verdict(real), verdict(fake.stop_gradient()), verdict(fake));
    let (d_loss, g_loss) = ((-on_real).softplus().mean() + on_fake.softplus().mean(), (-for_g).softplus().mean());
    b.output("d_loss", d_loss);
    b.output("g_loss", g_loss);
    b.output("fake", fake);
    for (name, value) in [("g/moving_mean", mean), ("g/moving_variance", variance)] {
        b.assign(name, b.state(name, TensorType::f32([6])).lerp(value, 0.01));
    }
    d.adam(d_loss);
    g.adam(g_loss);
    for (name, parameter) in &g.all {
        let average = format!("{name}/ema");
        b.assign(&average, b.state(&average, parameter.ty()).lerp(b.state(name, parameter.ty()), b.scalar("decay")));
    }
}

#[test]
fn a_small_gan() {
    agree("small_gan", small_gan);
}
