//! What Keras's numbers do not cover: noise by its distribution, spectral normalization against the paper, the
//! errors of layers.

use super::common::{first_states, run, run_on, trace};
use ganymede_graph::{Array, Builder};
use ganymede_nn::arguments::{Axes, Padding};
use ganymede_nn::layers::*;
use ganymede_nn::{Layer, LayerConfig, Mode, Scope};
use ganymede_runtime::{Backend, CpuBackend, CpuOptions, ReferenceBackend};
use ganymede_tensor::{DType, Rng, TensorType};
use std::collections::{BTreeMap, HashMap};

/// The layer's output in training, for ones.
fn trained(layer: &dyn Layer, shape: &[usize]) -> Vec<f64> {
    let ty = TensorType::f32(shape);
    let traced = trace(Mode::Train, std::slice::from_ref(&ty), |scope, x| layer.build(scope, x)).unwrap();
    let ones = Array { ty: ty.clone(), data: vec![1.0; ty.elements()] };
    let given = HashMap::from([("input0".to_string(), ones.clone()), ("cotangent0".to_string(), ones)]);
    run(&traced.graph, &given, &mut BTreeMap::new())["output0"].data.clone()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

#[test]
fn dropout_keeps_a_share_and_the_mean() {
    let y = trained(&Dropout::new(0.3), &[100, 200]);
    assert!(y.iter().all(|&v| v == 0.0 || (v - 1.0 / 0.7).abs() < 1e-12));
    let dropped = y.iter().filter(|&&v| v == 0.0).count() as f64 / y.len() as f64;
    assert!((dropped - 0.3).abs() < 0.01, "{dropped}"); // standard error 0.003
    assert!(trained(&Dropout::new(1.0), &[2, 3]).iter().all(|&v| v == 0.0));
}

#[test]
fn spatial_dropout_drops_whole_channels() {
    let y = trained(&SpatialDropout2D::new(0.5), &[20, 3, 4, 50]);
    let channel = |n: usize, c: usize| (0..12).map(move |p| (n * 12 + p) * 50 + c);
    let mut dropped = 0;
    for (n, c) in (0..20).flat_map(|n| (0..50).map(move |c| (n, c))) {
        let values: Vec<f64> = channel(n, c).map(|i| y[i]).collect();
        assert!(values.iter().all(|v| *v == values[0]), "{values:?}");
        dropped += usize::from(values[0] == 0.0);
    }
    assert!((440..560).contains(&dropped), "{dropped} of 1000"); // standard error 16
}

#[test]
fn gaussian_noise_and_dropout_have_their_deviation() {
    let (mean, variance) = moments(&trained(&GaussianNoise::new(0.5), &[100, 200]));
    assert!((mean - 1.0).abs() < 0.02 && (variance - 0.25).abs() < 0.01, "{mean} {variance}");
    let (mean, variance) = moments(&trained(&GaussianDropout::new(0.2), &[100, 200]));
    assert!((mean - 1.0).abs() < 0.02 && (variance - 0.25).abs() < 0.01, "{mean} {variance}");
}

#[test]
fn every_use_of_a_layer_has_noise_of_its_own() {
    let layer = Dropout::new(0.5);
    let ty = TensorType::f32([4, 50]);
    let traced = trace(Mode::Train, std::slice::from_ref(&ty), |scope, x| {
        let twice = [layer.build(scope, x)[0], layer.build(scope, x)[0]];
        twice.to_vec()
    })
    .unwrap();
    let ones = Array { ty, data: vec![1.0; 200] };
    let given: HashMap<String, Array> =
        ["input0", "cotangent0", "cotangent1"].iter().map(|n| (n.to_string(), ones.clone())).collect();
    let outputs = run(&traced.graph, &given, &mut BTreeMap::new());
    assert_ne!(outputs["output0"], outputs["output1"]);
}

#[test]
fn packed_samples_lie_side_by_side() {
    let ty = TensorType::f32([4, 2]);
    let traced = trace(Mode::Train, std::slice::from_ref(&ty), |scope, x| Pack::new(2usize).build(scope, x)).unwrap();
    let x = Array { ty, data: (0..8).map(f64::from).collect() };
    let given =
        HashMap::from([("input0".to_string(), x.clone()), ("cotangent0".to_string(), Array::new([2, 4], x.data))]);
    let packed = &run(&traced.graph, &given, &mut BTreeMap::new())["output0"];
    assert_eq!((&packed.ty.shape[..], &packed.data[4..]), (&[2, 4][..], &[4.0, 5.0, 6.0, 7.0][..]));
}

/// The result of a layer in training for these inputs, and its states afterwards.
fn built(layer: &dyn Layer, inputs: &[Array], states: BTreeMap<String, Array>) -> (Array, BTreeMap<String, Array>) {
    let types: Vec<TensorType> = inputs.iter().map(|x| x.ty.clone()).collect();
    let traced = trace(Mode::Train, &types, |scope, x| layer.build(scope, x)).unwrap();
    let mut given: HashMap<String, Array> =
        inputs.iter().enumerate().map(|(i, x)| (format!("input{i}"), x.clone())).collect();
    let output = traced.graph.outputs.iter().find(|(name, _)| name == "output0").unwrap().1;
    let ty = traced.graph.ty(output).clone();
    given.insert("cotangent0".into(), Array { data: vec![1.0; ty.elements()], ty });
    let mut states = states;
    let output = run(&traced.graph, &given, &mut states)["output0"].clone();
    (output, states)
}

fn numbers(shape: &[usize], salt: u32) -> Array {
    let mut rng = Rng::new(3, salt);
    Array::new(shape, (0..shape.iter().product()).map(|_| rng.uniform_in(-1.0, 1.0)).collect())
}

#[test]
fn packed_images_lie_in_each_others_channels() {
    let x = numbers(&[4, 2, 3, 2], 1);
    let (packed, _) = built(&Pack::new(2usize), std::slice::from_ref(&x), BTreeMap::new());
    assert_eq!(packed.ty.shape[..], [2, 2, 3, 4]);
    for (at, value) in packed.data.iter().enumerate() {
        let (channel, pixel, pack) = (at % 4, at / 4 % 6, at / 24);
        assert_eq!(*value, x.data[((pack * 2 + channel / 2) * 6 + pixel) * 2 + channel % 2]);
    }
}

/// One more channel with the group's mean deviation, by hand.
#[test]
fn a_minibatch_says_how_much_it_differs() {
    let x = numbers(&[6, 2, 2, 3], 2);
    let (y, _) = built(&MinibatchStddev::new().group_size(3usize), std::slice::from_ref(&x), BTreeMap::new());
    assert_eq!(y.ty.shape[..], [6, 2, 2, 4]);
    for (n, sample) in y.data.chunks(16).enumerate() {
        let deviation = |element: usize| {
            let group: Vec<f64> = (0..3).map(|i| x.data[(n / 3 * 3 + i) * 12 + element]).collect();
            (moments(&group).1 + 1e-8).sqrt()
        };
        let expected = (0..12).map(deviation).sum::<f64>() / 12.0;
        for (pixel, channels) in sample.chunks(4).enumerate() {
            assert_eq!(channels[..3], x.data[n * 12 + pixel * 3..n * 12 + pixel * 3 + 3]);
            assert!((channels[3] - expected).abs() < 1e-12);
        }
    }
    let same = Array::new([4, 5], vec![0.5; 20]);
    let (y, _) = built(&MinibatchStddev::new(), &[same], BTreeMap::new());
    assert!(y.data.chunks(6).all(|row| (row[5] - 1e-4).abs() < 1e-12), "of equal samples √10⁻⁸");
}

/// Scale and offset of each sample's class; the statistics are those of the whole batch, as without classes.
/// Samples around 5000 with deviation 1, as f32 has them.
fn far_away(shape: &[usize]) -> Array {
    let ty = TensorType::f32(shape);
    let mut rng = Rng::new(5, 7);
    let data = (0..ty.elements()).map(|_| f64::from((5000.0 + rng.normal()) as f32)).collect();
    Array { ty, data }
}

/// The (sets of) positions of `shape` that are normalized together: by the channel, the sample, or both.
fn together(shape: &[usize], key: impl Fn(usize, usize) -> usize) -> Vec<Vec<usize>> {
    let (channels, each) = (shape[shape.len() - 1], shape[1..].iter().product::<usize>());
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in 0..shape.iter().product() {
        let group = key(at / each, at % channels);
        groups.resize(groups.len().max(group + 1), Vec::new());
        groups[group].push(at);
    }
    groups
}

/// Runs a normalization in training on samples far from 0, on the CPU and the reference backend, and compares output and
/// gradient with the formula in two passes of f64; gives the states that it assigned.
fn normalizes_far_from_zero(layer: &dyn Layer, shape: &[usize], groups: &[Vec<usize>]) -> Vec<BTreeMap<String, Array>> {
    let x = far_away(shape);
    let n = x.data.len();
    let cotangent: Vec<f64> = (0..n).map(|i| f64::from(((i * 7 % 11) as f32 - 5.0) * 0.2)).collect();
    let (mut y, mut dx) = (vec![0.0; n], vec![0.0; n]);
    for group in groups {
        let mean_of = |f: &dyn Fn(usize) -> f64| group.iter().map(|&i| f(i)).sum::<f64>() / group.len() as f64;
        let mean = mean_of(&|i| x.data[i]);
        let inverse = (mean_of(&|i| (x.data[i] - mean).powi(2)) + 1e-3).sqrt().recip();
        group.iter().for_each(|&i| y[i] = (x.data[i] - mean) * inverse);
        let (slope, along) = (mean_of(&|i| cotangent[i]), mean_of(&|i| cotangent[i] * y[i]));
        group.iter().for_each(|&i| dx[i] = inverse * (cotangent[i] - slope - y[i] * along));
    }
    let traced = trace(Mode::Train, std::slice::from_ref(&x.ty), |scope, x| layer.build(scope, x)).unwrap();
    let given = HashMap::from([
        ("input0".to_string(), x.clone()),
        ("cotangent0".to_string(), Array { ty: x.ty.clone(), data: cotangent }),
    ]);
    let backends: [Box<dyn Backend>; 2] = [
        Box::new(ReferenceBackend),
        Box::new(CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap()),
    ];
    let check = |backend: Box<dyn Backend>| {
        let mut states = first_states(&traced.parameters);
        let outputs = run_on(backend.as_ref(), &traced.graph, &given, &mut states);
        for (name, expected) in [("output0", &y), ("gradient0", &dx)] {
            let found = &outputs[name].data;
            let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            let off = expected.iter().zip(found).fold(0.0f64, |m, (e, f)| m.max((e - f).abs()));
            let class = layer.class_name();
            assert!(off <= 1e-3 * largest, "{class} {shape:?} on {}: {name} is off by {off}", backend.name());
        }
        states
    };
    backends.into_iter().map(check).collect()
}

#[test]
fn statistics_of_samples_far_from_zero_keep_their_digits() {
    for shape in [vec![64, 6, 6, 3], vec![256, 5], vec![2, 300, 4]] {
        let (channels, samples) = (shape[shape.len() - 1], shape[0]);
        let by_channel = together(&shape, |_, channel| channel);
        let x = far_away(&shape);
        for states in normalizes_far_from_zero(&BatchNormalization::new().momentum(0.0), &shape, &by_channel) {
            for (channel, group) in by_channel.iter().enumerate() {
                let (mean, variance) = moments(&group.iter().map(|&i| x.data[i]).collect::<Vec<_>>());
                let found = |name: &str| states[&format!("layer/{name}")].data[channel];
                assert!((found("moving_mean") - mean).abs() <= 1e-3, "{} of {mean}", found("moving_mean"));
                let variance_found = found("moving_variance");
                assert!((variance_found / variance - 1.0).abs() <= 1e-3, "{variance_found} of {variance}");
            }
        }
        let by_sample = together(&shape, |sample, _| sample);
        let every_axis = Axes((1..shape.len() as i64).collect());
        normalizes_far_from_zero(&LayerNormalization::new().axis(every_axis), &shape, &by_sample);
        normalizes_far_from_zero(&GroupNormalization::new().groups(1), &shape, &by_sample);
        if shape.len() > 2 {
            let instances = together(&shape, |sample, channel| sample * channels + channel);
            assert_eq!(instances.len(), samples * channels);
            normalizes_far_from_zero(&GroupNormalization::new().groups(-1), &shape, &instances);
        }
    }
}

#[test]
fn a_sample_that_is_an_outlier_does_not_spoil_the_statistics() {
    // The first sample, from which the shift comes, lies 10⁴ deviations of the others away.
    let shape = [64, 1];
    let mut rng = Rng::new(8, 1);
    let mut x = Array::new([64, 1], (0..64).map(|_| f64::from(rng.normal() as f32)).collect());
    x.data[0] = 1e4;
    let (mean, variance) = moments(&x.data);
    let layer = BatchNormalization::new().momentum(0.0);
    let traced = trace(Mode::Train, std::slice::from_ref(&x.ty), |scope, x| layer.build(scope, x)).unwrap();
    let given =
        HashMap::from([("input0".to_string(), x), ("cotangent0".to_string(), Array::new(shape, vec![1.0; 64]))]);
    let backend = CpuBackend::new(CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap();
    let mut states = first_states(&traced.parameters);
    run_on(&backend, &traced.graph, &given, &mut states);
    let (m, v) = (states["layer/moving_mean"].data[0], states["layer/moving_variance"].data[0]);
    assert!((m / mean - 1.0).abs() < 1e-5 && (v / variance - 1.0).abs() < 1e-4, "{m} of {mean}, {v} of {variance}");
}

#[test]
fn conditional_batch_normalization_scales_by_the_label() {
    let x = numbers(&[5, 2, 2, 3], 3);
    let labels = [2.0, 0.0, 1.0, 2.0, 0.0];
    let (gamma, beta) = (numbers(&[3, 3], 4), numbers(&[3, 3], 5));
    let ones = || Array::new([3], vec![1.0; 3]);
    let states = |more: &[(&str, Array)]| -> BTreeMap<String, Array> {
        let averages = [("moving_mean", Array::new([3], vec![0.1; 3])), ("moving_variance", ones())];
        averages.iter().chain(more).map(|(name, value)| (format!("layer/{name}"), value.clone())).collect()
    };
    let conditional = ConditionalBatchNormalization::new(3usize).momentum(0.9);
    let inputs = [x.clone(), Array::new([5], labels.to_vec())];
    let (y, after) = built(&conditional, &inputs, states(&[("gamma", gamma.clone()), ("beta", beta.clone())]));
    let plain = BatchNormalization::new().momentum(0.9);
    let more = [("gamma", ones()), ("beta", Array::new([3], vec![0.0; 3]))];
    let (normalized, expected) = built(&plain, &[x], states(&more));
    for (at, value) in y.data.iter().enumerate() {
        let (row, channel) = (labels[at / 12] as usize * 3, at % 3);
        let expected = normalized.data[at] * gamma.data[row + channel] + beta.data[row + channel];
        assert!((value - expected).abs() < 1e-12);
    }
    for name in ["layer/moving_mean", "layer/moving_variance"] {
        assert_eq!(after[name], expected[name]);
    }
}

#[test]
fn a_dot_product_is_one_number_a_sample() {
    let (a, b) = (numbers(&[3, 4], 6), numbers(&[3, 4], 7));
    let dot = |n: usize, a: &[f64], b: &[f64]| (0..4).map(|i| a[n * 4 + i] * b[n * 4 + i]).sum::<f64>();
    let (y, _) = built(&Dot::new(1), &[a.clone(), b.clone()], BTreeMap::new());
    let (cosine, _) = built(&Dot::new(-1).normalize(true), &[a.clone(), b.clone()], BTreeMap::new());
    assert_eq!(y.ty.shape[..], [3, 1]);
    for n in 0..3 {
        let expected = dot(n, &a.data, &b.data);
        let lengths = (dot(n, &a.data, &a.data) * dot(n, &b.data, &b.data)).sqrt();
        assert!((y.data[n] - expected).abs() < 1e-12 && (cosine.data[n] - expected / lengths).abs() < 1e-12);
    }
}

/// Each group has its own activation; at a temperature near 0 the choices are one-hot, and choice i is as frequent as
/// softmax(x) says: the property that Gumbel noise is for.
#[test]
fn tabular_choices_are_as_frequent_as_their_softmax() {
    let group = Columns::new;
    let columns =
        [group(ColumnActivation::Tanh, 1), group(ColumnActivation::Softmax, 3), group(ColumnActivation::Linear, 1)];
    let layer = TabularActivation::new(columns).temperature(1e-4);
    const SAMPLES: usize = 20_000;
    let ty = TensorType::f32([SAMPLES, 5]);
    let row = [0.5, 0.2f64.ln(), 0.3f64.ln(), 0.5f64.ln(), -3.0];
    for mode in [Mode::Train, Mode::Infer] {
        let traced = trace(mode, std::slice::from_ref(&ty), |scope, x| layer.build(scope, x)).unwrap();
        let x = Array { ty: ty.clone(), data: row.repeat(SAMPLES) };
        let given = HashMap::from([("input0".to_string(), x.clone()), ("cotangent0".to_string(), x)]);
        let y = &run(&traced.graph, &given, &mut BTreeMap::new())["output0"].data;
        let mean = |column: usize| y.iter().skip(column).step_by(5).sum::<f64>() / SAMPLES as f64;
        assert!((mean(0) - 0.5f64.tanh()).abs() < 1e-9 && (mean(4) + 3.0).abs() < 1e-9);
        for (column, expected) in [(1, 0.2), (2, 0.3), (3, 0.5)] {
            assert!((mean(column) - expected).abs() < 0.02, "{mode:?} {column}: {}", mean(column)); // 5 deviations
        }
    }
}

/// `choice`, `ordered` and `atoms` are exactly one-hot, as frequent as their softmax, with the derivative of the soft shares: by
/// hand, those of softmax(x / t) at one group are s(δ − s)/t.
#[test]
fn exact_choices_have_the_derivative_of_their_shares() {
    const SAMPLES: usize = 4000;
    let columns = [
        Columns::new(ColumnActivation::Choice, 3),
        Columns::ordered(vec![-1.5, 2.5]),
        Columns::new(ColumnActivation::Atoms, 3),
    ];
    let layer = TabularActivation::new(columns);
    let ty = TensorType::f32([SAMPLES, 8]);
    let row = [0.2f64.ln(), 0.3f64.ln(), 0.5f64.ln(), 0.0, 0.0, 0.0, 0.0, 7.0];
    let traced = trace(Mode::Infer, std::slice::from_ref(&ty), |scope, x| layer.build(scope, x)).unwrap();
    let given = |cotangent: [f64; 9]| {
        HashMap::from([
            ("input0".to_string(), Array { ty: ty.clone(), data: row.repeat(SAMPLES) }),
            ("cotangent0".to_string(), Array::new([SAMPLES, 9], cotangent.repeat(SAMPLES))),
        ])
    };
    let found = run(&traced.graph, &given([0.0; 9]), &mut BTreeMap::new());
    let y = &found["output0"].data;
    let mean = |column: usize| y.iter().skip(column).step_by(9).sum::<f64>() / SAMPLES as f64;
    for row in y.chunks_exact(9) {
        for choice in [&row[..3], &row[3..5], &row[6..8]] {
            assert!(choice.iter().all(|v| *v == 0.0 || *v == 1.0) && choice.iter().sum::<f64>() == 1.0, "{row:?}");
        }
        assert_eq!((row[5], row[8]), (if row[3] == 1.0 { -1.5 } else { 2.5 }, if row[7] == 1.0 { 7.0 } else { 0.0 }));
    }
    for (column, expected) in [(0, 0.2), (1, 0.3), (2, 0.5), (3, 0.5), (6, 0.5)] {
        assert!((mean(column) - expected).abs() < 0.04, "{column}: {}", mean(column)); // 5 deviations
    }
    // What a group of two gives for the number behind it: (v₀ − v₁) s₀ s₁ / t, where the noise has made the shares s.
    let numbers = run(&traced.graph, &given([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), &mut BTreeMap::new());
    for gradient in numbers["gradient0"].data.chunks_exact(8) {
        assert!(
            (gradient[3] + gradient[4]).abs() < 1e-9 && gradient[3] <= 0.0 && gradient[3] >= -4.0 * 0.25 / 0.2 - 1e-9
        );
        assert!(gradient[..3].iter().chain(&gradient[5..]).all(|g| *g == 0.0));
    }
    let atoms = run(&traced.graph, &given([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]), &mut BTreeMap::new());
    for (gradient, row) in atoms["gradient0"].data.chunks_exact(8).zip(y.chunks_exact(9)) {
        assert_eq!(gradient[7], row[7], "the number has its derivative where it is chosen");
        assert!(gradient[6] >= 0.0 && (gradient[5] + gradient[6]).abs() < 1e-9);
    }
}

/// Of normal numbers: choices have their shares, one that has none is never taken, two numbers have the correlation of the factor, and
/// the choice of a column that goes with the class is what both halves of a normal distribution of correlation 0.8 have.
#[test]
fn known_distributions_are_drawn() {
    const SAMPLES: usize = 40_000;
    let columns = [
        Columns::new(ColumnActivation::Linear, 1),
        Columns::new(ColumnActivation::Choice, 3),
        Columns::ordered(vec![-1.5, 2.5]),
        Columns::new(ColumnActivation::Atoms, 3),
    ];
    let shares = vec![vec![], vec![50.0, 0.0, 150.0], vec![1.0, 1.0], vec![3.0, 1.0]];
    // Latents: the class, x, the choice, the ordered one, the choice of atoms, their number.
    let mut factor: Vec<Vec<f64>> =
        (0..6).map(|row| (0..6).map(|at| f64::from(u8::from(row == at))).collect()).collect();
    factor[3] = vec![0.8, 0.0, 0.0, 0.6, 0.0, 0.0];
    factor[5] = vec![0.0, 0.6, 0.0, 0.0, 0.0, 0.8];
    let layer = GaussianCopula::new(columns, shares).factor(factor).given(vec![1.0, 1.0]);
    let ty = TensorType::f32([SAMPLES, 8]);
    let traced = trace(Mode::Infer, std::slice::from_ref(&ty), |scope, x| layer.build(scope, x)).unwrap();
    let mut rng = Rng::new(5, 1);
    let mut values = Vec::with_capacity(8 * SAMPLES);
    for row in 0..SAMPLES {
        values.extend((0..6).map(|_| rng.normal()));
        values.extend(if row % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] });
    }
    let given = HashMap::from([
        ("input0".to_string(), Array { ty, data: values }),
        ("cotangent0".to_string(), Array::new([SAMPLES, 10], vec![0.0; 10 * SAMPLES])),
    ]);
    let found = run(&traced.graph, &given, &mut BTreeMap::new());
    let rows: Vec<&[f64]> = found["output0"].data.chunks_exact(10).collect();
    let mean = |of: &dyn Fn(&[f64]) -> f64| rows.iter().map(|row| of(row)).sum::<f64>() / SAMPLES as f64;
    for row in &rows {
        for choice in [&row[1..4], &row[4..6], &row[7..9]] {
            assert!(choice.iter().all(|v| *v == 0.0 || *v == 1.0) && choice.iter().sum::<f64>() == 1.0, "{row:?}");
        }
        assert_eq!(row[6], if row[4] == 1.0 { -1.5 } else { 2.5 });
        assert!(row[2] == 0.0 && (row[8] == 1.0 || row[9] == 0.0), "{row:?}");
    }
    for (column, expected) in [(1, 0.25), (3, 0.75), (4, 0.5), (7, 0.75), (8, 0.25)] {
        assert!((mean(&|row| row[column]) - expected).abs() < 0.012, "{column}: {}", mean(&|row| row[column]));
    }
    // Of the quarter of rows that have a number, it goes with x.
    assert!((mean(&|row| row[0] * row[9]) / 0.25 - 0.6).abs() < 0.06, "{}", mean(&|row| row[0] * row[9]));
    // P(both in the lower half) = 1/4 + arcsin 0.8 / 2π, of each class twice that.
    let with_class = rows.iter().step_by(2).map(|row| row[4]).sum::<f64>() / (SAMPLES / 2) as f64;
    let expected = 0.5 + 0.8f64.asin() / std::f64::consts::PI;
    assert!((with_class - expected).abs() < 0.015, "{with_class}, expected {expected}");
}

#[test]
fn distributions_that_are_none_are_refused() {
    let linear = || Columns::new(ColumnActivation::Linear, 1);
    let choice = || Columns::new(ColumnActivation::Choice, 2);
    let error = |layer: GaussianCopula| {
        let ty = TensorType::f32([4, 2]);
        trace(Mode::Infer, &[ty], |scope, x| layer.build(scope, x)).err().map(|errors| format!("{errors:?}"))
    };
    let both = |shares: Vec<Vec<f64>>| GaussianCopula::new([linear(), choice()], shares);
    assert_eq!(error(both(vec![vec![], vec![1.0, 2.0]])), None);
    for (layer, expected) in [
        (both(vec![vec![]]), "shares for each of 2 groups, found 1"),
        (both(vec![vec![], vec![1.0]]), "found Choice of 2 columns with 1 shares"),
        (both(vec![vec![], vec![0.0, 0.0]]), "with a share of 0 or more"),
        (both(vec![vec![], vec![-1.0, 2.0]]), "with a share of 0 or more"),
        (both(vec![vec![1.0], vec![1.0, 2.0]]), "found Linear of 1 columns with 1 shares"),
        (both(vec![vec![], vec![1.0, 2.0]]).factor(vec![vec![1.0]]), "a factor of 2 rows"),
        (both(vec![vec![], vec![1.0, 2.0]]).given(vec![1.0]), "expected an input (batch, 4)"),
        (GaussianCopula::new([Columns::new(ColumnActivation::Tanh, 1)], vec![vec![]]), "found Tanh"),
    ] {
        let found = error(layer).unwrap_or_default();
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn columns_are_read_as_they_are_written() {
    let text = "class_name = \"ganymede>TabularActivation\"\ncolumns = [[\"choice\", 3], [\"ordered\", [-1.5, 2.5]], [\"atoms\", 3]]\n";
    let config: LayerConfig = toml::from_str(text).unwrap();
    let again = LayerConfig::from(&*config.layer().unwrap());
    assert_eq!(toml::to_string(&again).unwrap(), text);
    for bad in
        ["[[\"atoms\", 1]]", "[[\"ordered\", []]]", "[[\"ordered\", 3]]", "[[\"choice\", 0]]", "[[\"chance\", 2]]"]
    {
        let text = format!("class_name = \"ganymede>TabularActivation\"\ncolumns = {bad}\n");
        let error = toml::from_str::<LayerConfig>(&text).unwrap().layer().unwrap_err()[0].to_string();
        assert!(error.contains("a pair [activation, number of columns]"), "{bad}: {error}");
    }
}

const ROWS: usize = 4;
const COLUMNS: usize = 3;

/// Values of W and u, and a spectrally normalized Dense layer applied to the identity matrix: its output is W/σ.
fn spectral(iterations: usize, mode: Mode, applied: usize) -> (Vec<f64>, Vec<f64>, BTreeMap<String, Array>, Array) {
    let layer = SpectralNormalization::new(Dense::new(COLUMNS).use_bias(false)).power_iterations(iterations);
    let ty = TensorType::f32([ROWS, ROWS]);
    let traced =
        trace(mode, std::slice::from_ref(&ty), |scope, x| (0..applied).map(|_| layer.build(scope, x)[0]).collect())
            .unwrap();
    let mut rng = Rng::new(3, 3);
    let mut numbers = |n: usize| (0..n).map(|_| rng.uniform_in(-1.0, 1.0)).collect::<Vec<f64>>();
    let (w, u, g) = (numbers(ROWS * COLUMNS), numbers(COLUMNS), numbers(ROWS * COLUMNS));
    let mut states = BTreeMap::from([
        ("layer/kernel".to_string(), Array::new([ROWS, COLUMNS], w.clone())),
        ("layer/vector_u".to_string(), Array::new([1, COLUMNS], u.clone())),
    ]);
    let identity = (0..ROWS * ROWS).map(|i| f64::from(u8::from(i % (ROWS + 1) == 0))).collect();
    let mut given = HashMap::from([("input0".to_string(), Array { ty, data: identity })]);
    let cotangent = Array::new([ROWS, COLUMNS], g);
    (0..applied).for_each(|i| drop(given.insert(format!("cotangent{i}"), cotangent.clone())));
    let mut outputs = run(&traced.graph, &given, &mut states);
    outputs.insert("new_u".into(), states["layer/vector_u"].clone());
    assert_eq!(states["layer/kernel"].data, w, "W stays as it is");
    (w, u, outputs, cotangent)
}

fn unit(x: &[f64]) -> Vec<f64> {
    let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt();
    x.iter().map(|v| v / norm).collect()
}

/// u·Wᵀ and v·W, as units.
fn back(w: &[f64], u: &[f64]) -> Vec<f64> {
    unit(&(0..ROWS).map(|i| (0..COLUMNS).map(|j| w[i * COLUMNS + j] * u[j]).sum()).collect::<Vec<f64>>())
}
fn forth(w: &[f64], v: &[f64]) -> Vec<f64> {
    unit(&(0..COLUMNS).map(|j| (0..ROWS).map(|i| w[i * COLUMNS + j] * v[i]).sum()).collect::<Vec<f64>>())
}

/// One step of the power iteration however often the layer is applied; the gradient of W/σ with u and v constant
/// is g/σ − (Σ g∘W)/σ² · vᵀu (equation 9 of the paper).
#[test]
fn spectral_normalization_is_that_of_the_paper() {
    for applied in [1, 2] {
        let (w, u, outputs, g) = spectral(1, Mode::Train, applied);
        let v = back(&w, &u);
        let u = forth(&w, &v);
        let outer = |i: usize| v[i / COLUMNS] * u[i % COLUMNS];
        let sigma: f64 = (0..w.len()).map(|i| w[i] * outer(i)).sum();
        let inner: f64 = w.iter().zip(&g.data).map(|(w, g)| w * g).sum();
        for (i, w) in w.iter().enumerate() {
            assert!((outputs["output0"].data[i] - w / sigma).abs() < 1e-12);
            let expected = applied as f64 * (g.data[i] / sigma - inner / (sigma * sigma) * outer(i));
            assert!((outputs["gradient:kernel"].data[i] - expected).abs() < 1e-12);
        }
        assert!(outputs["new_u"].data.iter().zip(&u).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

#[test]
fn spectral_normalization_finds_the_largest_singular_value() {
    let (_, _, outputs, _) = spectral(100, Mode::Train, 1);
    let normal = &outputs["output0"].data;
    let mut u = vec![0.3, -0.5, 0.8];
    for _ in 0..200 {
        u = forth(normal, &back(normal, &u));
    }
    let product: Vec<f64> = (0..ROWS).map(|i| (0..COLUMNS).map(|j| normal[i * COLUMNS + j] * u[j]).sum()).collect();
    let largest = product.iter().map(|v| v * v).sum::<f64>().sqrt();
    assert!((largest - 1.0).abs() < 1e-9, "{largest}");
}

#[test]
fn spectral_normalization_in_use_leaves_u_alone() {
    let (_, u, outputs, _) = spectral(1, Mode::Infer, 1);
    assert_eq!(outputs["new_u"].data, u);
}

/// The message and hint of the only error that a layer records on an input of a shape.
fn texts(layer: &dyn Layer, shape: &[usize]) -> (String, String) {
    let builder = Builder::new("f");
    let scope = Scope::root(&builder, "discriminator", Mode::Train).child("layer");
    {
        let _guard = scope.enter();
        layer.build(&scope, &[builder.input("x", TensorType::new(DType::F32, shape.to_vec()))]);
    }
    let errors = builder.take_errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].scope, "discriminator/layer");
    (errors[0].message.clone(), errors[0].hint.clone().unwrap_or_default())
}

#[test]
fn errors_say_what_where_and_what_to_do() {
    let (message, hint) = texts(&Conv2D::new(8, 3), &[16, 100]);
    assert_eq!(message, "expected an input of 4 axes (batch, height, width, channels), found (16, 100)");
    assert_eq!(hint, "put a Reshape layer in front of it");
    let (message, hint) = texts(&Conv2D::new(8, 5), &[16, 3, 28, 1]);
    assert_eq!(message, "expected an input of at least 5 positions on spatial axis 0 for kernel_size 5, found 3");
    assert_eq!(hint, "use padding = \"same\", or a smaller kernel");
    let (message, _) = texts(&Conv2D::new(8, 3).groups(2), &[16, 8, 8, 3]);
    assert_eq!(message, "expected input channels divisible by 2 groups, found 3");
    let (message, _) = texts(&Conv2D::new(8, 3).strides(2).dilation_rate(2), &[16, 8, 8, 3]);
    assert_eq!(message, "expected strides 1 or dilation_rate 1, found strides [2, 2] and dilation_rate [2, 2]");
    let (message, _) =
        texts(&Conv2DTranspose::new(8, 4).strides(2).output_padding(0).padding(Padding::Same), &[1, 4, 4, 1]);
    assert!(message.starts_with("expected output_padding of at least 1 for an even kernel"), "{message}");
    let (message, hint) = texts(&Reshape::new([7, 7, -1]), &[16, 100]);
    assert_eq!(message, "expected a multiple of 49 values for (7, 7, -1), found 100");
    assert_eq!(hint, "");
    let (message, _) = texts(&Dense::new(3).activation("rleu"), &[2, 3]);
    assert_eq!(message, "expected the name of an activation, found `rleu`");
    let (message, hint) = texts(&Dense::new(3).kernel_initializer("glorot_unifrom"), &[2, 3]);
    assert_eq!(
        (message.as_str(), hint.as_str()),
        (
            "discriminator/layer/kernel: expected the name of an initializer, found `glorot_unifrom`",
            "did you mean `GlorotUniform`?"
        )
    );
    let (message, hint) = texts(&Dense::new(3).bias_regularizer("l_2x"), &[2, 3]);
    assert_eq!(message, "discriminator/layer/bias: expected the name of a regularizer, found `l_2x`");
    assert!(hint.contains("L2"), "{hint}");
    let (message, hint) = texts(&Embedding::new(3, 4).embeddings_constraint("unitnrom"), &[2]);
    assert_eq!(message, "discriminator/layer/embeddings: expected the name of a constraint, found `unitnrom`");
    assert_eq!(hint, "did you mean `UnitNorm`?");
    let (message, _) = texts(&BatchNormalization::new().moving_mean_initializer("zeross"), &[2, 3]);
    assert_eq!(message, "discriminator/layer/moving_mean: expected the name of an initializer, found `zeross`");
    let (message, _) = texts(&SpectralNormalization::new(Flatten::new()), &[2, 3]);
    assert_eq!(message, "expected a layer with a kernel or embeddings, found `Flatten`");
    let (message, _) = texts(&Cropping1D::new().cropping([[2, 2]]), &[2, 4, 1]);
    assert_eq!(message, "expected more than 4 positions on spatial axis 0 to cut 4 off, found 4");
}
