//! Speed of matrix products and convolutions: GFLOPS and per cent of the measured peak of fused multiply-add.
//!
//! `cargo bench -p ganymede-kernels --bench contractions -- [--threads N] [--isa NAME] [--copies N] [--cpu] [FILTER]`
//!
//! With copies, matrix products go through so many operands in turn: as in a step, they are not in cache then.

use ganymede_kernels::conv::{ConvAxis, ConvPlan, ConvSpec, Numerics};
use ganymede_kernels::gemm::{MatmulSpec, matmul, scratch_len};
use ganymede_kernels::isa::{Isa, Kernel, Simd};
use ganymede_kernels::pool::Pool;
use std::time::Instant;

/// Twelve independent chains of multiply-add per register width: what the arithmetic units can do.
struct Peak(usize);

impl Kernel for Peak {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let (x, y) = (s.splat(std::hint::black_box(1e-9)), s.splat(std::hint::black_box(0.999)));
        let mut sums = [s.splat(1.0); 6];
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = s.mul_add(*sum, y, x);
            }
        }
        sums.into_iter().map(|v| s.reduce_add(v)).sum()
    }
}

/// Seconds since `start`, or with `cpu` the seconds that this thread ran: for one thread on a busy machine.
fn seconds(start: Instant, cpu: bool) -> f64 {
    if !cpu {
        return start.elapsed().as_secs_f64();
    }
    #[repr(C)]
    struct Time(i64, i64);
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    const THREAD_CPU_TIME: i32 = 3;
    let mut time = Time(0, 0);
    // SAFETY: 64-bit Linux, whose `timespec` this is, and the pointer is valid.
    assert_eq!(unsafe { clock_gettime(THREAD_CPU_TIME, &mut time) }, 0);
    time.0 as f64 + time.1 as f64 * 1e-9
}

/// The smallest time of `body` in seconds, over about half a second.
fn best(cpu: bool, mut body: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < 0.5 || best == f64::MAX {
        let before = seconds(start, cpu);
        body();
        best = best.min(seconds(start, cpu) - before);
    }
    best
}

struct Bench {
    pool: Pool,
    isa: Isa,
    peak: f64,
    cpu: bool,
    copies: usize,
    filter: String,
}

impl Bench {
    fn report(&self, name: &str, flops: f64, body: impl FnMut()) {
        let seconds = best(self.cpu, body);
        let speed = flops / seconds / 1e9;
        println!("{name:52} {:9.3} ms {speed:8.1} GFLOPS {:5.1} %", seconds * 1e3, 100.0 * speed / self.peak);
    }

    fn matmul(&self, batch: usize, m: usize, n: usize, k: usize, transposes: &str) {
        let (transpose_a, transpose_b) = (transposes.starts_with('t'), transposes.ends_with('t'));
        let name = format!("matmul {batch}x{m}x{n}x{k} {transposes}");
        if !name.contains(&self.filter) {
            return;
        }
        let spec = MatmulSpec { batch, m, n, k, transpose_a, transpose_b };
        let copies = self.copies;
        let (a, b) = (vec![vec![0.5; batch * m * k]; copies], vec![vec![0.25; batch * k * n]; copies]);
        let (mut c, mut scratch) =
            (vec![vec![0.0; batch * m * n]; copies], vec![0.0; scratch_len(&spec, self.pool.threads())]);
        let mut at = 0;
        let flops = 2.0 * (batch * m * n * k) as f64;
        self.report(&name, flops, || {
            at = (at + 1) % copies;
            matmul(&self.pool, self.isa, &spec, &a[at], &b[at], &mut c[at], &mut scratch, None).unwrap();
        });
    }
}

/// (name, batch, input length, kernel, stride, pads, input and output channels); channels of 0 mean depthwise.
type Case = (&'static str, usize, usize, usize, usize, (usize, usize), usize, usize);

impl Bench {
    fn conv(&self, case: Case) {
        let (name, batch, input, kernel, stride, (pad_low, pad_high), in_channels, out_channels) = case;
        let axis = ConvAxis { input, kernel, stride, dilation: 1, pad_low, pad_high };
        let (out_channels, groups) = if out_channels == 0 { (in_channels, in_channels) } else { (out_channels, 1) };
        let spec = ConvSpec { batch, axes: vec![axis; 2], in_channels, out_channels, groups };
        let mut useful = 0;
        for o in 0..axis.output() {
            for k in 0..kernel {
                let at = o * stride + k;
                useful += (at >= pad_low && at < pad_low + input) as usize;
            }
        }
        // Products with padding are not counted.
        let flops = 2.0 * (batch * useful * useful * in_channels * out_channels / groups) as f64;
        let (x, w, y) = (spec.x_len(), spec.kernel_len(), spec.y_len());
        let passes = [
            ("forward", ConvPlan::forward(&spec, Numerics::Fast), [x, w, y]),
            ("input_grad", ConvPlan::input_grad(&spec, Numerics::Fast), [y, w, x]),
            ("weight_grad", ConvPlan::weight_grad(&spec, Numerics::Fast), [x, y, w]),
        ];
        for (pass, plan, lengths) in passes {
            let (plan, name) = (plan.expect("sizes that make sense"), format!("{name} {pass}"));
            if !name.contains(&self.filter) {
                continue;
            }
            let [first, second, mut out] = lengths.map(|n| vec![0.5; n]);
            let mut scratch = vec![0.0; plan.scratch_len(self.pool.threads())];
            self.report(&name, flops, || {
                plan.run(&self.pool, self.isa, &first, &second, &mut out, &mut scratch, None).unwrap();
            });
        }
    }
}

const CONVOLUTIONS: [Case; 10] = [
    ("conv 5x5 s1 7px 128-256 b64", 64, 7, 5, 1, (2, 2), 128, 256),
    ("conv 5x5 s2 14px 64-128 b64", 64, 14, 5, 2, (1, 2), 64, 128),
    ("conv 5x5 s2 28px 1-64 b64", 64, 28, 5, 2, (1, 2), 1, 64),
    ("conv 4x4 s2 64px 3-64 b64", 64, 64, 4, 2, (1, 1), 3, 64),
    ("conv 4x4 s2 32px 64-128 b64", 64, 32, 4, 2, (1, 1), 64, 128),
    ("conv 4x4 s2 8px 256-512 b64", 64, 8, 4, 2, (1, 1), 256, 512),
    ("conv 3x3 s1 28px 256-3 b64", 64, 28, 3, 1, (1, 1), 256, 3),
    ("conv 3x3 s1 32px 64-64 b32", 32, 32, 3, 1, (1, 1), 64, 64),
    ("conv 1x1 s1 32px 64-64 b32", 32, 32, 1, 1, (0, 0), 64, 64),
    ("depthwise 3x3 s1 32px 64 b32", 32, 32, 3, 1, (1, 1), 64, 0),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let threads = option("--threads").map_or(1, |n| n.parse().expect("a number of threads"));
    let copies = option("--copies").map_or(1, |n| n.parse().expect("a number of copies"));
    let isa = option("--isa").map_or(Isa::detect(), |name| Isa::from_name(name).expect("an instruction set"));
    let values: Vec<&String> = ["--threads", "--isa", "--copies"].iter().filter_map(|n| option(n)).collect();
    let filter = arguments.iter().find(|a| !a.starts_with("--") && !values.contains(a)).cloned().unwrap_or_default();

    let cpu = arguments.iter().any(|a| a == "--cpu");
    let pool = Pool::new(threads).expect("a pool");
    let seconds = best(cpu, || pool.run(threads, &|_| assert!(isa.dispatch(Peak(1_000_000)) > 0.0)));
    let peak = threads as f64 * 6.0 * 16.0 * 2e6 / seconds / 1e9;
    println!("{} with {threads} threads, peak {peak:.1} GFLOPS", isa.name());
    let bench = Bench { pool, isa, peak, cpu, copies, filter };

    for size in [64, 128, 256, 512, 1024, 2048] {
        bench.matmul(1, size, size, size, "nn");
    }
    for transposes in ["nt", "tn", "tt"] {
        bench.matmul(1, 512, 512, 512, transposes);
    }
    bench.matmul(1, 64, 12544, 100, "nn");
    bench.matmul(1, 64, 100, 12544, "nt");
    bench.matmul(1, 100, 12544, 64, "tn");
    bench.matmul(1, 64, 1, 6272, "nn");
    bench.matmul(1, 6272, 1, 64, "tn");
    bench.matmul(1, 64, 6272, 1, "nt");
    bench.matmul(1, 1, 4096, 4096, "nn");
    bench.matmul(1, 1, 4096, 4096, "nt");
    bench.matmul(1, 4096, 1, 4096, "nn");
    bench.matmul(1, 1000, 1000, 1, "nn");
    bench.matmul(1, 500, 256, 256, "nn");
    // A step of the `tabular` work.
    for (m, n, k, transposes) in [
        (2560, 256, 100, "tn"),
        (100, 256, 2560, "nn"),
        (50, 256, 2560, "nn"),
        (50, 2560, 256, "nt"),
        (2560, 256, 50, "tn"),
        (484, 256, 500, "tn"),
        (740, 156, 500, "tn"),
        (500, 484, 256, "nt"),
        (500, 256, 484, "nn"),
        (500, 740, 156, "nt"),
        (500, 156, 740, "nn"),
        (228, 256, 500, "tn"),
    ] {
        bench.matmul(1, m, n, k, transposes);
    }
    bench.matmul(64, 196, 196, 32, "nt");
    bench.matmul(64, 49, 64, 49, "nn");
    CONVOLUTIONS.into_iter().for_each(|case| bench.conv(case));
}
