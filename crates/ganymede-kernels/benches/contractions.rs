//! Speed of matrix products and convolutions: GFLOPS and per cent of the measured peak of fused multiply-add.
//!
//! `cargo bench -p ganymede-kernels --bench contractions -- [--threads N] [--isa NAME] [FILTER]`

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

/// The smallest time of `body` in seconds, over about half a second.
fn best(mut body: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < 0.4 || best == f64::MAX {
        let t = Instant::now();
        body();
        best = best.min(t.elapsed().as_secs_f64());
    }
    best
}

struct Bench {
    pool: Pool,
    isa: Isa,
    peak: f64,
    filter: String,
}

impl Bench {
    fn report(&self, name: &str, flops: f64, body: impl FnMut()) {
        let seconds = best(body);
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
        let (a, b) = (vec![0.5; batch * m * k], vec![0.25; batch * k * n]);
        let (mut c, mut scratch) = (vec![0.0; batch * m * n], vec![0.0; scratch_len(&spec, self.pool.threads())]);
        let flops = 2.0 * (batch * m * n * k) as f64;
        self.report(&name, flops, || {
            matmul(&self.pool, self.isa, &spec, &a, &b, &mut c, &mut scratch, None).unwrap();
        });
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let threads = option("--threads").map_or(1, |n| n.parse().expect("a number of threads"));
    let isa = option("--isa").map_or(Isa::detect(), |name| Isa::from_name(name).expect("an instruction set"));
    let values: Vec<&String> = ["--threads", "--isa"].iter().filter_map(|n| option(n)).collect();
    let filter = arguments.iter().find(|a| !a.starts_with("--") && !values.contains(a)).cloned().unwrap_or_default();

    let pool = Pool::new(threads).expect("a pool");
    let seconds = best(|| pool.run(threads, &|_| assert!(isa.dispatch(Peak(1_000_000)) > 0.0)));
    let peak = threads as f64 * 6.0 * 16.0 * 2e6 / seconds / 1e9;
    println!("{} with {threads} threads, peak {peak:.1} GFLOPS", isa.name());
    let bench = Bench { pool, isa, peak, filter };

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
    bench.matmul(64, 196, 196, 32, "nt");
    bench.matmul(64, 49, 64, 49, "nn");
}
