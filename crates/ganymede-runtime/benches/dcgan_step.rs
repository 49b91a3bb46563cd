//! One training step of the TensorFlow tutorial's DCGAN at 28 pixels, built by hand: milliseconds, memory, and the
//! kernels that take the time. `cargo bench -p ganymede-runtime -- [batch] [threads] [steps]`.
//! Not here: the same work in other frameworks (`benches/peers`).

use ganymede_graph::ops::Window;
use ganymede_graph::{Builder, Expr};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, StateLayout};
use ganymede_tensor::{DType, Data, Rng, Tensor, TensorType};
use std::time::Instant;

struct Network<'g> {
    builder: &'g Builder,
    name: &'static str,
    parameters: Vec<(String, Expr<'g>)>,
}

impl<'g> Network<'g> {
    fn new(builder: &'g Builder, name: &'static str) -> Self {
        Network { builder, name, parameters: Vec::new() }
    }

    fn parameter(&mut self, name: &str, shape: &[usize]) -> Expr<'g> {
        let name = format!("{}/{name}", self.name);
        let value = self.builder.state(&name, TensorType::f32(shape));
        if !self.parameters.iter().any(|(known, _)| *known == name) {
            self.parameters.push((name, value));
        }
        value
    }

    /// Batch normalization with moving statistics.
    fn normalize(&mut self, name: &str, x: Expr<'g>) -> Expr<'g> {
        let (b, rank) = (self.builder, x.rank());
        let _scope = b.enter(name);
        let (axes, channels) = ((0..rank - 1).collect::<Vec<_>>(), x.shape()[rank - 1]);
        let shift = b.state(&format!("{}/{name}/mean", self.name), TensorType::f32([channels]));
        let centred = x - shift;
        let mean = centred.mean_axes(&axes);
        let variance = (centred.square().mean_axes(&axes) - mean.square()).maximum(0.0);
        for (statistic, value) in [("mean", mean + shift), ("variance", variance)] {
            let state = format!("{}/{name}/{statistic}", self.name);
            b.assign(&state, b.state(&state, TensorType::f32([channels])).lerp(value, 0.01));
        }
        let gamma = self.parameter(&format!("{name}/gamma"), &[channels]);
        let beta = self.parameter(&format!("{name}/beta"), &[channels]);
        (centred - mean) * (variance + 1e-3).rsqrt() * gamma + beta
    }

    fn adam(&self, loss: Expr<'g>) {
        let b = self.builder;
        let wrt: Vec<Expr<'g>> = self.parameters.iter().map(|(_, p)| *p).collect();
        let gradients = loss.grad(&wrt);
        let _scope = b.enter("adam");
        for ((name, parameter), gradient) in self.parameters.iter().zip(gradients) {
            let slot = |kind: &str| b.state(&format!("{name}/{kind}"), parameter.ty());
            let m = slot("m") + (gradient - slot("m")) * b.scalar("1-beta_1");
            let v = slot("v") + (gradient.square() - slot("v")) * b.scalar("1-beta_2");
            b.assign(name, *parameter - m * b.scalar("alpha") / (v.sqrt() + 1e-7));
            b.assign(&format!("{name}/m"), m);
            b.assign(&format!("{name}/v"), v);
        }
    }
}

fn leaky<'g>(x: Expr<'g>) -> Expr<'g> {
    x.greater(0.0).select(x, x * 0.3)
}

fn window(stride: usize) -> Window {
    let (low, high) = if stride == 1 { (2, 2) } else { (1, 2) };
    Window { strides: vec![stride; 2], low: vec![low; 2], high: vec![high; 2], dilation: vec![1; 2], groups: 1 }
}

fn generator<'g>(g: &mut Network<'g>, batch: usize) -> Expr<'g> {
    let b = g.builder;
    let _scope = b.enter("generator");
    let h = b.normal([batch, 100]).matmul(g.parameter("dense", &[100, 7 * 7 * 256]));
    let h = leaky(g.normalize("bn", h)).reshape([batch, 7, 7, 256]);
    let h = h.conv_input_grad(g.parameter("conv_0", &[5, 5, 128, 256]), window(1), &[7, 7]);
    let h = leaky(g.normalize("bn_0", h));
    let h = h.conv_input_grad(g.parameter("conv_1", &[5, 5, 64, 128]), window(2), &[14, 14]);
    let h = leaky(g.normalize("bn_1", h));
    h.conv_input_grad(g.parameter("conv_2", &[5, 5, 1, 64]), window(2), &[28, 28]).tanh()
}

fn discriminator<'g>(d: &mut Network<'g>, x: Expr<'g>) -> Expr<'g> {
    let (b, batch) = (d.builder, x.shape()[0]);
    let _scope = b.enter("discriminator");
    let mut h = x;
    for (i, (from, to)) in [(1, 64), (64, 128)].into_iter().enumerate() {
        let bias = d.parameter(&format!("conv_{i}/bias"), &[to]);
        h = leaky(h.conv(d.parameter(&format!("conv_{i}"), &[5, 5, from, to]), window(2)) + bias);
        h = h * b.uniform(h.shape()).greater_equal(0.3).convert(DType::F32) / 0.7;
    }
    h.reshape([batch, 7 * 7 * 128]).matmul(d.parameter("dense", &[7 * 7 * 128, 1])) + d.parameter("bias", &[1])
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let [batch, threads, steps] =
        [(0, 64), (1, 2), (2, 20)].map(|(i, default)| numbers.get(i).copied().unwrap_or(default));
    let builder = Builder::new("d+g");
    let (mut g, mut d) = (Network::new(&builder, "generator"), Network::new(&builder, "discriminator"));
    let fake = generator(&mut g, batch);
    let real = builder.input("real", TensorType::new(DType::U8, [batch, 28, 28, 1])).convert(DType::F32) / 127.5 - 1.0;
    let (on_real, on_fake) = (discriminator(&mut d, real), discriminator(&mut d, fake));
    let d_loss = (-on_real).softplus().mean() + on_fake.softplus().mean();
    let g_loss = (-on_fake).softplus().mean();
    builder.output("d_loss", d_loss);
    builder.output("g_loss", g_loss);
    d.adam(d_loss);
    g.adam(g_loss);
    drop((g, d));
    let graph = builder.finish().unwrap_or_else(|errors| panic!("{errors}"));

    let backend = CpuBackend::new(CpuOptions { threads, ..CpuOptions::default() }).unwrap();
    let mut store = backend.store(&StateLayout::of_graph(&graph, "states")).unwrap();
    let mut rng = Rng::new(1, 0);
    for entry in store.layout().entries.clone() {
        let matrix = entry.ty.shape.rank() > 1 && !entry.name.ends_with("/m") && !entry.name.ends_with("/v");
        let gamma = entry.name.ends_with("gamma");
        let value = |_| if matrix { (0.02 * rng.normal()) as f32 } else { f32::from(u8::from(gamma)) };
        let values = (0..entry.ty.elements()).map(value).collect();
        store.write(&entry.name, &Tensor::from_f32(entry.ty.shape.clone(), values).unwrap()).unwrap();
    }
    let start = Instant::now();
    let mut program = backend.load(&graph, store.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    println!("{}, batch {batch}", backend.name());
    println!("{} nodes, {} kernels, compiled in {:.1} ms", graph.nodes.len(), program.kernels().len(), ms(start));
    let memory = program.memory();
    let mb = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "{:.2} GFLOP; arena {:.1} MB, fixed {:.1} MB, largest scratch {:.1} MB, states {:.1} MB",
        program.flops() as f64 / 1e9,
        mb(memory.arena_bytes),
        mb(memory.fixed_bytes),
        mb(memory.scratch_bytes),
        mb(store.layout().bytes())
    );
    let bytes = (0..batch * 28 * 28).map(|i| (i * 7919 % 251) as u8).collect();
    program.write("real", &Tensor::new([batch, 28, 28, 1], Data::U8(bytes)).unwrap()).unwrap();
    program.write("seed", &Tensor::new([2], Data::U32(vec![3, 4])).unwrap()).unwrap();
    for (name, value) in [("1-beta_1", 0.1), ("1-beta_2", 0.001), ("alpha", 1e-4)] {
        program.write_scalar(name, value).unwrap();
    }
    let mut times = Vec::new();
    for step in 0..steps {
        program.write_scalar("draw", step as f64).unwrap();
        let start = Instant::now();
        program.run(store.as_mut()).unwrap();
        times.push(ms(start));
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!(
        "step: median {median:.2} ms, best {:.2} ms, {:.1} GFLOPS",
        times[0],
        program.flops() as f64 / median / 1e6
    );
    println!(
        "d_loss {:.4}, g_loss {:.4}",
        program.read_scalar("d_loss").unwrap(),
        program.read_scalar("g_loss").unwrap()
    );

    program.profile(true);
    for step in 0..steps {
        program.write_scalar("draw", step as f64).unwrap();
        program.run(store.as_mut()).unwrap();
    }
    let mut rows: Vec<usize> = (0..program.kernels().len()).collect();
    rows.sort_by_key(|&at| std::cmp::Reverse(program.times()[at].total));
    println!("{:>8} {:>8} {:>8}  kernel", "ms", "GFLOPS", "GB/s");
    let each = |at: usize| program.times()[at].total.as_secs_f64() / steps as f64;
    for &at in rows.iter().take(40) {
        let (kernel, seconds) = (&program.kernels()[at], each(at));
        let rate = |n: u64| n as f64 / seconds / 1e9;
        println!(
            "{:8.3} {:8.1} {:8.1}  {} [{}]",
            seconds * 1e3,
            rate(kernel.flops),
            rate(kernel.bytes),
            kernel.name,
            kernel.scope
        );
    }
    let rest: f64 = rows.iter().skip(40).map(|&at| each(at)).sum();
    println!("{:8.3} {:>8} {:>8}  {} more", rest * 1e3, "", "", rows.len().saturating_sub(40));
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
