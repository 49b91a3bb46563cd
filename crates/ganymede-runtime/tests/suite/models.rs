//! The model that several tests train.

use ganymede_graph::ops::Window;
use ganymede_graph::{Builder, Expr};
use ganymede_tensor::{DType, TensorType};

/// Reads a parameter and remembers it.
pub struct Parameters<'g> {
    builder: &'g Builder,
    all: Vec<(String, Expr<'g>)>,
}

impl<'g> Parameters<'g> {
    pub fn new(builder: &'g Builder) -> Self {
        Parameters { builder, all: Vec::new() }
    }

    pub fn get(&mut self, name: &str, shape: &[usize]) -> Expr<'g> {
        let value = self.builder.state(name, TensorType::f32(shape));
        if !self.all.iter().any(|(known, _)| known == name) {
            self.all.push((name.to_string(), value));
        }
        value
    }

    pub fn dense(&mut self, name: &str, x: Expr<'g>, width: usize) -> Expr<'g> {
        let inputs = x.shape()[1];
        x.matmul(self.get(&format!("{name}/w"), &[inputs, width])) + self.get(&format!("{name}/b"), &[width])
    }

    pub fn gradients(&self, loss: Expr<'g>) -> Vec<Expr<'g>> {
        loss.grad(&self.all.iter().map(|(_, parameter)| *parameter).collect::<Vec<_>>())
    }

    /// Gradients as outputs, then p ← p − rate · gradient.
    pub fn descend(&self, loss: Expr<'g>) {
        for ((name, parameter), gradient) in self.all.iter().zip(self.gradients(loss)) {
            self.builder.output(&format!("d_{name}"), gradient);
            self.builder.assign(name, *parameter - gradient * self.builder.scalar("rate"));
        }
    }

    /// Adam with its slots, only where every new value is finite.
    pub fn adam(&self, loss: Expr<'g>) {
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

fn square(stride: usize, padding: usize) -> Window {
    let both = |n| vec![n, n];
    Window { strides: both(stride), low: both(padding), high: both(padding), ..Window::plain(2) }
}

/// The step of a convolutional GAN of 8x8 images, small enough for the interpreter.
pub fn small_gan(b: &Builder) {
    gan(b, 4, 6, 5);
}

/// The same, large enough for several threads.
pub fn wide_gan(b: &Builder) {
    gan(b, 48, 40, 36);
}

/// A convolutional GAN's step: batch statistics, dropout, Adam, an averaged copy.
fn gan<'g>(b: &'g Builder, batch: usize, g_width: usize, d_width: usize) {
    let mut g = Parameters::new(b);
    let z = b.normal([batch, 5]);
    let h = g.dense("g/dense", z * 0.3, 4 * 4 * g_width).reshape([batch, 4, 4, g_width]);
    let (mean, variance) = (h.mean_axes(&[0, 1, 2]), h.variance_axes(&[0, 1, 2]));
    let h = ((h - mean) * (variance + 1e-3).rsqrt() * g.get("g/gamma", &[g_width])).relu();
    let fake = (h.conv_input_grad(g.get("g/k", &[4, 4, 2, g_width]), square(2, 1), &[8, 8]) * 0.3).tanh();

    let mut d = Parameters::new(b);
    let k = d.get("d/k", &[3, 3, 2, d_width]);
    let real = b.input("real", TensorType::f32([batch, 8, 8, 2]));
    let mut verdict = |x: Expr<'g>| {
        let h = x.conv(k, square(2, 1));
        let h = h.greater(0.0).select(h, h * 0.2);
        let keep = b.uniform(h.shape()).less(0.7).convert(DType::F32) / 0.7;
        d.dense("d/dense", (h * keep).reshape([batch, 4 * 4 * d_width]), 1)
    };
    let (on_real, on_fake, for_g) = (verdict(real), verdict(fake.stop_gradient()), verdict(fake));
    let (d_loss, g_loss) = ((-on_real).softplus().mean() + on_fake.softplus().mean(), (-for_g).softplus().mean());
    b.output("d_loss", d_loss);
    b.output("g_loss", g_loss);
    b.output("fake", fake);
    for (name, value) in [("g/moving_mean", mean), ("g/moving_variance", variance)] {
        b.assign(name, b.state(name, TensorType::f32([g_width])).lerp(value, 0.01));
    }
    d.adam(d_loss);
    g.adam(g_loss);
    for (name, parameter) in &g.all {
        let average = format!("{name}/ema");
        b.assign(&average, b.state(&average, parameter.ty()).lerp(b.state(name, parameter.ty()), b.scalar("decay")));
    }
}
