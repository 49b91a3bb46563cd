//! How fast fused regions are: `cargo bench -p ganymede-kernels --bench fused`.
//! Prints the shortest time and the memory traffic (each tensor once) of typical regions, beside a plain copy, and on one
//! thread how many times as long the interpreter takes as a loop written by hand.

use std::time::Instant;

use ganymede_kernels::arena::Memory;
use ganymede_kernels::arena::{Access, Span};
use ganymede_kernels::fused::{
    Binary, Buffer, Compiled, Constant, Instruction, Operand, Output, Reduction, Region, Register, Unary,
};
use ganymede_kernels::isa::{Isa, Kernel, LANES, Simd};
use ganymede_kernels::pool::Pool;
use ganymede_tensor::DType;

/// A region under construction.
#[derive(Default)]
struct Builder(Region);

impl Builder {
    fn new(extent: &[usize]) -> Builder {
        Builder(Region { extent: extent.to_vec(), ..Region::default() })
    }
    fn push(&mut self, instruction: Instruction) -> Register {
        self.0.instructions.push(instruction);
        self.0.instructions.len() - 1
    }
    fn load(&mut self, operand: Operand) -> Register {
        self.0.operands.push(operand);
        self.push(Instruction::Load(self.0.operands.len() - 1))
    }
    fn dense(&mut self, buffer: Buffer) -> Register {
        let operand = Operand::dense(buffer, DType::F32, &self.0.extent);
        self.load(operand)
    }
    fn along(&mut self, buffer: Buffer, axes: &[usize]) -> Register {
        let operand = Operand::broadcast(buffer, DType::F32, &self.0.extent, axes);
        self.load(operand)
    }
    fn constant(&mut self, value: f32) -> Register {
        self.push(Instruction::Const(Constant::f32(value)))
    }
    fn unary(&mut self, function: Unary, a: Register) -> Register {
        self.push(Instruction::Unary(function, a))
    }
    fn binary(&mut self, function: Binary, a: Register, b: Register) -> Register {
        self.push(Instruction::Binary(function, a, b))
    }
    fn store(&mut self, register: Register, write: usize) {
        let output = Output::dense(register, write, &self.0.extent);
        self.0.outputs.push(output);
    }
    fn sum(&mut self, register: Register, axes: &[usize], write: usize) {
        self.0.outputs.push(Output::Reduce { register, kind: Reduction::Sum, axes: axes.to_vec(), write });
    }
}

/// γ·(x − mean)/√(variance + ε) + β, then max(y, 0.3·y)
fn normalise(extent: &[usize]) -> Region {
    let mut b = Builder::new(extent);
    let channel = [extent.len() - 1];
    let x = b.dense(Buffer::Read(0));
    let [mean, variance, gamma, beta] = [1, 2, 3, 4].map(|i| b.along(Buffer::Read(i), &channel));
    let (epsilon, slope) = (b.constant(1e-3), b.constant(0.3));
    let shifted = b.binary(Binary::Add, variance, epsilon);
    let deviation = b.unary(Unary::Sqrt, shifted);
    let centred = b.binary(Binary::Sub, x, mean);
    let scale = b.binary(Binary::Div, gamma, deviation);
    let scaled = b.binary(Binary::Mul, centred, scale);
    let y = b.binary(Binary::Add, scaled, beta);
    let small = b.binary(Binary::Mul, y, slope);
    let out = b.binary(Binary::Maximum, y, small);
    b.store(out, 0);
    b.0
}

/// Σ x and Σ (x − s)² of each channel.
fn statistics(extent: &[usize]) -> Region {
    let mut b = Builder::new(extent);
    let channel = extent.len() - 1;
    let axes: Vec<usize> = (0..channel).collect();
    let x = b.dense(Buffer::Read(0));
    let shift = b.along(Buffer::Read(1), &[channel]);
    let difference = b.binary(Binary::Sub, x, shift);
    let square = b.binary(Binary::Mul, difference, difference);
    b.sum(x, &axes, 0);
    b.sum(square, &axes, 1);
    b.0
}

/// Adam on n parameters, in place: p, m, v written, the gradient and four scalars read.
fn adam(n: usize) -> Region {
    let mut b = Builder::new(&[n]);
    let gradient = b.dense(Buffer::Read(0));
    let [p, m, v] = [0, 1, 2].map(|i| b.dense(Buffer::Write(i)));
    let [rate, beta1, beta2, epsilon] = [1, 2, 3, 4].map(|i| b.along(Buffer::Read(i), &[]));
    let one = b.constant(1.0);
    let (rest1, rest2) = (b.binary(Binary::Sub, one, beta1), b.binary(Binary::Sub, one, beta2));
    let (old, new) = (b.binary(Binary::Mul, beta1, m), b.binary(Binary::Mul, rest1, gradient));
    let m = b.binary(Binary::Add, old, new);
    let square = b.binary(Binary::Mul, gradient, gradient);
    let (old, new) = (b.binary(Binary::Mul, beta2, v), b.binary(Binary::Mul, rest2, square));
    let v = b.binary(Binary::Add, old, new);
    let root = b.unary(Unary::Sqrt, v);
    let (step, below) = (b.binary(Binary::Mul, rate, m), b.binary(Binary::Add, root, epsilon));
    let step = b.binary(Binary::Div, step, below);
    let p = b.binary(Binary::Sub, p, step);
    [p, m, v].into_iter().enumerate().for_each(|(write, register)| b.store(register, write));
    b.0
}

/// tanh of a sum with a bias.
fn tanh(extent: &[usize]) -> Region {
    let mut b = Builder::new(extent);
    let (x, bias) = (b.dense(Buffer::Read(0)), b.along(Buffer::Read(1), &[extent.len() - 1]));
    let sum = b.binary(Binary::Add, x, bias);
    let out = b.unary(Unary::Tanh, sum);
    b.store(out, 0);
    b.0
}

fn copy(n: usize) -> Region {
    let mut b = Builder::new(&[n]);
    let x = b.dense(Buffer::Read(0));
    b.store(x, 0);
    b.0
}

/// The loop of [`normalise`] by hand: what belongs to a channel is computed once.
struct NormaliseByHand<'a>([&'a [f32]; 5], &'a mut [f32]);

impl Kernel for NormaliseByHand<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let [x, mean, variance, gamma, beta] = self.0;
        let scale: Vec<f32> = variance.iter().zip(gamma).map(|(v, gamma)| gamma / (v + 1e-3).sqrt()).collect();
        let channels = mean.len();
        for (x, out) in x.chunks_exact(channels).zip(self.1.chunks_exact_mut(channels)) {
            for i in (0..channels).step_by(LANES) {
                let at = i..i + LANES;
                // No `map`: what is not inlined has no vectors.
                let (x, mean) = (s.load(&x[at.clone()]), s.load(&mean[at.clone()]));
                let (scale, beta) = (s.load(&scale[at.clone()]), s.load(&beta[at]));
                let y = s.mul_add(s.sub(x, mean), scale, beta);
                s.store(&mut out[i..i + LANES], s.max(y, s.mul(y, s.splat(0.3))));
            }
        }
    }
}

/// The loop of [`statistics`] by hand.
struct StatisticsByHand<'a>([&'a [f32]; 2], [&'a mut [f32]; 2]);

impl Kernel for StatisticsByHand<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let ([x, shift], [sums, squares]) = (self.0, self.1);
        sums.fill(0.0);
        squares.fill(0.0);
        let channels = shift.len();
        for x in x.chunks_exact(channels) {
            for i in (0..channels).step_by(LANES) {
                let at = i..i + LANES;
                let (value, difference) =
                    (s.load(&x[at.clone()]), s.sub(s.load(&x[at.clone()]), s.load(&shift[at.clone()])));
                let (sum, square) = (s.load(&sums[at.clone()]), s.load(&squares[at.clone()]));
                s.store(&mut sums[at.clone()], s.add(sum, value));
                s.store(&mut squares[at], s.mul_add(difference, difference, square));
            }
        }
    }
}

/// The loop of [`adam`] by hand.
struct AdamByHand<'a>(&'a [f32], [f32; 4], [&'a mut [f32]; 3]);

impl Kernel for AdamByHand<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (gradient, [rate, beta1, beta2, epsilon], [p, m, v]) = (self.0, self.1, self.2);
        let (rate, beta1, beta2, epsilon) = (s.splat(rate), s.splat(beta1), s.splat(beta2), s.splat(epsilon));
        let one = s.splat(1.0);
        for i in (0..gradient.len()).step_by(LANES) {
            let at = i..i + LANES;
            let g = s.load(&gradient[at.clone()]);
            let new_m = s.mul_add(beta1, s.load(&m[at.clone()]), s.mul(s.sub(one, beta1), g));
            let new_v = s.mul_add(beta2, s.load(&v[at.clone()]), s.mul(s.sub(one, beta2), s.mul(g, g)));
            let step = s.div(s.mul(rate, new_m), s.add(s.sqrt(new_v), epsilon));
            s.store(&mut m[at.clone()], new_m);
            s.store(&mut v[at.clone()], new_v);
            let new_p = s.sub(s.load(&p[at.clone()]), step);
            s.store(&mut p[at], new_p);
        }
    }
}

/// Places for buffers of these sizes, one after the other from `end` on.
fn spans(sizes: impl Iterator<Item = usize>, end: &mut usize) -> Vec<Span> {
    let span = |bytes: usize| {
        let offset = end.next_multiple_of(64);
        *end = offset + bytes;
        Span { memory: 0, offset, bytes }
    };
    sizes.map(span).collect()
}

/// Seconds of the interpreter and of the loop by hand, in turn on one thread.
fn pair(
    isa: Isa,
    region: &Region,
    reads: &[&[f32]],
    writes: &mut [Vec<f32>],
    mut hand: impl FnMut(&mut [Vec<f32>]),
) -> [f64; 2] {
    let compiled = Compiled::new(region).expect("the regions above are valid");
    let mut end = 0;
    let read_spans = spans(compiled.read_bytes(), &mut end);
    let write_spans = spans(compiled.write_bytes(), &mut end);
    let mut memory = Memory::new(end).expect("memory for a benchmark");
    let values = reads.iter().copied().chain(writes.iter().map(|w| &w[..]));
    for (span, values) in read_spans.iter().chain(&write_spans).zip(values) {
        memory.view_mut::<f32>()[span.offset / 4..][..values.len()].copy_from_slice(values);
    }
    let mut access = Access::new(read_spans, write_spans).expect("the spans do not overlap");
    let (mut scratch, pool) = (vec![0.0; compiled.scratch_len()], Pool::new(1).expect("a thread"));
    let mut best = [f64::INFINITY; 2];
    for _ in 0..300 {
        let start = Instant::now();
        let mut memories = [&mut memory];
        let views = access.bind(&mut memories).expect("the spans are inside");
        compiled.run(&pool, isa, views.reads, views.writes, &mut scratch).expect("the buffers fit");
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        hand(writes);
        best[1] = best[1].min(start.elapsed().as_secs_f64());
    }
    best
}

/// Prints how many times as long the interpreter takes as a loop by hand, in memory and in cache.
fn beside_hand(isa: Isa) {
    println!("\n{:<45} {:>12} {:>10} {:>6}", "one thread", "interpreter", "by hand", "ratio");
    let print = |name: &str, [interpreter, hand]: [f64; 2]| {
        println!("{name:<45} {:>9.1} us {:>7.1} us {:>6.2}", interpreter * 1e6, hand * 1e6, interpreter / hand);
    };
    let values = |n: usize| (0..n).map(|i| 0.1 + (i % 997) as f32 * 1e-3).collect::<Vec<f32>>();
    let channels = 128;
    for rows in [64 * 14 * 14, 512] {
        let (x, of_channels) = (values(rows * channels), values(channels));
        let [mean, variance, gamma, beta] = [&of_channels[..]; 4];
        let reads = [&x[..], mean, variance, gamma, beta];
        let seconds = pair(isa, &normalise(&[rows, channels]), &reads, &mut [vec![0.0; x.len()]], |writes| {
            isa.dispatch(NormaliseByHand(reads, &mut writes[0]));
        });
        print(&format!("batch norm and LeakyReLU, ({rows}, {channels})"), seconds);
        let mut sums = [vec![0.0; channels], vec![0.0; channels]];
        let seconds = pair(isa, &statistics(&[rows, channels]), &[&x, mean], &mut sums, |writes| {
            let [a, b] = writes else { unreachable!("two results") };
            isa.dispatch(StatisticsByHand([&x, mean], [a, b]));
        });
        print(&format!("channel statistics, ({rows}, {channels})"), seconds);
    }
    for n in [1 << 20, 1 << 14] {
        let gradient = values(n);
        let scalars = [[1e-3], [0.9], [0.999], [1e-7]];
        let reads = [&gradient[..], &scalars[0], &scalars[1], &scalars[2], &scalars[3]];
        let mut states = [values(n), values(n), values(n)];
        let seconds = pair(isa, &adam(n), &reads, &mut states, |writes| {
            let [p, m, v] = writes else { unreachable!("three results") };
            isa.dispatch(AdamByHand(&gradient, scalars.map(|s| s[0]), [p, m, v]));
        });
        print(&format!("Adam, {n} parameters"), seconds);
    }
}

/// The fastest of many runs: what else the machine does only adds to a time.
fn fastest(mut run: impl FnMut()) -> f64 {
    let times = (0..200).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn main() {
    let shape = [64, 14, 14, 128];
    let image = [64, 64, 64, 3];
    let workloads = [
        ("copy of (64, 14, 14, 128)", copy(shape.iter().product()), 0),
        ("batch norm and LeakyReLU, (64, 14, 14, 128)", normalise(&shape), 0),
        ("batch norm and LeakyReLU, (64, 64, 64, 3)", normalise(&image), 0),
        ("channel statistics, (64, 14, 14, 128)", statistics(&shape), 0),
        ("channel statistics, (64, 64, 64, 3)", statistics(&image), 0),
        ("bias and tanh, (64, 64, 64, 3)", tanh(&image), 0),
        // Three tensors are both read and written.
        ("Adam, 1,000,000 parameters", adam(1_000_000), 3),
    ];
    let isa = Isa::detect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{:<45} {:>8} {:>7} {:>9} {:>7}", isa.name(), "threads", "ms", "GB/s", "MB");
    for (name, region, updated) in workloads {
        let compiled = Compiled::new(&region).expect("the regions above are valid");
        let mut end = 0;
        let reads = spans(compiled.read_bytes(), &mut end);
        let writes = spans(compiled.write_bytes(), &mut end);
        let bytes: usize = reads.iter().chain(&writes).chain(&writes[..updated]).map(|span| span.bytes).sum();
        let mut memory = Memory::new(end).expect("memory for a benchmark");
        memory.view_mut::<f32>().iter_mut().enumerate().for_each(|(i, x)| *x = (i % 997) as f32 * 1e-3);
        let mut access = Access::new(reads, writes).expect("the spans do not overlap");
        let mut scratch = vec![0.0; compiled.scratch_len()];
        for threads in 1..=threads.min(2) {
            let pool = Pool::new(threads).expect("threads for a benchmark");
            let seconds = fastest(|| {
                let mut memories = [&mut memory];
                let views = access.bind(&mut memories).expect("the spans are inside");
                compiled.run(&pool, isa, views.reads, views.writes, &mut scratch).expect("the buffers fit");
            });
            let megabytes = bytes as f64 / 1e6;
            println!(
                "{name:<45} {threads:>8} {:>7.3} {:>9.1} {megabytes:>7.1}",
                seconds * 1e3,
                megabytes / 1e3 / seconds
            );
        }
    }
    beside_hand(isa);
}
