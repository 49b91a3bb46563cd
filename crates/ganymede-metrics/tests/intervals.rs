//! Every interval that is printed covers the number which it is of, in 90 to 99 of 100 evaluations: simulated on sets that are drawn
//! anew each time. What is covered is the mean of the number over all such sets of that size.

use ganymede_metrics::testing::{Ready, facts, table};
use ganymede_metrics::{Comparison, Estimate, Facts, METRICS, Set, Sides, Stop};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::{Rng, Tensor};
use std::collections::BTreeMap;

/// One sample of a side: real ones, or generated ones that are somewhat other.
type Draw = fn(&mut Rng, bool) -> Vec<f32>;

/// Points of a normal distribution; generated ones moved by half a deviation, and wider.
fn point(rng: &mut Rng, fake: bool) -> Vec<f32> {
    let (mean, deviation) = if fake { (0.5, 1.4) } else { (0.0, 1.0) };
    (0..3).map(|_| (mean + deviation * rng.normal()) as f32).collect()
}

/// Points about eight centres, some of them seldom; one in ten generated ones is of none.
fn mode(rng: &mut Rng, fake: bool) -> Vec<f32> {
    let share = rng.uniform();
    let at = (share * share * 8.0).floor();
    let off = if fake && rng.uniform() < 0.1 { 5.0 } else { 0.1 * rng.normal() };
    vec![(10.0 * at + off) as f32]
}

/// Waves of one contrast at some phase, with noise.
fn texture(rng: &mut Rng, fake: bool) -> Vec<f32> {
    let (noise, phase) = (if fake { 0.4 } else { 0.1 }, 6.0 * rng.uniform());
    let pixel = |at: usize| 0.5 * (0.9 * (at / 11) as f64 + phase).sin() * (0.8 * (at % 11) as f64 + phase).cos();
    (0..121).map(|at| (pixel(at) + noise * rng.normal()) as f32).collect()
}

/// A wave of some brightness and contrast with noise.
fn image(rng: &mut Rng, fake: bool) -> Vec<f32> {
    let (brightness, contrast) = (0.3 * rng.normal(), 0.4 + 0.2 * rng.uniform());
    let noise = if fake { 0.15 } else { 0.05 };
    let phase = rng.uniform();
    let pixel = |at: usize| {
        let (row, column) = ((at / 11) as f64, (at % 11) as f64);
        brightness + contrast * (0.7 * row + 6.0 * phase).sin() * (0.5 * column).cos()
    };
    (0..121).map(|at| (pixel(at) + noise * rng.normal()) as f32).collect()
}

/// Name, samples, evaluations, kind of data, what is drawn.
type Case = (&'static str, usize, usize, (&'static str, &'static [usize]), Draw);

const CASES: [Case; 7] = [
    ("sliced_wasserstein", 60, 300, ("points", &[3]), point),
    ("laplacian", 30, 100, ("images", &[11, 11, 1]), texture),
    ("ms_ssim", 60, 400, ("images", &[11, 11, 1]), image),
    ("frechet", 80, 400, ("points", &[3]), point),
    ("kernel", 80, 400, ("points", &[3]), point),
    ("neighbours", 200, 200, ("points", &[3]), point),
    ("modes", 40, 400, ("points", &[1]), mode),
];

fn set(rng: &mut Rng, n: usize, sample: &[usize], fake: bool, draw: Draw) -> Set {
    let values = (0..n).flat_map(|_| draw(rng, fake)).collect();
    let sizes: Vec<usize> = [n].iter().chain(sample).copied().collect();
    Set::new("real", Tensor::from_f32(sizes, values).unwrap())
}

/// The eight modes, as they are learned of other points.
fn others() -> Ready {
    let mut rng = Rng::new(1, 1);
    let labels: Vec<u32> = (0..160).map(|at| at % 8).collect();
    let points = labels.iter().map(|&at| (10.0 * f64::from(at) + 0.1 * rng.normal()) as f32).collect();
    let learned = Set::new("real", Tensor::from_f32([160, 1], points).unwrap()).labelled(&labels).unwrap();
    Ready { learned: Some(learned), ..Ready::default() }
}

/// Estimates of many evaluations, by the number's name.
fn estimates(name: &str, n: usize, times: usize, data: &Facts, draw: Draw) -> BTreeMap<&'static str, Vec<Estimate>> {
    let metric = METRICS.iter().find(|metric| metric.name() == name).unwrap();
    let backend = CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap();
    let others = others();
    let mut rng = Rng::new(11, 4);
    let mut found: BTreeMap<&'static str, Vec<Estimate>> = BTreeMap::new();
    for time in 0..times {
        let (real, fake) = (set(&mut rng, n, &data.shape, false, draw), set(&mut rng, n, &data.shape, true, draw));
        // References are not looked at here: of one sample there is none.
        let sides = Sides { second: real.first(1), real, fake };
        let mut compared = Comparison::new(data, &sides, &others, &backend, time as u64, Stop::NEVER);
        for number in metric.measure(&mut compared).unwrap() {
            found.entry(number.value.name).or_default().push(number.value.estimate);
        }
    }
    found
}

/// A row of [`table`]: generated ones with other shares and a weaker dependence.
fn row(rng: &mut Rng, fake: bool) -> Vec<f32> {
    let whole = |number: f64| ((1000.0 * number).floor() / 1000.0) as f32;
    let x = if fake { rng.uniform().powf(1.3) } else { rng.uniform() };
    let y = x + (1.0 - x) * rng.uniform();
    let kind = (4.0 * rng.uniform().powf(if fake { 1.2 } else { 1.0 })).floor();
    let class = (x > 0.65) != (rng.uniform() < if fake { 0.2 } else { 0.1 });
    vec![whole(x), whole(y), kind as f32, (kind / 2.0).floor() as f32, f32::from(u8::from(class))]
}

/// Metrics of tables: name, rows, evaluations.
const OF_TABLES: [(&str, usize, usize); 2] = [("column_shapes", 300, 150), ("pair_trends", 300, 100)];

/// Metrics of tables whose intervals are of the rows that are looked at alone: `table_form` counts what is nearly always so, the
/// models of `detection` (which cover in 82 to 85 of 100 evaluations of 150 rows) and `utility` are not learned again, and `copying`
/// keeps the rows that were learned from.
const OF_ROWS_ALONE: [&str; 4] = ["table_form", "detection", "utility", "copying"];

fn covered(estimates: &[Estimate]) -> f64 {
    let truth = estimates.iter().map(|found| found.value).sum::<f64>() / estimates.len() as f64;
    let hits = estimates.iter().filter(|found| found.low <= truth && truth <= found.high).count();
    hits as f64 / estimates.len() as f64
}

#[test]
fn intervals_cover_what_they_are_of() {
    let mut wrong = Vec::new();
    let mut names = Vec::new();
    for (name, n, times, (modality, sample), draw) in CASES {
        names.push(name);
        let start = std::time::Instant::now();
        let data = facts(modality, sample, 8);
        for (number, estimates) in estimates(name, n, times, &data, draw) {
            let share = covered(&estimates);
            let mean = estimates.iter().map(|found| found.value).sum::<f64>() / times as f64;
            println!("{number}: {mean:.3}, {share:.3} of {times} evaluations of {n} samples, {:?}", start.elapsed());
            if !(0.90..=0.99).contains(&share) {
                wrong.push(format!("{number}: {share}"));
            }
        }
    }
    for (name, n, times) in OF_TABLES {
        names.push(name);
        for (number, estimates) in estimates(name, n, times, &table(), row) {
            let share = covered(&estimates);
            println!("{number}: {share:.3} of {times} evaluations of {n} rows");
            if !(0.90..=0.99).contains(&share) {
                wrong.push(format!("{number}: {share}"));
            }
        }
    }
    names.extend(OF_ROWS_ALONE);
    // Shares of independent samples that a classifier is right about: `classes`.
    names.push("classes");
    let mut rng = Rng::new(5, 1);
    for (n, truth) in [(30, 0.5), (100, 0.93), (500, 0.98), (50, 0.02)] {
        let hits = |rng: &mut Rng| (0..n).filter(|_| rng.uniform() < truth).count();
        let covers = |found: Estimate| found.low <= truth && truth <= found.high;
        let share = (0..1000).filter(|_| covers(Estimate::share(hits(&mut rng), n))).count() as f64 / 1000.0;
        println!("a share of {truth}: {share:.3} of 1000 evaluations of {n} samples");
        if !(0.90..=0.99).contains(&share) {
            wrong.push(format!("a share of {truth}: {share}"));
        }
    }
    assert_eq!(names.len(), METRICS.len(), "every metric is simulated");
    assert_eq!(wrong, Vec::<String>::new());
}
