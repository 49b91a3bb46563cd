//! What every metric of the table must do. Not here: its values by hand (beside it) and those of libraries (`libraries.rs`).

use ganymede_metrics::testing::{Ready, bright_sides, facts, normal, rows, table};
use ganymede_metrics::{
    Better, Comparison, Facts, METRICS, Metric, MetricError, Number, Others, Set, Sides, Sizes, Stop, measure,
    program_bytes,
};
use ganymede_runtime::{CpuBackend, CpuOptions};
use ganymede_tensor::Tensor;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

fn backend() -> CpuBackend {
    CpuBackend::new(CpuOptions { threads: 1, ..CpuOptions::default() }).unwrap()
}

fn set(samples: Tensor) -> Set {
    Set::new("real", samples)
}

/// Two kinds of images, points about 0 and about (4, 0), rows of a table: a metric is of one of them.
struct Case {
    data: Facts,
    real: Set,
    second: Set,
    others: Ready,
}

fn images() -> Case {
    let others = Ready {
        learned: Some(bright_sides("learned", 200)),
        tested: Some(bright_sides("tested", 60)),
        ..Ready::default()
    };
    let (real, second) = (bright_sides("real", 120), bright_sides("second", 120));
    Case { data: facts("images", &[12, 12, 1], 2), real, second, others }
}

fn points() -> Case {
    let points = |stream: &str, n: usize| {
        let mut values = normal(stream, n, &[2], 0.0, 0.5).as_f32().unwrap().to_vec();
        let labels: Vec<u32> = (0..n as u32).map(|at| at % 2).collect();
        values.iter_mut().step_by(4).for_each(|x| *x += 4.0);
        set(Tensor::from_f32([n, 2], values).unwrap()).labelled(&labels).unwrap()
    };
    let others = Ready { learned: Some(points("learned", 200)), ..Ready::default() };
    Case { data: facts("points", &[2], 2), real: points("real", 120), second: points("second", 120), others }
}

fn tables() -> Case {
    let others = Ready { learned: Some(rows("real", 120)), tested: Some(rows("tested", 100)), ..Ready::default() };
    Case { data: table(), real: rows("real", 120), second: rows("second", 120), others }
}

/// One of each.
fn cases() -> [Case; 3] {
    [images(), points(), tables()]
}

/// The case that a metric is of.
fn case<'a>(metric: &dyn Metric, cases: &'a [Case; 3]) -> &'a Case {
    cases.iter().find(|case| metric.unfit(&case.data).is_none()).unwrap()
}

fn measured(metric: &dyn Metric, case: &Case, fake: &Set) -> Result<Vec<Number>, MetricError> {
    let sides = Sides { real: case.real.clone(), fake: fake.clone(), second: case.second.clone() };
    let backend = backend();
    let mut compared = Comparison::new(&case.data, &sides, &case.others, &backend, 3, Stop::NEVER);
    metric.measure(&mut compared)
}

/// The samples with so much noise, and their labels. Of rows of a table the numbers have noise, some more are missing, and some
/// categories are others.
fn noisy(of: &Set, amount: f32) -> Set {
    let samples = of.samples();
    if of.labels().is_none() {
        let noise = normal("noise", of.len(), &[3, 5], 0.0, 1.0);
        let noise = noise.as_f32().unwrap();
        let cell = |(at, &cell): (usize, &f32)| {
            let (row, column) = (at / 5, at % 5);
            let [change, other, shift] = [0, 1, 2].map(|k| noise[15 * row + 5 * k + column]);
            match [0, 0, 5, 2, 2][column] {
                0 if change < 0.4 * amount - 1.9 && amount > 0.0 => f32::NAN,
                0 => cell + 0.15 * amount * shift,
                values if change < 0.5 * amount - 1.6 && amount > 0.0 => (other.abs() * 7.0).floor() % values as f32,
                _ => cell,
            }
        };
        let cells = samples.as_f32().unwrap().iter().enumerate().map(cell).collect();
        return set(Tensor::from_f32([of.len(), 5], cells).unwrap());
    }
    let noise = normal("noise", of.len(), &samples.shape()[1..], 0.0, 1.0);
    let values = samples.as_f32().unwrap().iter().zip(noise.as_f32().unwrap()).map(|(x, n)| x + amount * n).collect();
    set(Tensor::from_f32(samples.shape().clone(), values).unwrap()).labelled(&of.labels().unwrap()).unwrap()
}

#[test]
fn every_metric_is_best_on_identical_sets_and_worse_the_more_noise_there_is() {
    let cases = cases();
    for metric in METRICS {
        let case = case(*metric, &cases);
        let found: Vec<Vec<Number>> = [0.0, 0.7, 1.4, 2.8]
            .map(|amount| measured(*metric, case, &noisy(&case.real, amount)).unwrap())
            .into_iter()
            .collect();
        assert!(!found[0].is_empty(), "{}", metric.name());
        for (at, first) in found[0].iter().enumerate() {
            let series: Vec<f64> = found.iter().map(|numbers| numbers[at].value.estimate.value).collect();
            let (name, estimate) = (format!("{} of {}", first.value.name, first.of), first.value.estimate);
            assert!(estimate.low <= estimate.value && estimate.value <= estimate.high, "{name}: {estimate:?}");
            assert!(first.reference.is_some_and(f64::is_finite) && first.n > 0 && first.reference_n > 0, "{name}");
            match first.value.better {
                Better::Lower => {
                    assert!(series[0] < series[1] && series[1] < series[3], "{name}: {series:?}");
                    assert!(estimate.value <= first.reference.unwrap(), "{name}: {first:?}");
                }
                // Samples far apart have large balls, in which every real one is; two modes are both reached.
                Better::Higher if ["recall", "modes", "class_recall"].contains(&first.value.name) => {
                    assert_eq!(series[0], if first.value.name == "modes" { 2.0 } else { 1.0 });
                }
                // Noise leaves the range of real rows.
                Better::Higher if first.value.name == "value_coverage" => assert_eq!(series[0], 1.0),
                // Two kinds of images are easily learned, also under noise: see the next test.
                Better::Higher if first.value.name == "train_synthetic_test_real" => assert!(series[0] >= series[3]),
                // As many rows of a rare class as these few have say little.
                Better::Higher if first.value.name == "uplift_over_repeated" => assert!(series[0] > -0.2),
                Better::Higher => assert!(series[0] > series[3] && series[0] >= series[1], "{name}: {series:?}"),
                // Copies have the distance 0.
                Better::Near if first.value.name.starts_with("distance") => assert!(series[0] < series[3]),
                Better::Near => assert!(series[0] > series[3], "{name}: {series:?}"),
            }
        }
    }
}

/// Images of the other class than was asked for: a classifier says no class that was asked for, and one that learns from them is
/// wrong about all real ones.
#[test]
fn classes_that_were_not_asked_for_are_seen() {
    let case = images();
    let metric = METRICS.iter().find(|metric| metric.name() == "classes").unwrap();
    let other: Vec<u32> = case.real.labels().unwrap().iter().map(|label| 1 - label).collect();
    let fake = set(case.real.samples().clone()).labelled(&other).unwrap();
    let found = measured(*metric, &case, &fake).unwrap();
    let names: Vec<(&str, usize, usize)> = found.iter().map(|n| (n.value.name, n.n, n.reference_n)).collect();
    assert_eq!(names, [("class_accuracy", 120, 60), ("train_synthetic_test_real", 60, 60), ("class_recall", 120, 120)]);
    for number in &found[..2] {
        let estimate = number.value.estimate;
        assert!(estimate.value < 0.05 && number.reference.unwrap() > 0.95, "{number:?}");
        let hits = (estimate.value * number.n as f64).round() as usize;
        assert_eq!(estimate, ganymede_metrics::Estimate::share(hits, number.n), "{number:?}");
    }
    assert_eq!(found[1].value.note.as_deref(), Some("learned from 120"));
    // No real image is among generated ones of its class.
    assert!(found[2].value.estimate.value < 0.05 && found[2].reference.unwrap() > 0.8, "{:?}", found[2]);
}

/// The collapse that accuracy calls perfect: one real image of a class again and again, with hardly any noise.
#[test]
fn one_image_a_class_has_no_recall_within_its_class() {
    let case = images();
    let metric = METRICS.iter().find(|metric| metric.name() == "classes").unwrap();
    let (labels, pixels) = (case.real.labels().unwrap(), case.real.samples().as_f32().unwrap());
    let one_of = |class: u32| labels.iter().position(|label| *label == class).unwrap();
    let recalls = |collapsed: &[u32]| {
        let rows =
            labels.iter().enumerate().map(|(at, class)| if collapsed.contains(class) { one_of(*class) } else { at });
        let values = rows.flat_map(|row| pixels[row * 144..(row + 1) * 144].iter().copied()).collect();
        let images = set(Tensor::from_f32([labels.len(), 12, 12, 1], values).unwrap()).labelled(&labels).unwrap();
        let found = measured(*metric, &case, &noisy(&images, 0.001)).unwrap();
        let number = |name: &str| found.iter().find(|number| number.value.name == name).unwrap().value.clone();
        (number("class_accuracy").estimate.value, number("class_recall"))
    };
    let (accuracy, recall) = recalls(&[0, 1]);
    assert!(accuracy > 0.95 && recall.estimate.value < 0.05 && recall.estimate.high < 0.2, "{accuracy} {recall:?}");
    assert!(recall.by_class.iter().all(|share| share.unwrap() < 0.05), "{recall:?}");
    // Of one class alone: it is told which.
    let (_, recall) = recalls(&[1]);
    assert!(recall.by_class[0].unwrap() > 0.95 && recall.by_class[1].unwrap() < 0.05, "{recall:?}");
    let (_, recall) = recalls(&[]);
    assert!(recall.estimate.value > 0.95 && recall.estimate.low <= recall.estimate.value, "{recall:?}");
}

#[test]
fn the_order_of_samples_does_not_matter_and_the_same_is_the_same_twice() {
    let cases = cases();
    // Which rows learn what is by their places.
    let placed = ["classes", "detection", "utility"];
    for metric in METRICS.iter().filter(|metric| !placed.contains(&metric.name())) {
        let case = case(*metric, &cases);
        let fake = noisy(&case.real, 1.0);
        let found = measured(*metric, case, &fake).unwrap();
        assert_eq!(found, measured(*metric, case, &fake).unwrap(), "{}: the same twice", metric.name());
        // Patches lie at random places of each image, and pairs are drawn.
        if ["laplacian", "ms_ssim"].contains(&metric.name()) {
            continue;
        }
        let size = fake.samples().as_f32().unwrap().len() / fake.len();
        let turned = fake.samples().as_f32().unwrap().chunks_exact(size).rev().flatten().copied().collect();
        let turned = set(Tensor::from_f32(fake.samples().shape().clone(), turned).unwrap());
        for (x, y) in found.iter().zip(measured(*metric, case, &turned).unwrap()) {
            let (x, y) = (x.value.estimate.value, y.value.estimate.value);
            assert!((x - y).abs() <= 1e-9 * x.abs().max(1.0), "{}: {x} and {y}", metric.name());
        }
    }
}

#[test]
fn sets_that_cannot_be_compared_are_left_out_with_a_reason() {
    let backend = backend();
    let measured = |case: &Case, real: Set, fake: Set, wanted: &dyn Fn(&str) -> bool| {
        let sides = Sides { real: real.clone(), fake, second: real };
        measure(Comparison::new(&case.data, &sides, &case.others, &backend, 0, Stop::NEVER), wanted).unwrap()
    };
    // What learns takes long, and is of any number of samples.
    let quick = |name: &str| name != "classes";
    for case in [images(), points()] {
        // One sample is too few for whatever has an interval.
        let one = case.real.first(1);
        let found = measured(&case, one.clone(), one, &quick);
        let least: Vec<&String> = found.left_out.iter().filter(|reason| reason.contains("expected")).collect();
        assert!(least.len() >= 3, "{:?}", found.left_out);
        assert!(found.numbers.iter().all(|n| !["frechet", "kernel", "precision"].contains(&n.value.name)));
        // Values that are not finite are in no number.
        let mut values = case.real.samples().as_f32().unwrap().to_vec();
        values[3] = f32::NAN;
        let broken = Tensor::from_f32(case.real.samples().shape().clone(), values).unwrap();
        let broken = set(broken).labelled(&case.real.labels().unwrap()).unwrap();
        let found = measured(&case, case.real.clone(), broken, &quick);
        assert!(
            found.left_out.iter().any(|reason| reason.contains("sliced_wasserstein: expected finite")),
            "{found:?}"
        );
        assert!(found.numbers.iter().all(|n| n.value.name != "frechet"), "{found:?}");
        for number in &found.numbers {
            assert!(number.value.estimate.value.is_finite(), "{number:?}");
        }
    }
    let of_tables = |samples: &str| {
        let reason = |name: &&str| format!("{name}: it measures rows of a table, and these samples are {samples}");
        TABLES.iter().map(reason).collect::<Vec<String>>()
    };
    let images = images();
    let found = measured(&images, images.real.clone(), images.real.clone(), &|_| true);
    assert_eq!(found.left_out, Vec::<String>::new());
    let modes = "modes: it measures points with classes, and stacked-fashion-mnist".to_string();
    assert_eq!(found.unfit, [vec![modes], of_tables("images")].concat());
    let points = points();
    let found = measured(&points, points.real.clone(), points.real.clone(), &|_| true);
    let reasons = ["laplacian", "ms_ssim", "classes"]
        .map(|name| format!("{name}: it measures images, and these samples are points"));
    assert_eq!((found.left_out, found.unfit), (Vec::new(), [reasons.to_vec(), of_tables("points")].concat()));
}

/// Metrics of tables alone.
const TABLES: [&str; 6] = ["column_shapes", "pair_trends", "table_form", "detection", "utility", "copying"];

/// Cells are no coordinates: what measures distances of samples is not of tables, and every metric of tables reads its cells.
#[test]
fn tables_are_measured_by_their_own_metrics() {
    let case = tables();
    let backend = backend();
    let measured = |real: Set, fake: Set| {
        let sides = Sides { real: real.clone(), fake, second: real };
        measure(Comparison::new(&case.data, &sides, &case.others, &backend, 0, Stop::NEVER), &|_| true).unwrap()
    };
    let found = measured(case.real.clone(), case.real.clone());
    assert_eq!(found.left_out, Vec::<String>::new());
    let unfit: Vec<&str> = found.unfit.iter().map(|reason| reason.split(':').next().unwrap()).collect();
    assert_eq!(unfit.len() + TABLES.len(), METRICS.len(), "{unfit:?}");
    assert!(
        unfit.iter().all(|name| !TABLES.contains(name)) && found.numbers.iter().all(|number| number.of == "samples")
    );
    for number in found.numbers {
        assert!(number.value.estimate.value.is_finite(), "{number:?}");
    }
    let mut cells = case.real.samples().as_f32().unwrap().to_vec();
    cells[2] = 7.0;
    let broken = set(Tensor::from_f32([120, 5], cells).unwrap());
    let found = measured(case.real.clone(), broken);
    assert_eq!(found.numbers, []);
    for (name, reason) in TABLES.iter().zip(&found.left_out) {
        assert_eq!(*reason, format!("{name}: expected a place below 5 in column kind, found 7 in row 1"));
    }
    let few = case.real.first(19);
    let found = measured(few.clone(), few);
    assert!(found.left_out.len() == TABLES.len() && found.left_out[0].contains("at least 20 rows"), "{found:?}");
}

#[test]
fn without_others_what_learns_is_left_out_and_the_rest_is_measured() {
    let case = Case { others: Ready::default(), ..images() };
    let sides = Sides { real: case.real.clone(), fake: noisy(&case.real, 0.5), second: case.second.clone() };
    let backend = backend();
    let compared = Comparison::new(&case.data, &sides, &case.others, &backend, 0, Stop::NEVER);
    let found = measure(compared, &|_| true).unwrap();
    assert_eq!(found.left_out, ["features of a classifier: none are left", "classes: none are left"]);
    assert!(found.numbers.iter().any(|number| number.value.name == "frechet" && number.of == "random"));
    assert!(found.numbers.iter().all(|number| number.of != "classifier"));
}

#[test]
fn what_is_told_to_stop_stops() {
    let flag = AtomicBool::new(true);
    let cases = cases();
    for metric in METRICS {
        let case = case(*metric, &cases);
        let sides = Sides { real: case.real.clone(), fake: case.real.clone(), second: case.second.clone() };
        let backend = backend();
        let compared = |stop| Comparison::new(&case.data, &sides, &case.others, &backend, 0, stop);
        // Modes of points are counted at once.
        if metric.name() != "modes" {
            let error = metric.measure(&mut compared(Stop::when(&flag))).unwrap_err();
            assert!(matches!(error, MetricError::Stopped), "{}: {error}", metric.name());
        }
        assert!(measure(compared(Stop::when(&flag)), &|name| name == metric.name()).is_err());
    }
}

/// The allocator is asked what was taken: never much more than was said beforehand, and not much less in all.
#[test]
fn bytes_are_known_before() {
    let backend = backend();
    for (modality, sample, n) in [("images", vec![24, 24, 3], 400), ("points", vec![6], 3000), ("table", vec![5], 3000)]
    {
        let labels: Vec<u32> = (0..n as u32).map(|at| at % 2).collect();
        let labelled = |stream: &str, n: usize| match modality {
            "table" => rows(stream, n),
            _ => set(normal(stream, n, &sample, 0.0, 0.5)).labelled(&labels[..n]).unwrap(),
        };
        let learned = n / 2;
        let others = Ready {
            learned: Some(labelled("learned", learned)),
            tested: Some(labelled("tested", 50)),
            ..Ready::default()
        };
        let data = if modality == "table" { table() } else { facts(modality, &sample, 2) };
        let sizes = Sizes { samples: n, reference: n, learned, tested: 50 };
        for metric in METRICS.iter().filter(|metric| metric.unfit(&data).is_none()) {
            let wanted = |name: &str| name == metric.name();
            // A backend keeps the arena of its networks: only the first of them takes it.
            let programs = program_bytes(&data, &wanted, &backend).unwrap();
            let (planned, programs) = (sizes.bytes(&data, &wanted) as f64, (programs.own + programs.shared) as f64);
            let taken = allocation_counter::measure(|| {
                let side = |stream: &str| labelled(stream, n);
                let sides = Sides { real: side("real"), fake: side("fake"), second: side("second") };
                let compared = Comparison::new(&data, &sides, &others, &backend, 0, Stop::NEVER);
                assert_eq!(measure(compared, &wanted).unwrap().left_out, Vec::<String>::new());
            });
            let (name, taken) = (metric.name(), taken.bytes_max as f64);
            println!("{modality} {name}: planned {planned} and {programs}, taken {taken}");
            assert!(taken <= 1.1 * (planned + programs), "{modality} {name}: {taken} of {planned} and {programs}");
            assert!(taken >= 0.7 * planned, "{modality} {name}: {taken} of {planned}");
        }
    }
}

/// What is printed, written to the log and asked for by `--metric`.
#[test]
fn metrics_and_spaces_have_their_names() {
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.name()).collect();
    assert_eq!(
        names,
        ["sliced_wasserstein", "laplacian", "ms_ssim", "frechet", "kernel", "neighbours", "modes", "classes"]
            .into_iter()
            .chain(TABLES)
            .collect::<Vec<&str>>()
    );
}

/// Memory of images of 8 x 8 x 3 in 10 classes: 10 generated and real, 6 of the reference, 4 learned from.
#[test]
fn the_memory_of_a_metric_is_that_worked_out_by_hand() {
    let data = facts("images", &[8, 8, 3], 10);
    let sizes = Sizes { samples: 10, reference: 6, learned: 4, tested: 2 };
    let bytes = |name: &str| METRICS.iter().find(|metric| metric.name() == name).unwrap().bytes(&data, &sizes);
    // A pyramid of 240 numbers and 16 patches of 7 x 7 x 3 numbers with their place on a line, of both sets; and where they lie.
    assert_eq!(bytes("laplacian"), 2 * 10 * (240 * 4 + 16 * (147 * 4 + 8)) + 10 * 16 * 16);
    // Points of 2 numbers in 3 classes: what is learned from, four numbers for each sample, 200 times the counts of 3 modes.
    let modes = |data: &Facts| METRICS.iter().find(|metric| metric.name() == "modes").unwrap().bytes(data, &sizes);
    assert_eq!(modes(&facts("points", &[2], 3)), 4 * 2 * 4 + 4 * 10 * 8 + 200 * 3 * 8);
    // Three of ten images as channels: both sets, and a thousand modes.
    assert_eq!(modes(&Facts { stacked: 10, ..data.clone() }), 2 * 10 * 192 * 4 + 4 * 10 * 8 + 200 * 1000 * 8);
}

/// What a metric asks for is told apart by what it says where that is not there.
struct Nothing;

impl Others for Nothing {
    fn learned(&self) -> Result<Set, MetricError> {
        Err(asked("what is learned from"))
    }

    fn tested(&self) -> Result<Set, MetricError> {
        Err(asked("what is tested on"))
    }

    fn parts(&self) -> Result<Set, MetricError> {
        Err(asked("parts"))
    }

    fn recall(&self, _what: &str) -> Option<BTreeMap<String, Tensor>> {
        None
    }

    fn keep(&self, _what: &str, _states: &BTreeMap<String, Tensor>) {}
}

fn asked(what: &str) -> MetricError {
    MetricError::Argument { what: "asked".into(), reason: what.into() }
}

/// Stacked images by a classifier of their parts, points by a mixture.
#[test]
fn modes_of_stacked_images_are_those_of_their_parts() {
    let modes = METRICS.iter().find(|metric| metric.name() == "modes").unwrap();
    let (Case { data, real, second, .. }, backend) = (images(), backend());
    let sides = Sides { fake: real.clone(), real, second };
    let asked = |data: &Facts| {
        modes.measure(&mut Comparison::new(data, &sides, &Nothing, &backend, 3, Stop::NEVER)).unwrap_err().to_string()
    };
    assert!(asked(&Facts { stacked: 10, ..data.clone() }).ends_with("asked: parts"));
    assert!(asked(&data).ends_with("asked: what is learned from"));
}
