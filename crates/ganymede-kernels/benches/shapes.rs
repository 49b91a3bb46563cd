//! Whether odd convolutions run nearly as fast as even ones: each shape of `shapes.txt` against the same work with its
//! channels rounded up to 16, in pairs, all three functions; prints what is below 60 % and how many are not.
//!
//! `cargo bench -p ganymede-kernels --bench shapes -- [FILTER]`. Not here: how fast even ones are (`contractions.rs`).

use ganymede_kernels::conv::{ConvAxis, ConvPlan, ConvSpec, Numerics};
use ganymede_kernels::isa::Isa;
use ganymede_kernels::pool::Pool;
use std::time::Instant;

/// The least share of the rounded shape's rate.
const WANTED: f64 = 0.6;
/// Measurements of each of a pair.
const REPEATS: usize = 7;

fn parse(line: &str) -> ConvSpec {
    let number = |word: &str| -> usize { word.parse().expect("a number") };
    let words: Vec<&str> = line.split_whitespace().collect();
    let [batch, in_channels, out_channels, groups] = [0, 1, 2, 3].map(|i| number(words[i]));
    let axis = |word: &&str| {
        let n: Vec<usize> = word.split('/').map(number).collect();
        ConvAxis { input: n[0], kernel: n[1], stride: n[2], dilation: n[3], pad_low: n[4], pad_high: n[5] }
    };
    ConvSpec { batch, axes: words[4..].iter().map(axis).collect(), in_channels, out_channels, groups }
}

/// The shape with the channels of a group rounded up to 16; of a depthwise one, its groups.
fn rounded(spec: &ConvSpec) -> ConvSpec {
    let up = |n: usize| n.next_multiple_of(16);
    let depthwise = spec.groups > 1 && spec.in_channels == spec.groups && spec.out_channels == spec.groups;
    let groups = if depthwise { up(spec.groups) } else { spec.groups };
    let each = |channels: usize| if depthwise { groups } else { up(channels / groups) * groups };
    let (in_channels, out_channels) = (each(spec.in_channels), each(spec.out_channels));
    ConvSpec { in_channels, out_channels, groups, ..spec.clone() }
}

/// Multiplications that do not meet padding.
fn multiplications(spec: &ConvSpec) -> f64 {
    let inside = |a: &ConvAxis| {
        let output = (a.input + a.pad_low + a.pad_high - (a.kernel - 1) * a.dilation - 1) / a.stride + 1;
        let taps = (0..output).flat_map(|o| (0..a.kernel).map(move |k| o * a.stride + k * a.dilation));
        taps.filter(|at| (a.pad_low..a.pad_low + a.input).contains(at)).count() as f64
    };
    let positions: f64 = spec.axes.iter().map(inside).product();
    positions * (spec.batch * spec.in_channels / spec.groups * spec.out_channels) as f64
}

struct Ready {
    plan: ConvPlan,
    first: Vec<f32>,
    second: Vec<f32>,
    out: Vec<f32>,
    scratch: Vec<f32>,
    work: f64,
    best: f64,
}

impl Ready {
    fn new(spec: &ConvSpec, pass: &str, pool: &Pool) -> Ready {
        let (x, w, y) = (spec.x_len(), spec.kernel_len(), spec.y_len());
        let (plan, [first, second, out]) = match pass {
            "forward" => (ConvPlan::forward(spec, Numerics::Fast), [x, w, y]),
            "input_grad" => (ConvPlan::input_grad(spec, Numerics::Fast), [y, w, x]),
            _ => (ConvPlan::weight_grad(spec, Numerics::Fast), [x, y, w]),
        };
        let plan = plan.expect("sizes that make sense");
        let scratch = vec![0.0; plan.scratch_len(pool.threads())];
        let (first, second, out) = (vec![0.5; first], vec![0.25; second], vec![0.0; out]);
        Ready { plan, first, second, out, scratch, work: multiplications(spec), best: f64::MAX }
    }

    fn run(&mut self, pool: &Pool, isa: Isa) {
        let start = Instant::now();
        let done = self.plan.run(pool, isa, &self.first, &self.second, &mut self.out, &mut self.scratch, None);
        done.expect("lengths of the plan");
        self.best = self.best.min(start.elapsed().as_secs_f64());
    }

    /// Useful operations a second, in GFLOPS.
    fn rate(&self) -> f64 {
        2.0 * self.work / self.best / 1e9
    }
}

fn main() {
    let filter = std::env::args().skip(1).find(|a| !a.starts_with("--")).unwrap_or_default();
    let (pool, isa) = (Pool::new(1).expect("a thread"), Isa::detect());
    let (mut all, mut good, mut shapes) = (0, 0, 0);
    for line in include_str!("shapes.txt").lines().filter(|l| !l.starts_with('#') && l.contains(&filter)) {
        shapes += 1;
        let spec = parse(line);
        for pass in ["forward", "input_grad", "weight_grad"] {
            let mut odd = Ready::new(&spec, pass, &pool);
            let mut even = Ready::new(&rounded(&spec), pass, &pool);
            for _ in 0..REPEATS {
                odd.run(&pool, isa);
                even.run(&pool, isa);
            }
            let share = odd.rate() / even.rate();
            all += 1;
            good += usize::from(share >= WANTED);
            if share < WANTED {
                let (odd_rate, even_rate, choice) = (odd.rate(), even.rate(), odd.plan.choice());
                println!(
                    "{:5.1} %  {odd_rate:6.1} of {even_rate:6.1} GFLOPS  {pass:11}  {line}  [{}]",
                    100.0 * share,
                    choice.name
                );
            }
        }
    }
    println!("{good} of {all} functions of {shapes} shapes reach {} % of the rounded rate", 100.0 * WANTED);
}
